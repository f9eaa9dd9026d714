#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Part of `make bench`: a scrape of a host with 1,000 VMs by avicd-exporter, beside Python's file server, which does no more than send the file.
. "${top_srcdir:=.}/tests/functions.sh"
requires_program curl python3 awk
vms=${EXPORTER_VMS:-1000}
dir=$RUNTIME_DIRECTORY
# what avicd writes of a VM: 19 series
awk -v n="$vms" 'BEGIN { for (i = 1; i <= n; i++) for (j = 1; j <= 19; j++)
	printf "avicd_vm_condition{domain=\"vm-%05d.example.org\",uuid=\"5e6b0c1a-3f5e-4c1d-9a55-%012d\",condition=\"word-%02d\"} 0\n", i, i, j }' >"$dir/metrics.prom"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# scrapes URL - milliseconds of 60, sorted; the first one is not counted
scrapes()
{
	for i in $(seq 61); do
		touch "$dir/metrics.prom"
		curl -sS -o "$tmp/got" -w '%{time_total}\n' "$1"
	done | tail -n 60 | sort -n | awk '{ print $1 * 1000 }' >"$tmp/times"
	cmp -s "$tmp/got" "$dir/metrics.prom" || bail_out "$1 is not the file"
}
median() { sed -n 30p "$tmp/times"; }
port=$(free_port)
python3 -m http.server -b 127.0.0.1 -d "$dir" "$port" >/dev/null 2>&1 &
cleanup_fn kill_wait $!
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port/"
scrapes "http://127.0.0.1:$port/metrics.prom"
peer=$(median)
port=$(free_port)
"$top_builddir/avicd-exporter" --listen="127.0.0.1:$port" &
pid=$!
cleanup_fn kill_wait $pid
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port/health"
scrapes "http://127.0.0.1:$port/metrics"
echo "# $vms VMs: $(wc -c <"$dir/metrics.prom") bytes"
awk -v a="$(median)" -v b="$peer" -v w="$(tail -n 1 "$tmp/times")" \
	'BEGIN { printf "exporter_scrape_ms %.1f ms, at most %.1f of 60 (goal <= 50 for 1,000 VMs), %.2f of http.server\n", a, w, a / (b ? b : 1) }'
awk '$1 == "VmRSS:" { printf "exporter_rss_mib %.1f MiB (goal <= 8)\n", $2 / 1024 }' "/proc/$pid/status"
