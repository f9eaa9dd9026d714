# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: an APIC id that is really changed, by the guest or by its VMM, is the guest's doing, never the kernel's bug
. /lab/lab/guest/functions.sh
lab_begin
case $lab_kernel in
6.1) id=0x10 remedy="update the guest's kernel or firmware, which writes APIC ids, then power-cycle it" ;;
*) id=0x20 remedy="let the guest put its APIC ids back or use x2APIC: then this kernel lifts the inhibit" ;;
esac

ok "a guest writes the id of its vCPU 1" vmm_start guest create run guest-id-change:5
guest=$vmm_pid
ok "a VMM sets that id of a second VM" vmm_start vmm create id-change:5
vmm=$vmm_pid
is_now "the first is stuck" "$guest" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest"
is_now "the second too" "$vmm" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest"
is "the wrong id is shown" "$(field "$guest" '[.vcpus[] | "\(.id) \(.id_right)"] | join(", ")')" "0 true, 1 false"
like "the guest's write is seen in KVM_RUN" "$(field "$guest" '.stacks.APIC_ID_MODIFIED | join("\n")')" '^kvm_arch_vcpu_ioctl_run\+'
like "the VMM's in KVM_SET_LAPIC" "$(field "$vmm" '.stacks.APIC_ID_MODIFIED | join("\n")')" '^kvm_apic_set_state\+'
for vm in "$guest" "$vmm"; do
	ok "told, with cause and remedy" said_event vm-stuck "$vm" ".AVICD_CAUSE == \"guest\" and .AVICD_REMEDY == \"$remedy\""
done
ok "a reset puts the id right" vmm_do guest reset
is_now "it is counted" "$guest" .boots 1
case $lab_kernel in
6.1) is_now "and does not help: nothing in this kernel clears the bit" "$guest" "$verdict" "stuck $id APIC_ID_MODIFIED sticky guest" ;;
*) is_now "and helps: this kernel clears the bit" "$guest" "$verdict" "active 0x0" ;;
esac
is "nothing was ever called a kernel bug" "$(journal | grep -c kernel-bug)" 0
lab_done
