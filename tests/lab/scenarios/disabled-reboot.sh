# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.1-bugs
# shows: a reboot by way of a disabled APIC, on a kernel without fix a58a66afc464: stuck; on a fixed one it is not
. /lab/lab/guest/functions.sh
lab_begin

if [ -w "$bugs" ]; then
	ok "a VM" vmm_start bug create run
	bug=$vmm_pid
	is_now "is active" "$bug" .condition active
	echo 2 >"$bugs"
	is "a probe proves the bug" "$(probed)" "reboot fixed, disabled vulnerable, large-id unprovable"
	ok "a reboot with the bug" vmm_do bug disabled-reboot
	echo 0 >"$bugs"
	is_now "stuck" "$bug" "$verdict" "stuck 0x10 APIC_ID_MODIFIED sticky kernel-bug"
	is "boot 1" "$(field "$bug" .boots)" 1
	like "it was in KVM_SET_LAPIC" "$(field "$bug" '.stacks.APIC_ID_MODIFIED | join("\n")')" '^kvm_apic_set_state\+'
	ok "told" said_event vm-stuck "$bug" '.AVICD_REASON == "APIC_ID_MODIFIED"'
fi

ok "a VM on a kernel without the bug" vmm_start fixed create run
fixed=$vmm_pid
is_now "it is active" "$fixed" .condition active
ok "its reboot" vmm_do fixed disabled-reboot
is_now "is boot 1" "$fixed" .boots 1
is_now "active again" "$fixed" "$verdict" "active 0x0"
is "APIC_ID_MODIFIED was never set" "$(field "$fixed" '[.reasons[].name] | join(" ")')" ABSENT
lab_done
