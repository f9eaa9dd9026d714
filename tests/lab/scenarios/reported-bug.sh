# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.1-bugs 6.12
# shows: the bug of the report: an x2APIC guest reboots, and AVIC is gone for the rest of the VM's life; on fixed kernels it is not
. /lab/lab/guest/functions.sh
lab_begin

# A reset within the first two seconds would be part of the VM's start, so each VM is seen active first.
if [ -w "$bugs" ]; then
	ok "a VM of two vCPUs" vmm_start bug create run
	bug=$vmm_pid
	is_now "active" "$bug" .condition active
	echo 1 >"$bugs"
	is "a probe proves the bug" "$(probed)" "reboot vulnerable, disabled fixed, large-id unprovable"
	is "the host is exposed" "$(manager Health)" exposed
	ok "it reboots out of x2APIC mode" vmm_do bug x2apic-reboot
	echo 0 >"$bugs"
	# Right ids, and a stack in KVM_SET_LAPIC: so the bug looks, and the probe has proved that this kernel had it then.
	is_now "APIC_ID_MODIFIED stays: stuck" "$bug" "$verdict" "stuck 0x10 APIC_ID_MODIFIED sticky kernel-bug"
	is "since boot 1" "$(field "$bug" '"\(.boots) \(.boots_exact)"')" "1 true"
	is "all ids are right" "$(field "$bug" '[.vcpus[].id_right] | unique | join(" ")')" true
	stack=$(field "$bug" '.stacks.APIC_ID_MODIFIED | join("\n")')
	like "the kernel set it in KVM_SET_LAPIC" "$stack" '^kvm_apic_set_state\+'
	unlike "not in KVM_RUN" "$stack" 'kvm_arch_vcpu_ioctl_run\+'
	is "told once" "$(journal "select(.AVICD_EVENT == \"vm-stuck\") | .AVICD_PID")" "$bug"
	like "with since when, cause and remedy" "$(journal)" \
		'stuck: APIC_ID_MODIFIED set for [^;]*, since boot 1; cause kernel-bug; remedy: livepatch the host .*, then reset, migrate or power-cycle the VM'
	is "health is degraded" "$(manager Health)" degraded
	ok "a reboot with the bug gone" vmm_do bug x2apic-reboot
	is_now "is boot 2" "$bug" .boots 2
	is_now "and does not help" "$bug" "$verdict" "stuck 0x10 APIC_ID_MODIFIED sticky kernel-bug"
	is "another probe" "$(probed)" "reboot fixed, disabled fixed, large-id unprovable"
	is_now "what the bug did before stays its doing" "$bug" "$verdict" "stuck 0x10 APIC_ID_MODIFIED sticky kernel-bug"
fi

ok "a VM on a kernel without the bug" vmm_start fixed create run
fixed=$vmm_pid
is_now "is active" "$fixed" .condition active
ok "and reboots" vmm_do fixed x2apic-reboot
is_now "which is boot 1" "$fixed" .boots 1
is_now "active again" "$fixed" "$verdict" "active 0x0"
is "APIC_ID_MODIFIED was never set" "$(field "$fixed" '[.reasons[].name] | join(" ")')" ABSENT
ok "it was never told to be stuck" test -z "$(journal "select(.AVICD_EVENT == \"vm-stuck\" and .AVICD_PID == \"$fixed\") | .MESSAGE")"
lab_done
