# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What every shell test needs: TAP, cleaning up, waiting. Sourced by tests/functions.sh and by the lab, inside its VM (tests/lab/guest/functions.sh).
# A test works in $tmp, which goes away with it. README.md beside this file lists every helper.

set -u
LC_ALL=C.UTF-8
export LC_ALL

# ---- TAP ------------------------------------------------------------------------------------------------------------
_n=0 _failed=0 _plan=''

plan()
{
	_plan=$1
	echo "1..$1"
}

# diag() - a comment in the log, one "#" a line; the end of what is very long
diag()
{
	printf '%s\n' "$*" | tail -n 60 | cut -c 1-2000 | sed 's/^/# /'
}

# A "#" in a name would be read as a directive.
_result()
{
	_n=$((_n + 1))
	printf '%s %d - %s\n' "$1" "$_n" "$(printf '%s' "$2" | tr '#\n' '  ')"
	[ "$1" = ok ] || _failed=$((_failed + 1))
}

pass() { _result ok "$1"; }

# fail() NAME [DETAIL...] - returns 1, so that `... || fail` chains keep their meaning
fail()
{
	_result 'not ok' "$1"
	shift
	[ $# -eq 0 ] || diag "$*"
	return 1
}

# ok() NAME COMMAND... - passes when the command does; its output is shown when it does not
ok()
{
	_name=$1
	shift
	# not in a subshell: what the command sets ($AVICD_PID), and what it registers to be cleaned up, must stay
	if "$@" >"$tmp/.ok" 2>&1; then
		pass "$_name"
	else
		fail "$_name" "failed ($?): $*
$(cat "$tmp/.ok")"
	fi
}

# not_ok() NAME COMMAND... - passes when the command fails, but not by a signal
not_ok()
{
	_name=$1
	shift
	_out=$("$@" 2>&1)
	_status=$?
	if [ $_status -ne 0 ] && [ $_status -lt 128 ]; then
		pass "$_name"
	else
		fail "$_name" "status $_status: $*
$_out"
	fi
}

# is() NAME GOT EXPECTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:      $2
expected: $3"
	fi
}

# like() NAME TEXT ERE - some line of TEXT matches; unlike() - none does
like()
{
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		pass "$1"
	else
		fail "$1" "no match for: $3
in: $2"
	fi
}

unlike()
{
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		fail "$1" "match for: $3
in: $2"
	else
		pass "$1"
	fi
}

# skip() NAME REASON - one check; skip_all() REASON - the whole test, which must not have printed anything yet
skip()
{
	_n=$((_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$_n" "$1" "$2"
}

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

# bail_out() - the test itself cannot go on (not: a check failed)
bail_out()
{
	echo "Bail out! $*"
	exit 99
}

done_testing()
{
	[ -n "$_plan" ] || plan "$_n"
	[ "$_failed" -eq 0 ] || exit 1
	exit 0
}

# ---- cleaning up ----------------------------------------------------------------------------------------------------
# quote() - the arguments as words for the shell
quote()
{
	for _a; do
		printf "'%s' " "$(printf '%s.' "$_a" | sed "s/'/'\\\\''/g" | sed '$s/\.$//')"
	done
}

_cleanup=''
# cleanup_fn() COMMAND... - run when the test ends, however it ends; the last one registered goes first
cleanup_fn()
{
	_cleanup="$(quote "$@")
$_cleanup"
}

_run_cleanup()
{
	_status=$?
	trap - EXIT
	trap '' INT TERM HUP PIPE
	eval "$_cleanup"
	exit $_status
}
trap _run_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# The harness was killed: nobody reads what we print any more.
trap 'exit 141' PIPE

tmp=$(mktemp -d "${TMPDIR:-/tmp}/avicd-test.XXXXXX") || bail_out "no temporary folder"
cleanup_fn rm -rf "$tmp"
# kill_wait() PID [SIGNAL] - end a process started here and wait until it is gone; SIGKILL after 10 s
kill_wait()
{
	kill -s "${2:-TERM}" "$1" 2>/dev/null || return 0
	kill -s CONT "$1" 2>/dev/null
	wait_for 10 _gone "$1" || kill -s KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

_gone()
{
	case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) in
	'' | Z | X) return 0 ;;
	esac
	return 1
}

# ---- waiting --------------------------------------------------------------------------------------------------------
# wait_for() SECONDS COMMAND... - until the command passes, asking every 20 ms at first, then every 100 ms. Under valgrind and on a
# busy machine everything takes longer: $TEST_SLOWNESS multiplies the time.
wait_for()
{
	_end=$(($(_now_ms) + $1 * 1000 * ${TEST_SLOWNESS:-1}))
	_step=0.02 _tries=0
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(_now_ms)" -lt $_end ] || return 1
		[ $((_tries += 1)) -lt 25 ] || _step=0.1
		sleep $_step
	done
}

_now_ms()
{
	sed 's/ .*//; s/\.\(.\).*/\100/; s/\.//' /proc/uptime
}

# file_has() FILE ERE - for wait_for
file_has()
{
	grep -Eq -e "$2" "$1" 2>/dev/null
}
