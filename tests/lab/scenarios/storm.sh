# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.12
# shows: as many interrupt windows as the guest can take, thousands in seconds: none lost, flagged as a storm, a few lines in the journal
. /lab/lab/guest/functions.sh
lab_begin

vmm_start storm create:vcpus=1 run
is_now "the VM is active" "$vmm_pid" .condition active
# what was said about it up to here
lines_before=$(journal "select(.AVICD_PID == \"$vmm_pid\") | .MESSAGE" | wc -l)
ok "interrupt windows begin, as many as the guest can" vmm_do storm irqwin:background
is_now "it is a storm" "$vmm_pid" .storm true
is "which is a flag: IRQWIN alone is transient" "$(field "$vmm_pid" '.condition | test("active|transient")')" true
ok "it goes on for some seconds" vmm_do storm wait:2 irqwin-stop
ok "its begin was told" wait_for 10 said_event storm-begin "$vmm_pid"
windows=$(vmm_said storm | sed -n 's/^ok irqwin-stop.* windows=\([0-9]*\).*/\1/p')
diag "$(vmm_said storm | grep '^ok irqwin-stop')"
ok "thousands of windows" test "${windows:-0}" -ge 5000
ok "the storm ends" wait_for 20 field_is "$vmm_pid" .storm false
ok "and that is told" wait_for 10 said_event storm-end "$vmm_pid"
is "no event was lost" "$(manager EventsLost)" 0
# the one before KVM's first look at the PIC, and the one under way at the end, may or may not be counted as windows of the guest
counted=$(field "$vmm_pid" '.reasons[] | select(.name == "IRQWIN") | .count')
ok "every window was counted: $counted" test "$counted" -ge "${windows:-0}"
lines=$(journal "select(.AVICD_PID == \"$vmm_pid\") | .MESSAGE" | wc -l)
ok "in a handful of lines: $((lines - lines_before))" test $((lines - lines_before)) -le 6
lab_done
