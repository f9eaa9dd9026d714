# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# tests/host/fake-systemd on the private bus: units are programs in $tmp/units. Sourced after tests/functions.sh; start_bus comes first.

# start_systemd() - $systemd_log has "start UNIT", "stop UNIT", "end UNIT STATUS"
start_systemd()
{
	systemd_log=$tmp/systemd.log
	mkdir -p "$tmp/units"
	"$top_builddir/tests/host/fake-systemd" "$tmp/units" >"$systemd_log" 2>&1 &
	cleanup_fn kill_wait $!
	wait_for 10 busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" status org.freedesktop.systemd1
}

# unit() NAME - a unit NAME@.service: the script on stdin
unit()
{
	cat >"$tmp/units/$1.new"
	chmod 755 "$tmp/units/$1.new"
	mv "$tmp/units/$1.new" "$tmp/units/$1"
}
