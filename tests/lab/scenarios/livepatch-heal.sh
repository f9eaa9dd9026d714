# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: a VM that never resets is healed at once by the livepatch module, one whose id is really wrong is not; also while ids change and VMs end
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
# No recording: these VMs do not run, and what is a boot of such a VM is not what this is about.
avicd_conf
echo 1 >"$bugs"
ok "avicd starts" avicd_start
is "and finds one bug" "$(probed)" "reboot vulnerable, disabled fixed, large-id unprovable"
stuck="stuck 0x10 APIC_ID_MODIFIED sticky kernel-bug"
genuine="stuck 0x10 APIC_ID_MODIFIED sticky guest"

ok "a VM with the bug" vmm_start bug create x2apic-reboot x2apic-on
bug=$vmm_pid
sick="create:vcpus=1,first=1 x2apic-reboot"
# shellcheck disable=SC2086 # two words
ok "a process with ten, one twice, of which one has no bug" vmm_start many $sick dup $sick $sick $sick $sick $sick $sick $sick $sick create:vcpus=1
many=$vmm_pid
# shellcheck disable=SC2086 # two words
ok "one whose VMs lie behind and between thousands of files" vmm_start far files:3000 $sick files:2000 $sick
far=$vmm_pid
echo 0 >"$bugs"
ok "a VM whose id was changed" vmm_start changed create id-change:5
changed=$vmm_pid
ok "a VM without fault" vmm_start fine create
fine=$vmm_pid
is_now "stuck" "$bug" "$verdict" "$stuck"
is_now "stuck by its VMM" "$changed" "$verdict" "$genuine"
# shellcheck disable=SC2086 # two words
ok "the module is loaded" livepatch_load $offsets
is "only root writes, nobody reads" "$(stat -c '%a %U' $_parameters/heal_tgid)" "200 root"

# ---- what it answers ------------------------------------------------------------------------------------------------
is "the VM is healed" "$(heal "$bug")" healed
healed_now "it is active" "$bug" "$verdict" "active 0x0"
is "twice is once too often" "$(heal "$bug")" "Operation already in progress"
is "a VM without fault has nothing to heal" "$(heal "$fine")" "Operation already in progress"
is "one with a wrong id is refused" "$(heal "$changed")" "Operation not permitted"
healed_now "and stays as it was" "$changed" "$verdict" "$genuine"
is "a process without a VM" "$(heal $$)" "No such file or directory"
is "no process" "$(heal 4194303)" "No such process"
is "a thread is no process" "$(heal "$(ls "/proc/$bug/task" | tail -n 1)")" "No such process"
is "nor is a word" "$(heal "x$bug")" "Invalid argument"
is "all VMs of a process" "$(heal "$many")" healed
like "each once" "$(kernel_said)" "avicd_livepatch: process $many: 10 VMs, 9 healed, 0 with a wrong id, 0 whose id changed"
is "VMs behind many files" "$(heal "$far")" healed
like "both" "$(kernel_said)" "avicd_livepatch: process $far: 2 VMs, 2 healed, 0 with a wrong id, 0 whose id changed"
ok "with heal=N" sh -c "echo N >$_parameters/heal"
ok "an id that is put back" vmm_do changed id-restore
is "leaves the bit" "$(field "$changed" .mask_hex)" 0x10
is "until it is asked for" "$(heal "$changed")" healed
healed_now "then it is active" "$changed" "$verdict" "active 0x0"
ok "with heal=Y" sh -c "echo Y >$_parameters/heal"

# ---- races ----------------------------------------------------------------------------------------------------------
# heal_often() PROCESS - until healing_ends; $tmp/healed has a line for each time that it did
heal_often()
{
	: >"$tmp/healed"
	while :; do
		! echo "$1" >$_parameters/heal_tgid || echo >>"$tmp/healed"
	done 2>/dev/null &
	healer=$!
	cleanup_fn kill_wait $healer KILL
}
healing_ends() { kill_wait $healer KILL; }

ok "the VM leaves x2APIC mode" vmm_do bug reset
heal_often "$bug"
for heal in N N Y; do
	echo $heal >$_parameters/heal
	ok "its id changes to and fro, and it is healed all the time" vmm_do bug id-flip:2
	is "its id is wrong in the end, and that is not healed" "$(heal "$bug")" "Operation not permitted"
	healed_now "so AVIC is inhibited" "$bug" "$verdict" "$genuine"
	diag "changed $(vmm_said bug | sed -n 's/ok id-flip //p') times, healed $(wc -l <"$tmp/healed") times by heal_tgid so far; heal=$heal"
done
ok "healing and changing have met" test -s "$tmp/healed"
ok "it is put back" vmm_do bug id-restore
healed_now "and is active" "$bug" "$verdict" "active 0x0"
echo 1 >"$bugs"
ok "reboots with bug 1" vmm_do bug x2apic-reboot x2apic-reboot x2apic-reboot x2apic-reboot x2apic-reboot
healed_now "leave it active" "$bug" "$verdict" "active 0x0"
healing_ends

heal_often "$fine"
ok "VMs end meanwhile" vmm_do fine id-change:5 again id-change:5 again id-change:5 again id-change:5 close create id-change:5 again
healing_ends
is "the last one has no fault" "$(heal "$fine")" "Operation already in progress"
ok "the module is disabled and unloaded" livepatch_unload
kernel_is_well
lab_done
