# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: an id that was changed and put back: up to 6.2 the inhibit stays, on newer kernels the VM recovers; never called the kernel's bug
. /lab/lab/guest/functions.sh
lab_begin
case $lab_kernel in
6.1) id=0x10 ;;
*) id=0x20 ;;
esac

ok "a guest writes an id" vmm_start guest create guest-id-change:5
guest=$vmm_pid
ok "a VMM sets one" vmm_start vmm create id-change:5
vmm=$vmm_pid
is_now "one VM is stuck" "$guest" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest"
is_now "the other too" "$vmm" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest"
ok "the guest puts its id back" vmm_do guest guest-id-restore
ok "the VMM does" vmm_do vmm id-restore
case $lab_kernel in
6.1)
	# An old guest does it within its boot, and nobody sees the wrong id.
	ok "a guest that does both at once" vmm_start quick create guest-id-change:5 guest-id-restore
	quick=$vmm_pid
	ok "and a VMM" vmm_start both create id-change:5 id-restore
	both=$vmm_pid
	is_now "the guest's write in KVM_RUN accuses it, although all ids are right" "$quick" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest"
	# Right ids and a stack in KVM_SET_LAPIC look as the bug does. The probe of avicd's start has proved that this kernel does not have it.
	is_now "the VMM's accuses it too, as the kernel has no such bug" "$both" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest"
	is "all ids are right" "$(field "$both" '[.vcpus[].id_right] | unique | join(" ")')" true
	is_now "the first stays stuck" "$guest" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest"
	is_now "the second too" "$vmm" '"\(.condition) \(.mask_hex)"' "stuck $id"
	;;
*)
	is_now "the kernel clears the bit" "$guest" "$verdict" "active 0x0"
	is_now "in both" "$vmm" "$verdict" "active 0x0"
	ok "the recovery is told" wait_for 5 said_event vm-recovered "$guest" '.AVICD_OLD_CONDITION == "stuck"'
	ok "twice" wait_for 5 said_event vm-recovered "$vmm" '.AVICD_OLD_CONDITION == "stuck"'
	is "nobody is stuck" "$(manager Stuck)" 0
	;;
esac
is "nothing was ever called a kernel bug" "$(journal | grep -c kernel-bug)" 0
lab_done
