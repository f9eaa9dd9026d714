# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# agree.sh RECORDING KERNEL - inside the VM: does what avicd said (RECORDING.live) agree with a recording of all events (RECORDING.dat)? Two
# readers of the recording: the awk script below, which knows nothing but masks, and `avicctl analyze`. Prints what it compared, and each
# disagreement; exit status 1 when there is one.
#
# For each VM that avicd judges: the mask. For those that it saw from their creation on also how often each bit went from 0 to 1, and the boots. A VM
# may toggle IRQWIN while it is looked at: avicd's answer must be right at some time between RECORDING.before and RECORDING.after. And a VM that was
# made while avicd watched, after RECORDING.since, must be one that avicd knows.
set -u
! command -v gojq >/dev/null || jq() { gojq "$@"; }
recording=$1 kernel=$2

trace-cmd report -i "$recording.dat" >"$recording.txt" 2>"$recording.report" || {
	echo "trace-cmd report fails: $(tail -n 1 "$recording.report")"
	exit 1
}
if grep -q 'EVENTS DROPPED' "$recording.txt"; then
	echo "trace-cmd lost events: there is nothing to compare with"
	exit 1
fi
avicctl --json=short analyze --numbering="$kernel" "$recording.dat" >"$recording.analysis" 2>"$recording.analysis.err"
[ -s "$recording.analysis" ] || {
	if grep -q kvm_apicv_inhibit_changed "$recording.txt"; then
		echo "avicctl analyze: $(cat "$recording.analysis.err")"
		exit 1
	fi
	echo '{"vms":[]}' >"$recording.analysis"
}

{
	sed 's/^/thread /' "$recording.threads"
	jq -r '.[] | "known \(.pid)", (select((.ambiguous | not) and .kvms <= 1 and .condition != "unknown") | .pid as $p |
		"live \($p) \(.mask)", (select(.boots_exact) | "exact \($p) \(.boots)", (.reasons[] | "count \($p) \(.bit) \(.count)")))' \
		"$recording.live" || echo "broken $recording.live"
	jq -r '.vms[] | .pid as $p | "analysis \($p) \(.mask) \(.pid_is_thread)", (.reasons[] | "acount \($p) \(.bit) \(.count)")' \
		"$recording.analysis" || echo "broken $recording.analysis"
	sed -nE 's/^.*-([0-9]+) +\[[0-9]+\].* ([0-9]+\.[0-9]+): +kvm_apicv_inhibit_changed:.*inhibits=0x([0-9a-f]+).*/event \1 \2 \3/p' \
		"$recording.txt"
	sed -nE 's/^.*-([0-9]+) +\[[0-9]+\].* ([0-9]+\.[0-9]+): +kvm_write_tsc_offset: vcpu=0 prev=([0-9]+) next=([0-9]+).*/tsc \1 \2 \3 \4/p' \
		"$recording.txt"
} | awk -v before="$(cat "$recording.before")" -v after="$(cat "$recording.after")" -v since="$(cat "$recording.since")" '
function number(hex,    i, n) {
	for (i = 1; i <= length(hex); i++)
		n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n
}
function bit(mask, i) { return int(mask / 2 ^ i) % 2 }
function wrong(text) { print text; status = 1 }
$1 == "thread" { tgid[$2] = $3 }
$1 == "broken" { wrong("it cannot be read: " $2) }
$1 == "known" { known[$2] = 1 }
$1 == "live" { live[$2] = $3 }
$1 == "exact" { exact[$2] = 1; boots[$2] = $3 }
$1 == "count" { live_count[$2, $3] = $4 }
$1 == "analysis" { analysis[$2] = $3; of_thread[$2] = $4 == "true" }
$1 == "acount" { analysis_count[$2, $3] = $4 }
$1 == "event" {
	vm = ($2 in tgid) ? tgid[$2] : $2
	mask = number($4)
	if (!events[vm]++)
		first[vm] = $3
	# what held until now was there to be seen, if it held until the look began
	if ($3 > before && $3 <= after) {
		if (!(vm in looked))
			seen[vm, at[vm] + 0] = 1
		looked[vm] = 1
		seen[vm, mask] = 1
	}
	for (i = 0; i < 32; i++)
		if (bit(mask, i) && !bit(at[vm], i)) {
			total[vm, i]++
			if ($3 <= before)
				low[vm, i]++
			if ($3 <= after)
				high[vm, i]++
		}
	at[vm] = mask
	if ($3 <= after)
		at_after[vm] = mask
}
# The guest is given a TSC that is behind: its clock begins anew. QEMU does so two or three times a reset. Or the same again, long after the last time.
$1 == "tsc" {
	vm = ($2 in tgid) ? tgid[$2] : $2
	anew = $5 < $4 && !((vm in reset_at) && $3 - reset_at[vm] < 2)
	same = $5 == $4 && $3 - tsc_at[vm] > 5
	tsc_at[vm] = $3
	if ($4 > 0 && (anew || same)) {
		reset_at[vm] = $3
		low_boots[vm] += $3 <= before
		high_boots[vm] += $3 <= after
	}
}
END {
	# a record names a thread; of two VMs with the same mask, the reader of a recording cannot know to which a new one belongs
	for (vm in analysis)
		if ((vm in tgid) && tgid[vm] != vm && of_thread[vm])
			torn[tgid[vm]] = 1
	for (vm in events)
		if (first[vm] > since && first[vm] <= before && (vm in tgid) && !(vm in known))
			wrong("VM " vm ": made while avicd watched, and not known to it")
	for (vm in live) {
		if (!(vm in events)) {
			if (vm in exact)
				wrong("VM " vm ": avicd saw it from its creation on, the recording does not have it")
			continue
		}
		vms++
		if (!((vm in looked) ? ((vm SUBSEP (live[vm] + 0)) in seen) : live[vm] == at_after[vm]))
			wrong("VM " vm ": avicd said mask " live[vm] ", the recording " at_after[vm])
		if (!(vm in exact))
			continue
		if (boots[vm] < low_boots[vm] + 0 || boots[vm] > high_boots[vm] + 0)
			wrong("VM " vm ": avicd said boot " boots[vm] ", the recording has " low_boots[vm] + 0 " to " high_boots[vm] + 0 " resets")
		for (i = 0; i < 32; i++) {
			n = live_count[vm, i] + 0
			if (n < low[vm, i] + 0 || n > high[vm, i] + 0)
				wrong("VM " vm " bit " i ": avicd counted " n ", the recording has " low[vm, i] + 0 " to " high[vm, i] + 0)
		}
		if (vm in torn) {
			print "VM " vm ": avicctl analyze could not tell whose a thread is, and says so"
			continue
		}
		if (!(vm in analysis))
			wrong("VM " vm ": avicctl analyze does not show it")
		else if (analysis[vm] != at[vm])
			wrong("VM " vm ": avicctl analyze says mask " analysis[vm] ", the events " at[vm])
		for (i = 0; (vm in analysis) && i < 32; i++)
			if (analysis_count[vm, i] + 0 != total[vm, i] + 0)
				wrong("VM " vm " bit " i ": avicctl analyze counted " analysis_count[vm, i] + 0 ", the events have " total[vm, i] + 0)
	}
	for (vm in events)
		n_events += events[vm]
	if (!vms)
		wrong("nothing was compared")
	print "compared " vms + 0 " VMs, " n_events + 0 " events"
	exit status
}'
