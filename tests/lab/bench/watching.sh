# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# packages: linux-perf bpftrace
# shows: what watching costs a guest that takes as many interrupts as it can: avicd beside trace-cmd, perf and bpftrace
#
# Each round measures the same storm unwatched, under each watcher, and unwatched again; what counts is the ratio to the mean of the two unwatched
# ones of the same round, and of the rounds the median. Higher is better; 1.00 costs nothing.
. /lab/lab/guest/functions.sh
: "${SECONDS_EACH:=5}" "${ROUNDS:=3}"
event=kvm:kvm_apicv_inhibit_changed

rate()
{
	vmm create:vcpus=1 run "irqwin:seconds=$SECONDS_EACH" quit </dev/null | sed -n 's/^ok irqwin .*rate=\([0-9]*\).*/\1/p'
}

# watched NAME COMMAND... - with that running; it has begun when the event is on
watched()
{
	_name=$1
	shift
	"$@" >"$tmp/$_name.out" 2>"$tmp/$_name.err" </dev/null &
	_watcher=$!
	# each attaches in its own way, and says so late or never
	sleep 3
	rate
	kill -INT $_watcher
	wait_for 30 _gone $_watcher || kill -KILL $_watcher
	wait $_watcher 2>/dev/null
}

avicd_conf 'libvirt_uri = none'
round=0
while [ $round -lt "$ROUNDS" ]; do
	round=$((round + 1))
	{
		echo "unwatched $(rate)"
		avicd_start
		echo "avicd $(rate)"
		avicd_stop
		echo "trace-cmd $(watched trace-cmd trace-cmd record -q -e $event -o "$tmp/trace.dat")"
		echo "perf $(watched perf perf record -q -a -e $event -o "$tmp/perf.data")"
		echo "bpftrace-count $(watched bpftrace bpftrace -e "tracepoint:$event { @[pid] = count(); }")"
		echo "bpftrace-printf $(watched bpftrace bpftrace -e "tracepoint:$event { printf(\"%d %lx\n\", pid, args->inhibits); }")"
		echo "unwatched-again $(rate)"
	} >"$tmp/round-$round"
	diag "round $round: $(tr '\n' ' ' <"$tmp/round-$round")"
done
awk '
$1 ~ /^unwatched/ { base[FILENAME] += $2 / 2 }
{ watcher[NR] = $1; of[NR] = FILENAME; value[NR] = $2 }
END {
	for (l = 1; l <= NR; l++) {
		w = watcher[l]
		if (base[of[l]] <= 0)
			continue
		ratio[w, ++n[w]] = value[l] / base[of[l]]
		rate[w] = rate[w] " " value[l]
		if (n[w] == 1)
			order[++m] = w
	}
	printf "%-18s %-8s %s\n", "WATCHER", "RATIO", "WINDOWS/S BY ROUND"
	for (i = 1; i <= m; i++) {
		w = order[i]
		for (a = 1; a <= n[w]; a++)
			for (b = a + 1; b <= n[w]; b++)
				if (ratio[w, b] < ratio[w, a]) { t = ratio[w, a]; ratio[w, a] = ratio[w, b]; ratio[w, b] = t }
		printf "%-18s %-8.2f %s\n", w, ratio[w, int((n[w] + 1) / 2)], rate[w]
	}
}' "$tmp"/round-* >"$LAB_OUT/figures"
diag "$(cat "$LAB_OUT/figures")"
ok "figures of all watchers" test "$(grep -c '0\.[0-9]\|1\.[0-9]' "$LAB_OUT/figures")" -eq 7
done_testing
