# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What shell tests share: TAP, requirements, cleaning up, waiting, a private bus and a private avicd. Sourced by tests/*/*.test:
#
#	. "${top_srcdir:=.}/tests/functions.sh"
#	requires_root; requires_kvm
#	start_bus; avicd_conf 'libvirt_uri = none'; start_avicd
#	is "no VM yet" "$(avicctl --json list | jq length)" 0
#	done_testing
#
# A test may be run by hand from the build tree: tests/host/tracefs.test. It works in $tmp, which goes away with it.
# README.md beside this file lists every helper.

set -u
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$(pwd)}"
export top_srcdir top_builddir
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
# After the processes ended, before the folder goes: what a sanitizer or valgrind said about avicd fails the test.
cleanup_fn _check_findings

_check_findings()
{
	_findings=$(grep -hE -A 25 -e '(Address|Leak)Sanitizer|runtime error:|^==[0-9]+== ' "$tmp/avicd.log" 2>/dev/null)
	[ -n "$_findings" ] || return 0
	diag "$_findings"
	[ $_status -ne 0 ] || _status=98
}

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

# ---- requirements ---------------------------------------------------------------------------------------------------
requires_root()
{
	[ "$(id -u)" = 0 ] || skip_all "needs root"
}

requires_program()
{
	for _p; do
		command -v "$_p" >/dev/null 2>&1 || skip_all "needs the program $_p"
	done
}

requires_kvm()
{
	[ -e /dev/kvm ] || skip_all "no /dev/kvm: no hardware virtualization here"
	{ [ -r /dev/kvm ] && [ -w /dev/kvm ]; } || skip_all "no right to use /dev/kvm"
}

# with_tracefs() - to be called first: where the host has not mounted tracefs, the test goes on in a mount namespace that has.
with_tracefs()
{
	requires_root
	[ ! -d /sys/kernel/tracing/events ] || return 0
	[ -z "${AVICD_TEST_NAMESPACE:-}" ] || skip_all "tracefs cannot be mounted: a kernel without it, or no right"
	[ -d /sys/kernel/tracing ] || skip_all "the kernel has no tracefs"
	rm -rf "$tmp"
	# shellcheck disable=SC2016 # for the inner shell
	AVICD_TEST_NAMESPACE=1 exec unshare --mount --propagation private \
		sh -c 'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec "$0"' "$0"
}

# requires_event() - the tracepoint; calls with_tracefs()
requires_event()
{
	with_tracefs
	[ -e /sys/kernel/tracing/events/kvm/kvm_apicv_inhibit_changed/format ] ||
		skip_all "no tracepoint kvm_apicv_inhibit_changed: kvm is not loaded, or a kernel before 5.18"
}

requires_bpf()
{
	requires_root
	[ -e /sys/kernel/btf/vmlinux ] || skip_all "the kernel has no BTF"
	PATH=$PATH:/usr/sbin:/sbin command -v bpftool >/dev/null || skip_all "needs the program bpftool"
	PATH=$PATH:/usr/sbin:/sbin bpftool map list >/dev/null 2>&1 || skip_all "the bpf system call is not allowed here"
}

# requires_tracefs() - an instance of our own can be made; calls with_tracefs()
requires_tracefs()
{
	with_tracefs
	_i=/sys/kernel/tracing/instances/avicd-test-$$
	mkdir "$_i" 2>/dev/null || skip_all "no tracefs, or it is read-only"
	rmdir "$_i"
}

