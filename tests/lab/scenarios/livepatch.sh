# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: the livepatch module ends each of the three bugs, old VMs recover at their next reset, and without it the bugs are back
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
ok "kvm_amd with x2AVIC" with_x2avic
# No recording: these VMs do not run, and what is a boot of such a VM is not what this is about.
avicd_conf
echo 7 >"$bugs"
ok "avicd starts" avicd_start
is "and finds three bugs" "$(probed)" "reboot vulnerable, disabled vulnerable, large-id vulnerable"
echo 0 >"$bugs"
stuck="stuck 0x10 APIC_ID_MODIFIED sticky kernel-bug"

not_ok "without offsets the module does not load" insmod $livepatch
not_ok "nor with one" insmod $livepatch vcpu=144
not_ok "nor with what can be no offset" insmod $livepatch vcpu=3 regs=168
not_ok "nor with the same twice" insmod $livepatch vcpu=144 regs=144
like "it says why" "$(kernel_said)" 'avicd_livepatch: not loaded: vcpu= and regs= must be the offsets'

# ---- before: each bug alone ---------------------------------------------------------------------------------------
ok "VMs" vmm_start reboot create
reboot=$vmm_pid
ok "of several kinds" vmm_start disabled create
disabled=$vmm_pid
is_now "are active" "$disabled" .condition active
echo 1 >"$bugs"
ok "one reboots with bug 1" vmm_do reboot x2apic-reboot
echo 2 >"$bugs"
ok "one with bug 2" vmm_do disabled disabled-reboot
echo 4 >"$bugs"
ok "a large one starts with bug 3" vmm_start large create:vcpus=1 big-id:300
large=$vmm_pid
echo 7 >"$bugs"
for vm in "$reboot" "$disabled" "$large"; do
	is_now "stuck" "$vm" "$verdict" "$stuck"
done

# ---- wrong offsets: as slow as before, and no worse -----------------------------------------------------------------
ok "swapped offsets: it loads" livepatch_load "$(echo "$offsets" | sed 's/vcpu=\([0-9]*\) regs=\([0-9]*\)/vcpu=\2/')" \
	"$(echo "$offsets" | sed 's/vcpu=\([0-9]*\) regs=\([0-9]*\)/regs=\1/')"
ok "a VM with the bug" vmm_start swapped create x2apic-reboot
is_now "is stuck as before" "$vmm_pid" '"\(.condition) \(.mask_hex)"' "stuck 0x10"
ok "an old one reboots" vmm_do reboot x2apic-reboot
is_now "and is not healed" "$reboot" "$verdict" "$stuck"
like "the kernel's log says so" "$(kernel_said)" 'avicd_livepatch: vcpu=.* do not fit struct kvm_lapic'
ok "it can be taken away" livepatch_unload

# ---- with it --------------------------------------------------------------------------------------------------------
# shellcheck disable=SC2086 # two words
ok "the module is loaded, and no task is in the old function" livepatch_load $offsets
is "loading alone heals nobody" "$(for vm in "$reboot" "$disabled" "$large"; do field "$vm" .mask_hex; done | tr '\n' ' ')" "0x10 0x10 0x10 "
ok "a new VM" vmm_start patched create
patched=$vmm_pid
ok "and a new large one" vmm_start huge create:vcpus=1 big-id:300
huge=$vmm_pid
is_now "are active" "$patched" .condition active
ok "a reboot out of x2APIC mode" vmm_do patched x2apic-reboot
ok "one by way of disabled APICs" vmm_do patched disabled-reboot
ok "of the large one, too" vmm_do huge x2apic-reboot disabled-reboot
ok "APICs are read in between" vmm_do patched x2apic-on base-back get-lapic reset
for vm in "$patched" "$huge"; do
	is_now "active still" "$vm" "$verdict" "active 0x0"
	is "APIC_ID_MODIFIED was never set" "$(field "$vm" '[.reasons[].name] | join(" ")')" ABSENT
done

ok "an old VM reboots" vmm_do reboot x2apic-reboot
ok "another one" vmm_do disabled disabled-reboot
ok "the large one" vmm_do large reset
for vm in "$reboot" "$disabled" "$large"; do
	is_now "healed" "$vm" "$verdict" "active 0x0"
	ok "told" wait_for 5 said_event vm-recovered "$vm" '.AVICD_OLD_CONDITION == "stuck"'
done

# Real changes are still seen; those by a VMM one step later, as bug 1 has KVM look at the registers of before.
ok "a guest changes its id" vmm_do patched guest-id-change:5
is_now "that inhibits" "$patched" '"\(.condition) \(.mask_hex)"' "stuck 0x10"
ok "a VMM changes one" vmm_do huge id-change:5 get-lapic
is_now "that, too" "$huge" '"\(.condition) \(.mask_hex)"' "stuck 0x10"
ok "the guest puts its id back" vmm_do patched guest-id-restore
is_now "and has AVIC again, as on 6.3" "$patched" "$verdict" "active 0x0"
ok "of another, a reset puts it right" vmm_do huge reset
ok "and the next one heals" vmm_do huge reset
is_now "active" "$huge" "$verdict" "active 0x0"

# ---- without it again -----------------------------------------------------------------------------------------------
ok "the module is disabled and unloaded" livepatch_unload
ok "a VM reboots" vmm_do patched x2apic-reboot
is_now "the bug is back" "$patched" '"\(.condition) \(.mask_hex)"' "stuck 0x10"
kernel_is_well
lab_done
