# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: the tracefs source, asked for or because BPF is refused: right about VMs that it saw from their creation on, `unknown` about earlier ones
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
case $lab_kernel in
6.1) id=0x10 ;;
*) id=0x20 ;;
esac
# The mask is the same as with BPF, but nobody sees ids and stacks: the cause is unknown.
stuck="stuck $id APIC_ID_MODIFIED sticky unknown"

record_start
ok "a VM is there before avicd" vmm_start early create id-change:5
early=$vmm_pid
ok "and a domain" domain_boot domain "$pit_discard"
avicd_conf 'trace_source = tracefs'
ok "avicd starts" avicd_start
is "tracefs is the source" "$(manager TraceSource)" tracefs
ok "a VM that gets stuck" vmm_start bad create id-change:5 run
bad=$vmm_pid
ok "one with a setting" vmm_start pit create:vcpus=1 pit:reinject
pit=$vmm_pid
is_now "the first is stuck, why cannot be told" "$bad" "$verdict" "$stuck"
is_now "the second is configured" "$pit" .condition configured
early_is=$(field "$early" .condition)
is "the VM before it has not changed since: not judged" "${early_is:-unknown}" unknown
is_now "nor is the domain, which libvirt names" domain '"\(.managed) \(.condition)"' 'true unknown'
is "nobody counts them as stuck" "$(manager Stuck)" 1
vmm_do bad reset
is_now "a reset is seen" "$bad" .boots 1
agrees "what was seen agrees with the recording"

# The other way to it: the kernel refuses BPF.
mkdir -p /etc/systemd/system/avicd.service.d
printf '[Service]\nCapabilityBoundingSet=\n' >/etc/systemd/system/avicd.service.d/no-bpf.conf
systemctl daemon-reload
record_start
avicd_conf
ok "avicd starts without CAP_BPF" avicd_restart
is "it falls back to tracefs" "$(manager TraceSource)" tracefs
ok "and says why" wait_for 5 said 'Trace source tracefs is used: BPF source: .*; CAP_BPF and CAP_PERFMON are needed'
ok "a VM that is made now" vmm_start later create:vcpus=1 base-moved
is_now "is judged" "$vmm_pid" .condition stuck
bad_is=$(field "$bad" .condition)
is "those before are not known any more" "${bad_is:-unknown}" unknown
lab_done
