# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: a livepatch that does not cure, one that stalls, an avicd that is killed in between, a machine that went down: taken back, or gone on with
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
block=/sys/module/kvm/parameters/lab_block
cleanup_fn sh -c "echo 0 >$block"
told() { journal 'select(.AVICD_EVENT == "livepatch-failed") | .MESSAGE' | tail -n 1; }
told_like() { told | grep -q "$1"; }
state_is() { [ "$(manager LivepatchState)" = "$1" ]; }
marks() { find "$state" -maxdepth 1 -name trying -o -maxdepth 1 -name verified | wc -l; }
deploy_ends()
{
	avicctl fix deploy >"$tmp/fix" 2>"$tmp/fix.err"
	is "$1" "$?" "$2"
}

echo 1 >"$bugs"
avicd_conf 'livepatch_deadline = 6s'
ok "avicd starts" avicd_start
ok "a module that cures nothing" livepatch_install useless
deploy_ends "it is loaded, does not cure, and is taken away: 14" 14
like "which is said" "$(cat "$tmp/fix")" 'with it the probe still found the bug'
ok "and told" told_like 'livepatch undoing: with it the probe still found the bug'
ok "nothing is loaded" livepatch_is_gone
is "nor will it be" "$(marks)" 0
is "the probe goes on finding the bug" "$(probed)" "reboot vulnerable, disabled fixed, large-id unprovable"

# A task that is in the function and stays there. It is told to leave x2APIC mode, which goes through it, and not waited for.
ok "the module" livepatch_install avicd_livepatch
ok "a VM" vmm_start held create x2apic-on
held=$vmm_pid
hold()
{
	echo "$held" >$block
	: >"$tmp/vmm-held.out"
	printf '%s\n' x2apic-reboot done >"$tmp/vmm-held.in"
	wait_for 20 _held
}
_held() { cat "/proc/$held"/task/*/stack | grep -q kvm_lapic_xapic_id_updated; }
let_go()
{
	echo 0 >$block
	wait_for 20 _vmm_did "$tmp/vmm-held" done
}
hold
deploy_ends "its task holds the transition up: 13" 13
like "which is said" "$(cat "$tmp/fix")" 'tasks went on in the old code until the deadline'
like "and by whom: where it is in the kernel" "$(cat "$tmp/fix")" "(vmm|CPU 0/KVM) \\(PID $held, thread [0-9]+\\): .*kvm_lapic_xapic_id_updated"
like "in the journal, too" "$(journal)" "^The livepatch waits for .* \\(PID $held, .* is in "
ok "nothing is loaded" wait_for 10 livepatch_is_gone
is "nor will it be" "$(marks)" 0
ok "the VM goes on" let_go
ok "and lives" vmm_do held reset

hold
avicctl fix deploy >"$tmp/fix" 2>&1 &
ok "another try" wait_for 20 state_is transition
kill -9 "$(avicd_pid)"
ok "avicd is killed meanwhile: the next one goes on" wait_for 20 state_is transition
ok "the VM goes on" let_go
ok "and what was begun is proved" wait_for 20 state_is verified
is "the probe agrees" "$(probed)" "reboot fixed, disabled fixed, large-id unprovable"
ok "rolled back" avicctl fix rollback

# The machine went down while it was tried. Another boot's mark is all that is left of it.
ok "avicd stops" avicd_stop
mark trying $other_boot
avicd_conf 'auto_deploy = yes'
ok "and starts after a crash" avicd_start
ok "which is told" wait_for 10 told_like 'went down'
is "the probe finds the bug" "$(probed)" "reboot vulnerable, disabled fixed, large-id unprovable"
is "nobody loads it by himself" "$(manager LivepatchState)" none
avicctl fix status >"$tmp/fix"
like "fix status says why" "$(tr -s ' \n' ' ' <"$tmp/fix")" 'Next boot: .*went down'
deploy_ends "a person may" 0
ok "rolled back" avicctl fix rollback
ok "another avicd, with auto_deploy=yes" avicd_restart
ok "deploys it by itself" wait_for 30 state_is verified
ok "and keeps it" wait_for 10 host_json_is .livepatch.persistent true
ok "rolled back" avicctl fix rollback
ok "and it stays so" state_is none
kernel_is_well
lab_done
