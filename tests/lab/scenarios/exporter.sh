# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# programs: prometheus
# shows: avicd-exporter under its unit, started by its socket: a VM that the bug leaves stuck is in the metrics, on the page and an alert of Prometheus, and so is its healing
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
# http() PATH [PORT] - the answer, with its headers; metric() SAMPLE - its value
http() { printf 'GET %s HTTP/1.0\r\nHost: lab\r\n\r\n' "$1" | timeout 30 socat -t 20 - "TCP:127.0.0.1:${2:-9469}" | tr -d '\r'; }
metric() { http /metrics | sed -n "s/^$1 //p"; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }

# Prometheus with the rules that are installed, but without their patience, and every two seconds
prometheus=$tmp/prometheus
prometheus_is_there() { http /-/ready 9090 2>/dev/null | grep -q '^HTTP/1\.[01] 200 '; }
start_prometheus()
{
	cp "$LAB_PROGRAMS/prometheus" "$prometheus" || return
	sed -E 's/^( +for:) .*/\1 2s/' /usr/share/avicd/prometheus/avicd.rules.yml >"$tmp/rules.yml"
	cat >"$tmp/prometheus.yml" <<-END
		global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}
		rule_files: [$tmp/rules.yml]
		scrape_configs: [{job_name: avicd, static_configs: [{targets: ["127.0.0.1:9469"], labels: {instance: lab}}]}]
	END
	"$prometheus" --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" --web.listen-address=127.0.0.1:9090 \
		--log.level=warn >"$tmp/prometheus.log" 2>&1 &
	cleanup_fn kill_wait $! KILL
	wait_for 120 prometheus_is_there || { diag "$(cat "$tmp/prometheus.log")"; return 1; }
}
# alerts() - those that fire; firing() NAME, silent() NAME - one of them does, does not
alerts() { http /api/v1/alerts 9090 | sed '1,/^$/d' | jq -r '.data.alerts[] | select(.state == "firing") | .labels.alertname'; }
firing() { alerts | grep -qx "$1"; }
silent() { http /api/v1/alerts 9090 | sed '1,/^$/d' | jq -e --arg a "$1" '.status == "success" and ([.data.alerts[].labels.alertname] | index($a) | not)'; }

avicd_conf
ok "its socket" systemctl start avicd-exporter.socket
cleanup_fn systemctl stop avicd-exporter.socket avicd-exporter.service
is "without avicd nothing is up" "$(metric avicd_up)" 0
like "nor well" "$(http /health | sed -n '1p; $p' | tr '\n' ' ')" '^HTTP/1\.[01] 503 .*unknown'
ok "avicd starts" avicd_start
is "avicd is up" "$(metric avicd_up)" 1
if [ -x "$LAB_PROGRAMS/prometheus" ]; then
	ok "Prometheus scrapes it" start_prometheus
else
	prometheus=''
	skip "Prometheus scrapes it" "no prometheus where the lab was made"
fi
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
[ -z "$prometheus" ] || ok "an alert fires" wait_for 60 firing AvicdVmStuck
[ -z "$prometheus" ] || ok "so does that of the kernel" wait_for 60 firing AvicdHostExposed
ok "the module is there" livepatch_install avicd_livepatch
avicctl fix deploy --heal=now >"$tmp/fix" 2>&1
is "fix deploy --heal=now" $? 0 || diag "$(cat "$tmp/fix")"
ok "healed" wait_for 20 metric_is "avicd_vm_condition{$vm,condition=\"active\"}" 1
is "the livepatch is verified" "$(metric 'avicd_livepatch_state{state="verified"}')" 1
[ -z "$prometheus" ] || ok "the alert is resolved" wait_for 60 silent AvicdVmStuck
[ -z "$prometheus" ] || ok "so is that of the kernel" wait_for 60 silent AvicdHostExposed
ok "avicd is stopped" avicd_stop
is "and not up" "$(metric avicd_up)" 0
[ -z "$prometheus" ] || ok "which is an alert" wait_for 60 firing AvicdStopped
is "of its VMs nothing is said" "$(http /metrics | grep -c '^avicd_vm')" 0
kernel_is_well
lab_done
