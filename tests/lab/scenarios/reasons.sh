# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: every inhibit reason that can be provoked: condition, bit, class, cause and remedy
. /lab/lab/guest/functions.sh

# Not here: DISABLED needs avic=0, see kvm-reload. NESTED is of single vCPUs in these kernels and never in the mask. SEV needs a CPU that has it.
# X2APIC is gone since 6.0, PHYSICAL_ID_TOO_BIG came with 6.17.

# provoke() VARIABLE VERB... - a VM with that reason; its process goes to the variable
provoke()
{
	ok "provoked: $*" vmm_start "$@"
	eval "$1=$vmm_pid"
}

# judged() REASON PID VERDICT REMEDY - of what avicd said of all of them at one time
judged()
{
	is "$1" "$(jq -r ".[] | select(.pid == $2) | $verdict" "$tmp/vms")" "$3"
	like "$1: remedy" "$(jq -r ".[] | select(.pid == $2) | .reasons[] | select(.set) | .remedy" "$tmp/vms")" "$4"
}
all_judged()
{
	avicctl --json=short list >"$tmp/vms" 2>/dev/null
	[ "$(jq -r '[.[].condition] | sort | unique | join(" ")' "$tmp/vms")" = 'active configured stuck transient' ] &&
		[ "$(jq '[.[] | select(.condition == "stuck")] | length' "$tmp/vms")" = 2 ]
}

# The same reason has another bit after 6.3 put PHYSICAL_ID_ALIASED before it.
case $lab_kernel in
6.1) id=0x10 base=0x20 pit=0x100 ;;
*) id=0x20 base=0x40 pit=0x200 ;;
esac

lab_begin
# These never run: a VM without a domain is taken to run, and that leaves the CPUs to the others.
provoke absent create:vcpus=1,irqchip=none
provoke hyperv create:vcpus=1 autoeoi:on
provoke blockirq create:vcpus=1 blockirq:on
provoke moved create:vcpus=1 base-moved
provoke reinj create:vcpus=1 pit:reinject
provoke changed create:vcpus=1 id-change:5
provoke irqwin create:vcpus=1 run irqwin:20
ok "each is judged" wait_for 20 all_judged

judged ABSENT "$absent" "configured 0x4 ABSENT config vm-config" 'remove kernel_irqchip=off .* power-cycle'
judged HYPERV "$hyperv" "configured 0x2 HYPERV config vm-config" "<hyperv><avic state='on'/></hyperv>.* power-cycle"
judged BLOCKIRQ "$blockirq" "transient 0x8 BLOCKIRQ transient debugger" 'end the debug session'
judged APIC_BASE_MODIFIED "$moved" "stuck $base APIC_BASE_MODIFIED sticky guest" "update the guest's .*moves the APIC's base"
judged PIT_REINJ "$reinj" "configured $pit PIT_REINJ config vm-config" "<timer name='pit' tickpolicy='discard'/> in <clock>"
case $lab_kernel in
6.1) judged APIC_ID_MODIFIED "$changed" "stuck $id APIC_ID_MODIFIED sticky guest" "update the guest's .*writes APIC ids.*power-cycle" ;;
*) judged APIC_ID_MODIFIED "$changed" "stuck $id APIC_ID_MODIFIED sticky guest" 'then this kernel lifts the inhibit' ;;
esac
is "IRQWIN is over in microseconds: active" "$(jq -r ".[] | select(.pid == $irqwin) | $verdict" "$tmp/vms")" "active 0x0"
ok "but each was counted" jq -e ".[] | select(.pid == $irqwin) | .reasons[] | select(.name == \"IRQWIN\") | .count >= 20" "$tmp/vms"

for vm in "$absent ABSENT" "$hyperv HYPERV" "$reinj PIT_REINJ"; do
	ok "${vm#* } is told" said_event vm-configured "${vm% *}" ".AVICD_REASON == \"${vm#* }\" and .AVICD_CAUSE == \"vm-config\""
done
for vm in "$moved APIC_BASE_MODIFIED" "$changed APIC_ID_MODIFIED"; do
	ok "${vm#* } is told" said_event vm-stuck "${vm% *}" ".AVICD_REASON == \"${vm#* }\" and .AVICD_CAUSE == \"guest\""
done
is "the manager counts the stuck ones" "$(manager Stuck)" 2

# What goes by itself goes here as well.
vmm_do blockirq blockirq:off
vmm_do hyperv autoeoi:off
vmm_do reinj pit:discard
is_now "the debugger is gone: active" "$blockirq" "$verdict" "active 0x0"
is_now "no AutoEOI any more: active" "$hyperv" "$verdict" "active 0x0"
is_now "the PIT discards: active" "$reinj" "$verdict" "active 0x0"
ok "and that is told" said_event vm-recovered "$reinj"
vmm_do moved base-back
is_now "but no kernel clears APIC_BASE_MODIFIED" "$moved" "$verdict" "stuck $base APIC_BASE_MODIFIED sticky guest"

# Two APICs with one physical id. Since 6.3 that, and the logical ids of which there is no map then, are reasons of their own.
if [ "$lab_kernel" != 6.1 ]; then
	provoke aliased create:vcpus=2,x2apic-api=0 id-change:0
	is_now "PHYSICAL_ID_ALIASED and LOGICAL_ID_ALIASED" "$aliased" "$verdict" \
		"stuck 0x830 PHYSICAL_ID_ALIASED transient guest, APIC_ID_MODIFIED sticky guest, LOGICAL_ID_ALIASED transient guest"
	vmm_do aliased id-restore
	is_now "are gone when the ids are right again" "$aliased" "$verdict" "active 0x0"
fi
lab_done