# ---- a private system bus -------------------------------------------------------------------------------------------
# start_bus() [POLICY] - a dbus-daemon of our own as the system bus; without POLICY everybody may do everything, with it that file
# (conf/org.avicd1.conf) decides, as on a real system bus.
start_bus()
{
	requires_program dbus-daemon
	if [ $# -gt 0 ]; then
		_rules="<policy context='default'><allow user='*'/><deny own='*'/><deny send_type='method_call'/>
<allow send_type='signal'/><allow send_requested_reply='true' send_type='method_return'/>
<allow send_requested_reply='true' send_type='error'/><allow receive_type='method_call'/>
<allow receive_type='method_return'/><allow receive_type='error'/><allow receive_type='signal'/>
<allow send_destination='org.freedesktop.DBus' send_interface='org.freedesktop.DBus'/>
<allow send_destination='org.freedesktop.DBus' send_interface='org.freedesktop.DBus.Properties'/></policy>
<include>$1</include>"
	else
		_rules="<policy context='default'><allow user='*'/><allow own='*'/><allow send_destination='*' eavesdrop='true'/>
<allow eavesdrop='true'/></policy>"
	fi
	cat >"$tmp/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig><type>system</type><listen>unix:path=$tmp/bus</listen><auth>EXTERNAL</auth>
	$_rules
	</busconfig>
	END
	rm -f "$tmp/bus"
	dbus-daemon --config-file="$tmp/bus.conf" --nofork --nopidfile --nosyslog --print-address=3 \
		3>"$tmp/bus.address" 2>"$tmp/bus.log" &
	BUS_PID=$!
	cleanup_fn kill_wait $BUS_PID
	wait_for 10 test -s "$tmp/bus.address" || bail_out "dbus-daemon does not start: $(cat "$tmp/bus.log")"
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/bus
	export DBUS_SYSTEM_BUS_ADDRESS BUS_PID
}

# stop_bus() - as if the bus crashed
stop_bus()
{
	kill_wait "$BUS_PID" KILL
}

# bus_call() OBJECT INTERFACE.METHOD [SIGNATURE ARGUMENT...] - to avicd; prints the answer as busctl does
bus_call()
{
	_object=$1 _interface=${2%.*} _method=${2##*.}
	shift 2
	busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" call org.avicd1 "$_object" "$_interface" "$_method" "$@"
}

# bus_get() OBJECT INTERFACE PROPERTY
bus_get()
{
	busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" get-property org.avicd1 "$@"
}

# ---- a private avicd ------------------------------------------------------------------------------------------------
# Its folders are below $tmp; the bus is the private one, or none. Nothing of an avicd that the host may run is touched.
RUNTIME_DIRECTORY=$tmp/run
STATE_DIRECTORY=$tmp/state
CONFIGURATION_DIRECTORY=$tmp/etc
DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/no-bus
export RUNTIME_DIRECTORY STATE_DIRECTORY CONFIGURATION_DIRECTORY DBUS_SYSTEM_BUS_ADDRESS
mkdir "$tmp/run" "$tmp/state" "$tmp/etc"
avicd_log=$tmp/avicd.log
unset JOURNAL_STREAM NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID

# avicd_conf() LINE... - what avicd.conf says, section [avicd]
avicd_conf()
{
	{
		echo '[avicd]'
		printf '%s\n' "$@"
	} >"$CONFIGURATION_DIRECTORY/avicd.conf"
}

# start_avicd() [ARGUMENT...] - and wait until it is ready (state.json is new; on a private bus also: the name is taken).
# $AVICD_PID is its process, $avicd_log what it said. $AVICD_WRAPPER: valgrind.
start_avicd()
{
	_state=$RUNTIME_DIRECTORY/state.json
	rm -f "$_state"
	# shellcheck disable=SC2086 # a command and its arguments
	AVICD_LOG_TARGET=${AVICD_TEST_LOG_TARGET:-console} ${AVICD_WRAPPER:-} "$top_builddir/avicd" "$@" >>"$avicd_log" 2>&1 &
	AVICD_PID=$!
	export AVICD_PID
	cleanup_fn kill_wait $AVICD_PID
	if ! wait_for 20 _avicd_ready; then
		diag "$(tail -n 40 "$avicd_log")"
		return 1
	fi
}

_avicd_ready()
{
	_gone "$AVICD_PID" && return 0
	[ -s "$_state" ] || return 1
	[ ! -S "${DBUS_SYSTEM_BUS_ADDRESS#unix:path=}" ] ||
		busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" status org.avicd1
}

# stop_avicd() [SIGNAL] - end it and wait; its exit status is the result
stop_avicd()
{
	kill -s "${1:-TERM}" "$AVICD_PID"
	wait_for 10 _gone "$AVICD_PID" || kill -s KILL "$AVICD_PID"
	wait "$AVICD_PID"
}

# avicd_said() ERE - for wait_for
avicd_said()
{
	file_has "$avicd_log" "$1"
}

avicctl()
{
	# shellcheck disable=SC2086 # a command and its arguments
	${AVICD_WRAPPER:-} "$top_builddir/avicctl" "$@"
}
