# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034
# The node, the guest and the words that the tests of cold-reboot share. Sourced after tests/functions.sh.
. "$top_srcdir/tests/host/libvirt.sh"
if why=$(node_missing); then
	skip_all "$why"
fi
requires_program socat jq as ld
cleanup_fn node_stop_all
node_start a || bail_out "no private libvirtd"
. "$top_srcdir/tests/host/jobguest.sh"

guest_define g
if ! guest_start g; then
	guest_type=qemu
	node_virsh a destroy g
	node_virsh a undefine g
	guest_define g
	guest_start g || bail_out "no guest runs here"
fi

pid() { node_guest_pid a g; }
result() { job_get "$1" '.result + " " + .why'; }
on_reboot() { node_virsh a dumpxml g | sed -n 's,.*<on_reboot>\(.*\)</on_reboot>.*,\1,p'; }
is_off() { guest_is g 'shut off'; }
is_new() { guest_is g running && [ "$(pid)" != "$old" ]; }
# arm() ID [JQ] - until libvirt is told
arm()
{
	# what is said to one that still boots is lost
	guest_beat g >/dev/null || fail "$1: the guest answers"
	old=$(pid)
	job_write "$1" cold-reboot g "${2:-.}"
	job_begin "$1"
	wait_for 20 armed "$1" || fail "$1 is armed" "$(tail -n 5 "$job_log")"
}
armed() { job_is "$1" .phase armed && [ "$(on_reboot)" = destroy ]; }
# stays_off() NAME - and not only for a moment
stays_off()
{
	sleep 3
	ok "$1: it stays off" is_off
	guest_start g || bail_out "it cannot be started by hand"
}
ended() { is "$1: exit status" $job_status "$2"; like "$1: why" "$(result "$3")" "$4"; }
