#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Part of `make bench`: avicctl fleet over 10,000 host reports of 40 VMs each, beside jq, which does no more than read them; and over the metrics of
# 1,000 hosts in a real Prometheus.
. "${top_srcdir:=.}/tests/functions.sh"
requires_program jq awk
PATH=$top_builddir:$PATH
hosts=${FLEET_HOSTS:-10000}
mkdir "$tmp/fleet"
awk -v dir="$tmp/fleet" -v hosts="$hosts" -v vms=40 -v now="$(date -u +%Y-%m-%dT%H:%M:%SZ)" -f "$top_srcdir/tests/bench/fleet-reports.awk"

echo "# $hosts host reports of 40 VMs"
cat "$tmp"/fleet/*.json >/dev/null # out of the page cache, for both
t0=$(_now_ms)
cat "$tmp"/fleet/*.json | jq -n 'reduce inputs as $r (0; . + ($r.vms | length))' >/dev/null
t1=$(_now_ms)
avicctl fleet "$tmp/fleet" >"$tmp/out"
t2=$(_now_ms)
# VmHWM of a child is not seen from outside: the shell's own limit is, and so is what fits into it
# shellcheck disable=SC3045 # dash, bash and busybox have it
(ulimit -v 512000 && avicctl fleet "$tmp/fleet" >/dev/null)
is "512,000 KiB of address space are enough" $? 3
awk -v a=$((t2 - t1)) -v b=$((t1 - t0)) -v n="$hosts" 'BEGIN {
	printf "fleet_folder_s %.1f s (goal <= 10 for 10,000 hosts), %.2f of jq\n", a / 1000, a / (b ? b : 1)
	printf "fleet_reports_per_second %d /s\n", n * 1000 / a }'

if ! command -v prometheus >/dev/null; then
	skip "fleet by Prometheus" "prometheus is not installed"
	exit 0
fi
. "$top_srcdir/tests/bench/fleet-metrics.sh"
mkdir "$tmp/metrics"
names=''
for i in $(seq 1000); do
	metrics_of "h$i" "$(date +%s)" $((i % 10 == 0)) >"$tmp/metrics/h$i"
	names="$names h$i"
done
"$top_builddir/tests/unit/canned-http" files "$tmp/metrics" >"$tmp/port" &
cleanup_fn kill_wait $!
wait_for 5 test -s "$tmp/port"
SCRAPE_S=20 # scraping a thousand hosts is work, too
# shellcheck disable=SC2086 # names
prometheus_start "127.0.0.1:$(cat "$tmp/port")" $names
all() { [ "$(avicctl fleet --json=short --prometheus="$prometheus_url" | jq .hosts_answering)" = 1000 ]; }
wait_for 60 all || fail "1,000 hosts are scraped" "$(tail -3 "$tmp/prometheus.log")"
for i in 1 2 3 4 5; do
	t0=$(_now_ms)
	avicctl fleet --prometheus="$prometheus_url" >"$tmp/out"
	echo $(($(_now_ms) - t0))
done | sort -n | sed -n '3s/.*/fleet_prometheus_ms & ms, of 1,000 hosts, 13 queries (goal <= 1000)/p'
