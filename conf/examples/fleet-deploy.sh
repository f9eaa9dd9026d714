#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Carry out a plan of `avicctl fleet deploy-plan`, one host after another: fleet-deploy.sh PLAN.json
#
# $SSH (default "ssh -o BatchMode=yes -o ConnectTimeout=10") is given the host and the command. $LOG (default PLAN.json.log) gets a line a
# host, "HOST STATUS"; a host with a line "0" or "10" there is not asked again, so that a plan that was stopped can go on. $NO_PAUSE: do not
# wait between waves. Ends with 0 when all waves are through, 1 when a stop condition was met. Needs jq.
set -u
die()
{
	echo "fleet-deploy: $*" >&2
	exit 1
}

[ $# -eq 1 ] || die "usage: fleet-deploy.sh PLAN.json"
plan=$1 log=${LOG:-$1.log}
command -v jq >/dev/null || die "jq is not installed: install jq"
[ "$(jq -r .schema "$plan")" = avicd-deploy-plan/1 ] || die "$plan is no plan of avicctl fleet deploy-plan"
command=$(jq -er 'if all(.command[]; test("^[a-z-]+$")) then .command | join(" ") else empty end' "$plan") || die "$plan: its command is none of avicctl"
touch "$log" || die "$log cannot be written"

# one_of STATUS LIST - is it a member of the plan's list?
one_of() { jq -e --argjson s "$1" ".$2 | index(\$s) != null" "$plan" >/dev/null; }

wave=0
waves=$(jq '.waves | length' "$plan")
while [ "$wave" -lt "$waves" ]; do
	failed=0
	limit=$(jq ".waves[$wave].stop.failed" "$plan")
	echo "wave $(jq -r ".waves[$wave].name" "$plan"): $(jq ".waves[$wave].hosts | length" "$plan") hosts"
	for host in $(jq -r ".waves[$wave].hosts[]" "$plan"); do
		case $host in -* | .* | *[!A-Za-z0-9._:-]*) die "'$host' is no name of a host" ;; esac
		if grep -qxF -e "$host 0" -e "$host 10" "$log"; then
			continue
		fi
		# shellcheck disable=SC2086 # words of a command
		${SSH:-ssh -o BatchMode=yes -o ConnectTimeout=10} "$host" $command </dev/null
		status=$?
		echo "$host $status" >>"$log"
		if one_of $status exit_ok; then
			echo "$host: done"
		elif one_of $status exit_skip; then
			echo "$host: left alone, status $status"
		else
			failed=$((failed + 1))
			echo "$host: failed, status $status"
			[ $failed -lt "$limit" ] || die "stopped: $failed of this wave failed; see $log"
		fi
	done
	pause=$(jq ".waves[$wave].pause_seconds" "$plan")
	wave=$((wave + 1))
	[ $wave -eq "$waves" ] || [ -n "${NO_PAUSE:-}" ] || sleep "$pause"
done
echo "all waves are through"
