# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: avicd-exporter under its unit, started by its socket: a VM that the bug leaves stuck is in the metrics and on the page, and so is its healing
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
# http() PATH - the answer, with its headers; metric() SAMPLE - its value
http() { printf 'GET %s HTTP/1.0\r\nHost: lab\r\n\r\n' "$1" | timeout 30 socat -t 20 - TCP:127.0.0.1:9469 | tr -d '\r'; }
metric() { http /metrics | sed -n "s/^$1 //p"; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }

avicd_conf
ok "its socket" systemctl start avicd-exporter.socket
cleanup_fn systemctl stop avicd-exporter.socket avicd-exporter.service
is "without avicd nothing is up" "$(metric avicd_up)" 0
like "nor well" "$(http /health | sed -n '1p; $p' | tr '\n' ' ')" '^HTTP/1\.[01] 503 .*unknown'
ok "avicd starts" avicd_start
is "avicd is up" "$(metric avicd_up)" 1
pid=$(systemctl show -P MainPID avicd-exporter.service)
unlike "the exporter is a user of its own" "$(awk '$1 == "Uid:" { print $2 }' "/proc/$pid/status")" '^0$'
is "without capabilities" "$(awk '$1 == "CapBnd:" { print $2 }' "/proc/$pid/status")" 0000000000000000
ok "in a network of its own" test "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)"
ok "a VM" vmm_start big create
vm="domain=\"\",uuid=\"pid-$vmm_pid\""
echo 7 >"$bugs"
is "the kernel has the bugs" "$(probed)" "reboot vulnerable, disabled vulnerable, large-id unprovable"
ok "reboots" vmm_do big x2apic-reboot
is_now "stuck by the bug" "$vmm_pid" '"\(.condition) \(.cause)"' "stuck kernel-bug"
ok "the metrics have it" wait_for 20 metric_is "avicd_vm_condition{$vm,condition=\"stuck\"}" 1
is "with its reason" "$(metric "avicd_vm_reason{$vm,reason=\"APIC_ID_MODIFIED\"}")" 1
is "and the host's health" "$(metric 'avicd_health{health="degraded"}')" 1
is "and the proof" "$(metric 'avicd_probe_result{bug="reboot",result="vulnerable"}')" 1
like "the page has it, too" "$(http /)" "pid-$vmm_pid|VM $vmm_pid|>$vmm_pid<"
like "health is answered, whatever it is" "$(http /health | sed -n '1p; $p')" '^HTTP/1\.[01] 200 '
ok "the module is there" livepatch_install avicd_livepatch
avicctl fix deploy --heal=now >"$tmp/fix" 2>&1
is "fix deploy --heal=now" $? 0 || diag "$(cat "$tmp/fix")"
ok "healed" wait_for 20 metric_is "avicd_vm_condition{$vm,condition=\"active\"}" 1
is "the livepatch is verified" "$(metric 'avicd_livepatch_state{state="verified"}')" 1
ok "avicd is stopped" avicd_stop
is "and not up" "$(metric avicd_up)" 0
is "of its VMs nothing is said" "$(http /metrics | grep -c '^avicd_vm')" 0
kernel_is_well
lab_done
