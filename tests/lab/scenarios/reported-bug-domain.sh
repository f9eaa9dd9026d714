# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: the bug of the report with libvirt and QEMU: a Linux with two vCPUs is reset
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
echo 1 >"$bugs"
lab_begin

# libvirt's default PIT keeps AVIC inhibited. Only so a Linux can live here.
ok "a Linux boots" domain_linux linux
ok "with two CPUs, in x2APIC mode" domain_says linux 'LINUX lives x2apic 2'
is_now "configured: its PIT" linux .condition configured
ok "virsh reset" virsh -q reset linux
is_now "is counted" linux .boots 1
is_now "APIC_ID_MODIFIED beside PIT_REINJ: stuck" linux '"\(.condition) \(.headline)"' "stuck APIC_ID_MODIFIED"
is_now "ids, stack and the probe of avicd's start accuse the kernel" linux .cause kernel-bug
like "it was set in KVM_SET_LAPIC or KVM_GET_LAPIC" "$(field linux '.stacks.APIC_ID_MODIFIED | join("\n")')" '^kvm_apic_[gs]et_state\+'
like "told with both remedies" "$(journal)" \
	'^domain linux .*stuck: APIC_ID_MODIFIED .*, since boot 1, beside PIT_REINJ; cause kernel-bug; remedy: livepatch the host .*, then reset, migrate .*; for PIT_REINJ: .*discard'
lab_done
