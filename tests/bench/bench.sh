#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `make bench`: figures, one "name value unit" a line, with the goal in brackets. No pass or fail: a busy machine is no defect.
. "${top_srcdir:=.}/tests/functions.sh"
requires_event
requires_kvm
requires_bpf
requires_program jq busctl
. "$top_srcdir/tests/host/agents.sh"

# cpu_ns() PID - CPU time of all its threads; switches() PID - how often they woke up
cpu_ns() { cat "/proc/$1"/task/*/schedstat | awk '{ s += $1 } END { printf "%d", s }'; }
switches() { cat "/proc/$1"/task/*/status | awk '/^voluntary_ctxt/ { s += $2 } END { print s }'; }
wakeups() { avicctl --json=short status | jq .events.wakeups; }
seen() { bus_get /org/avicd1 org.avicd1.Manager EventsSeen | cut -d' ' -f2; }
rss() { awk '$1 == "'"$2"':" { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

echo "# an event in the kernel"
"$top_builddir/tests/bench/bench-event"
echo "# a snapshot"
"$top_builddir/tests/bench/bench-snapshot" 1000

echo "# a probe for three bugs, with its three VMs"
for i in 1 2 3 4 5; do
	t0=$(date +%s%N)
	avicctl fix probe >/dev/null 2>&1
	echo "$((($(date +%s%N) - t0) / 1000000))"
done | sort -n | sed -n '3s/.*/probe_without_avicd_ms & ms, with loading BPF/p'

start_bus
avicd_conf 'libvirt_uri = none' 'resync_interval = 1h' 'trace_source = bpf' 'log_level = warning'
start_avicd
start_agents "$AVICD_PID"
echo "# event to D-Bus signal"
"$top_builddir/tests/bench/bench-signal" "$AVICD_PID" 200

echo "# the same by avicd"
for i in 1 2 3 4 5; do
	t0=$(date +%s%N)
	bus_call /org/avicd1 org.avicd1.Manager.Probe >/dev/null
	echo "$((($(date +%s%N) - t0) / 1000000))"
done | sort -n | sed -n '3s/.*/probe_ms & ms, with busctl (goal <= 50)/p'

echo "# a storm on one VM"
agent_new
agent "$agent" vm >/dev/null
wait_for 5 vm_is "$agent_pid" .kvms 1
agent "$agent" inject 0 0 0 >/dev/null
sleep 1 # past the wake-ups of its creation; a measurement, not a synchronisation
s0=$(seen) w0=$(wakeups) c0=$(cpu_ns "$AVICD_PID") t0=$(_now_ms)
while [ $(($(_now_ms) - t0)) -lt 10000 ]; do
	agent "$agent" storm 100000 8 100 0 >/dev/null
done
c1=$(cpu_ns "$AVICD_PID") t1=$(_now_ms) s1=$(seen) w1=$(wakeups)
awk -v s=$((s1 - s0)) -v w=$((w1 - w0)) -v c=$((c1 - c0)) -v t=$((t1 - t0)) 'BEGIN {
	printf "storm_events_per_second %d /s\n", s * 1000 / t
	printf "storm_cpu_percent %.2f %% of a core (goal <= 1)\n", c / t / 10000
	printf "storm_records_per_second %.1f /s (goal <= 5)\n", w * 1000 / t }'
agent "$agent" quit >/dev/null

echo "# 1,000 VMs"
agent many 1000 >/dev/null
wait_for 30 vm_count_is 1000
printf 'rss_anon_after_list_mib %s MiB, right after an answer about all of them\n' "$(rss "$AVICD_PID" RssAnon)"
sleep 4 # the answer's memory goes back after two seconds
printf 'rss_anon_mib %s MiB (goal <= 8)\nrss_mib %s MiB\n' "$(rss "$AVICD_PID" RssAnon)" "$(rss "$AVICD_PID" VmRSS)"
w0=$(switches "$AVICD_PID") t0=$(_now_ms)
sleep 10
awk -v w=$(($(switches "$AVICD_PID") - w0)) -v t=$(($(_now_ms) - t0)) 'BEGIN { printf "idle_wakeups_per_second %.1f /s (goal <= 2)\n", w * 1000 / t }'
