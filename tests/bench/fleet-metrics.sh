# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2016,SC2034,SC2154,SC2317 # sourced; tmp is of functions.sh
# Metrics of a host as avicd writes them, and a Prometheus of our own that scrapes them. Sourced after functions.sh.

# metrics_of HOST WRITTEN_AT STUCK - STUCK: 1 for a kernel with the bug and a VM stuck by it, else 0
metrics_of()
{
	awk -v host="$1" -v at="$2" -v stuck="$3" 'BEGIN {
		print "# TYPE avicd_up gauge\navicd_up 1"
		print "avicd_build_info{version=\"0.1.0\"} 1"
		printf "avicd_host_info{kernel_release=\"%s\",kvm_build_id=\"x\",vendor=\"amd\",boot_id=\"b\"} 1\n", stuck ? "6.1.2-amd64" : "6.12.0-amd64"
		print "avicd_last_success_timestamp_seconds " at
		n = split("unknown off degraded exposed ok", w, " ")
		for (i = 1; i <= n; i++) printf "avicd_health{health=\"%s\"} %d\n", w[i], w[i] == (stuck ? "degraded" : "ok")
		n = split("reboot disabled large-id", b, " "); m = split("unprovable vulnerable fixed", r, " ")
		for (i = 1; i <= n; i++) for (k = 1; k <= m; k++) printf "avicd_probe_result{bug=\"%s\",result=\"%s\"} %d\n", b[i], r[k], r[k] == (stuck && i == 1 ? "vulnerable" : "fixed")
		n = split("none checking loading transition probing verified undoing failed foreign", w, " ")
		for (i = 1; i <= n; i++) printf "avicd_livepatch_state{state=\"%s\"} %d\n", w[i], w[i] == "none"
		n = split("unknown off settling stuck configured transient active", w, " ")
		for (i = 1; i <= n; i++) printf "avicd_vms{condition=\"%s\"} %d\n", w[i], w[i] == "stuck" ? stuck : w[i] == "active" ? 10 - stuck : 0
		printf "avicd_vms_by_cause{cause=\"kernel-bug\"} %d\n", stuck
		printf "avicd_vm_info{domain=\"big \\\"1\\\"\",uuid=\"%s-1\",pid=\"7\",cause=\"%s\",vcpus=\"288\"} 1\n", host, stuck ? "kernel-bug" : ""
		printf "avicd_vm_stuck_seconds{domain=\"big \\\"1\\\"\",uuid=\"%s-1\"} %d\n", host, stuck ? 4711 : 0
	}'
}

# prometheus_start ADDRESS HOST... - each $SCRAPE_S seconds scrapes http://ADDRESS/HOST as instance HOST:9469; $prometheus_url
prometheus_start()
{
	_address=$1
	shift
	{
		printf 'global: { scrape_interval: %ss, scrape_timeout: 2s }\nscrape_configs:\n- job_name: avicd\n  static_configs:\n  - targets:\n' "${SCRAPE_S:-2}"
		printf '    - "%s"\n' "$@"
		printf '  relabel_configs:\n'
		printf '  - { source_labels: [__address__], target_label: __metrics_path__, replacement: "/${1}" }\n'
		printf '  - { source_labels: [__address__], target_label: instance, replacement: "${1}:9469" }\n'
		printf '  - { target_label: __address__, replacement: "%s" }\n' "$_address"
	} >"$tmp/prometheus.yml"
	# any port that is free now: it can be taken meanwhile, so another one is tried
	for _try in 1 2 3 4 5; do
		_port=$(awk -v s="$$$_try" 'BEGIN { srand(s); print 20000 + int(rand() * 20000) }')
		prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" --web.listen-address="127.0.0.1:$_port" \
			--log.level=warn >"$tmp/prometheus.log" 2>&1 &
		prometheus_pid=$!
		cleanup_fn kill_wait $prometheus_pid
		prometheus_url=http://127.0.0.1:$_port
		prometheus_answers() { AVICD_WRAPPER='' avicctl fleet --prometheus="$prometheus_url" >/dev/null 2>&1 || [ $? -ge 3 ] || ! kill -0 "$prometheus_pid"; }
		wait_for 20 prometheus_answers
		kill -0 "$prometheus_pid" 2>/dev/null && return
	done
}
