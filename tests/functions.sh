# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What shell tests share beyond basics.sh: requirements, a private bus and a private avicd. Sourced by tests/*/*.test:
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
# avicd-probe, which is not installed yet
AVICD_LIBEXECDIR=$top_builddir
export top_srcdir top_builddir AVICD_LIBEXECDIR
. "$top_srcdir/tests/basics.sh"

# After the processes ended, before the folder goes: what a sanitizer or valgrind said about avicd fails the test.
cleanup_fn _check_findings

_check_findings()
{
	_findings=$(grep -hE -A 25 -e '(Address|Leak)Sanitizer|runtime error:|^==[0-9]+== ' "$tmp/avicd.log" 2>/dev/null)
	[ -n "$_findings" ] || return 0
	diag "$_findings"
	[ $_status -ne 0 ] || _status=98
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
