# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: avicd starts when VMs are stuck already: it sees that by looking, and says since when it knows
. /lab/lab/guest/functions.sh

# The recording has more than avicd saw; agree.sh compares only VMs that avicd saw from their creation on.
record_start
ok "a stuck VM" vmm_start stuck create id-change:5 run
stuck=$vmm_pid
ok "one that is configured" vmm_start pit create:vcpus=1 pit:reinject
pit=$vmm_pid
ok "one that has no reason" vmm_start fine create:vcpus=1
fine=$vmm_pid

avicd_conf
ok "avicd starts late" avicd_start
is_now "the one is active" "$fine" "$verdict" "active 0x0"
is_now "one is configured" "$pit" .condition configured
# when the bit was set nobody saw: its time counts from the first look on
is_now "one is stuck, and its wrong id says why" "$stuck" "$verdict" "stuck 0x10 APIC_ID_MODIFIED sticky guest"
is "nobody knows how often each was booted before" \
	"$(avicctl --json=short list | jq -r '[.[] | "\(.boots) \(.boots_exact)"] | unique | join(" ")')" "0 false"
is "nor since when the bit is set" "$(field "$stuck" '.reasons[] | select(.set) | .since_exact')" false
is "nor who set it" "$(field "$stuck" '.stacks.APIC_ID_MODIFIED // "-"')" -
ok "it is told that one is configured" wait_for 5 said 'PIT_REINJ keeps AVIC inhibited|mask PIT_REINJ, condition configured'
ok "and one stuck, from before" wait_for 5 said 'stuck: APIC_ID_MODIFIED set for at least .*, from before it was watched; cause guest'
is "health" "$(manager Health)" degraded

ok "a VM made now" vmm_start new create:vcpus=1 pit:reinject
is_now "is exact" "$vmm_pid" '"\(.condition) \(.boots_exact) \(.reasons[] | select(.set) | .since_exact)"' 'configured true true'
vmm_do stuck reset
is_now "a reset is counted from here on" "$stuck" '"\(.boots) \(.boots_exact)"' '1 false'
lab_done
