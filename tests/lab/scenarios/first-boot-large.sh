# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.1-bugs
# shows: a VM with a vCPU id of 256 or more, on a kernel without fix f651a0089548: stuck from its first boot on; on a fixed one it is not
. /lab/lab/guest/functions.sh

# Such ids need x2AVIC.
ok "kvm_amd with x2AVIC" with_x2avic
lab_begin

if [ -w "$bugs" ]; then
	echo 4 >"$bugs"
	is "a probe proves the bug" "$(probed)" "reboot fixed, disabled fixed, large-id vulnerable"
	ok "a large VM with the bug" vmm_start bug create:vcpus=1 big-id:300
	bug=$vmm_pid
	ok "a small one with the bug" vmm_start small create
	small=$vmm_pid
	echo 0 >"$bugs"
	is_now "the large one is stuck" "$bug" "$verdict" "stuck 0x10 APIC_ID_MODIFIED sticky kernel-bug"
	is "at its first boot" "$(field "$bug" '"\(.boots) \(.boots_exact)"')" "0 true"
	is "its ids are right" "$(field "$bug" '[.vcpus[] | "\(.id) \(.id_right)"] | join(", ")')" "0 true, 300 true"
	like "it was in KVM_SET_LAPIC" "$(field "$bug" '.stacks.APIC_ID_MODIFIED | join("\n")')" '^kvm_apic_set_state\+'
	ok "told" said_event vm-stuck "$bug" '.AVICD_BOOT == "0"'
	is_now "the small one is active" "$small" "$verdict" "active 0x0"
fi
ok "a large VM on a kernel without the bug" vmm_start fixed create:vcpus=1 big-id:300
fixed=$vmm_pid
is_now "is active" "$fixed" "$verdict" "active 0x0"
is "APIC_ID_MODIFIED was never set" "$(field "$fixed" '[.reasons[].name] | join(" ")')" ABSENT
lab_done
