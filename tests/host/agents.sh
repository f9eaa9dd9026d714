# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Steering tests/host/agents from a test: processes that make VMs by ioctl, and events by test runs of avicd's own BPF program. Sourced after
# tests/functions.sh.

# start_agents() [PID of avicd] - one set of agents; a second call ends the first
start_agents()
{
	[ ! -e "$tmp/agents.in" ] || stop_agents
	mkfifo "$tmp/agents.in" "$tmp/agents.out"
	"$top_builddir/tests/host/agents" "$@" <"$tmp/agents.in" >"$tmp/agents.out" 2>>"$tmp/agents.log" &
	AGENTS_PID=$!
	cleanup_fn kill_wait $AGENTS_PID
	exec 8>"$tmp/agents.in" 9<"$tmp/agents.out"
	rm "$tmp/agents.in" "$tmp/agents.out"
	: >"$tmp/agents.in"
}

stop_agents()
{
	echo end >&8
	exec 8>&- 9<&-
	wait "$AGENTS_PID"
	rm -f "$tmp/agents.in"
}

# agent() WORD... - one command, its answer on stdout; fails when the answer is an error
agent()
{
	echo "$*" >&8
	IFS= read -r _answer <&9 || _answer='error: the agents ended'
	echo "$_answer"
	case $_answer in error*) return 1 ;; esac
}

# agent_new() - sets $agent and $agent_pid
agent_new()
{
	echo new >&8
	# shellcheck disable=SC2034 # for the test
	read -r _word agent agent_pid <&9
}

# vm_field() PID JQ - of that VM, as avicctl shows it
vm_field()
{
	avicctl --json=short show "$1" 2>/dev/null | jq -r "$2"
}

# vm_is() PID JQ VALUE - for wait_for
vm_is()
{
	[ "$(vm_field "$1" "$2")" = "$3" ]
}

# vm_list() JQ - of all VMs of our agents; other tests may run VMs at the same time
vm_list()
{
	avicctl --json=short list 2>/dev/null | jq -r "[.[] | select(.comm == \"avm-$AGENTS_PID\")] | $1"
}

# vm_count_is() N - for wait_for
vm_count_is()
{
	[ "$(vm_list length)" = "$1" ]
}
