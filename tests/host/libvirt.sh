# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Private libvirt daemons for tests and for the tour. To be sourced; needs nothing else.
#
#	if why=$(node_missing); then skip_all "$why"; fi
#	node_start a                       # a libvirtd of our own; returns when it answers
#	node_domain_xml big kvm >big.xml   # a tiny guest: q35, SeaBIOS, no device
#	node_virsh a create big.xml
#	avicd … $(node_uri a)
#	node_stop_all                      # guests, daemons, folders: nothing is left
#
# A node is a libvirtd in mount, UTS and network namespaces of its own. Everything that it would keep in /etc, /run,
# /var is in a folder of ours, so it neither sees the host's libvirt nor leaves a trace there; process ids are the
# host's. The namespaces outlive the daemon (node_kill, node_resume), because a process that does nothing holds them;
# and whatever is found in them at the end is ours to kill.
#
# $NODE_BASE/NAME, below /tmp or $NODE_HOME: etc/ (hooks in etc/hooks/qemu.d), run/ (pid files in run/qemu), lib/, log/ (log/daemon), cache/.

NODE_BASE=''
case :$PATH: in
*:/usr/sbin:*) ;;
*) PATH=$PATH:/usr/sbin:/sbin ;;
esac

# node_missing() - passes when no node can be made here, and prints why
node_missing()
{
	if [ "$(id -u)" != 0 ]; then
		echo "needs root"
	elif ! command -v libvirtd >/dev/null; then
		echo "no libvirtd"
	elif ! command -v virsh >/dev/null; then
		echo "no virsh"
	elif ! command -v qemu-system-x86_64 >/dev/null; then
		echo "no qemu-system-x86_64"
	elif [ ! -d /etc/libvirt ]; then
		echo "libvirt is not completely installed"
	elif ! unshare --mount --uts --net true 2>/dev/null; then
		echo "no right to make namespaces"
	else
		return 1
	fi
	return 0
}

# node_uri() NAME - of its read-write socket
node_uri()
{
	echo "qemu+unix:///system?socket=$NODE_BASE/$1/run/libvirt-sock"
}

# node_pid() NAME - process id of its libvirtd
node_pid()
{
	cat "$NODE_BASE/$1/daemon.pid"
}

# node_virsh() NAME COMMAND...
node_virsh()
{
	_node_virsh=$1
	shift
	virsh -q -c "$(node_uri "$_node_virsh")" "$@"
}

# node_guest_pid() NAME DOMAIN - process id of its QEMU
node_guest_pid()
{
	cat "$NODE_BASE/$1/run/qemu/$2.pid"
}

# node_start() NAME - 0 when it answers; else says why on stderr
node_start()
{
	if [ -z "$NODE_BASE" ]; then
		# short: the path of a socket may have 107 characters
		NODE_BASE=$(mktemp -d "${NODE_HOME:-/tmp}/avicd-node.XXXXXX") || return
		chmod 755 "$NODE_BASE"
	fi
	_node=$NODE_BASE/$1
	mkdir -p "$_node/etc/hooks/qemu.d" "$_node/etc/qemu" || return
	mkdir "$_node/run" "$_node/lib" "$_node/log" "$_node/cache" || return
	# two daemons with one host UUID would refuse to migrate between each other
	cat >"$_node/etc/libvirtd.conf" <<-END
	host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
	auth_unix_rw = "none"
	auth_unix_ro = "none"
	unix_sock_group = "root"
	log_outputs = "2:stderr"
	END
	cat >"$_node/etc/qemu.conf" <<-END
	security_driver = "none"
	user = "root"
	group = "root"
	dynamic_ownership = 0
	remember_owner = 0
	cgroup_controllers = [ ]
	namespaces = [ ]
	stdio_handler = "file"
	END
	# A /run of its own also hides the host's D-Bus and machined, where guests of two nodes would meet.
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --uts --net --propagation private sh -ec '
		mount -t tmpfs -o mode=755 node /run
		mkdir /run/libvirt
		# The folders belong to a package that would start libvirtd on the host. Nothing else below /var matters here.
		for d in /var/lib /var/log /var/cache; do
			[ -d "$d/libvirt" ] || { mount -t tmpfs -o mode=755 node "$d" && mkdir "$d/libvirt"; }
		done
		hostname "$1.avicd.test"
		# libvirtd wants the user of its build to exist, whatever qemu.conf says, and on Debian that comes with the package of its service.
		if [ -e /etc/debian_version ] && ! getent passwd libvirt-qemu >/dev/null; then
			{ cat /etc/passwd && echo "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin"; } >"$2/passwd"
			{ cat /etc/group && echo "libvirt-qemu:x:64055:"; } >"$2/group"
			mount --bind "$2/passwd" /etc/passwd
			mount --bind "$2/group" /etc/group
		fi
		mount --bind "$2/etc" /etc/libvirt
		mount --bind "$2/run" /run/libvirt
		mount --bind "$2/lib" /var/lib/libvirt
		mount --bind "$2/log" /var/log/libvirt
		mount --bind "$2/cache" /var/cache/libvirt
		: >"$2/held"
		exec sleep infinity' node "$1" "$_node" </dev/null >"$_node/log/holder" 2>&1 &
	echo $! >"$_node/holder.pid"
	_node_wait 10 $! test -e "$_node/held" || {
		echo "node $1: no namespace: $(cat "$_node/log/holder")" >&2
		return 1
	}
	node_resume "$1"
}

# node_resume() NAME - start its libvirtd, again after node_kill(); the guests of before are still there
node_resume()
{
	_node=$NODE_BASE/$1
	# a socket that nobody answers any more would look like a daemon that is up
	rm -f "$_node/run/libvirt-sock" "$_node/run/libvirtd.pid"
	nsenter --target "$(cat "$_node/holder.pid")" --mount --uts --net \
		libvirtd -p /run/libvirt/libvirtd.pid </dev/null >>"$_node/log/daemon" 2>&1 &
	echo $! >"$_node/daemon.pid"
	# its first answer comes after it has asked QEMU for everything that it can do
	_node_wait 60 $! timeout 60 virsh -q -c "$(node_uri "$1")" list || {
		echo "node $1: libvirtd does not answer: $(tail -n 5 "$_node/log/daemon")" >&2
		return 1
	}
}

# node_kill() NAME SIGNAL - to its libvirtd. After TERM and KILL: waits for its end.
node_kill()
{
	_node_pid=$(node_pid "$1")
	kill -s "$2" "$_node_pid" || return
	case $2 in
	TERM | KILL) wait "$_node_pid" 2>/dev/null || : ;;
	esac
}

# node_stop() NAME - kill what is left in its namespaces: guests, the daemon and at last the holder, and remove its
# folder
node_stop()
{
	_node=$NODE_BASE/$1
	_node_holder=$(cat "$_node/holder.pid" 2>/dev/null) || return 0
	_node_ns=$(readlink "/proc/$_node_holder/ns/mnt") || _node_ns=''
	# As long as the holder lives, the number of the namespace is nobody else's.
	if [ -n "$_node_ns" ] && [ "$_node_ns" != "$(readlink /proc/self/ns/mnt)" ]; then
		_node_tries=0
		while _node_kill_others && [ $((_node_tries += 1)) -lt 200 ]; do
			sleep 0.05
		done
	fi
	# fails for what has ended already, or was started by another shell: both are fine, also under `set -e`
	kill -s KILL "$_node_holder" 2>/dev/null || :
	wait "$_node_holder" 2>/dev/null || :
	[ ! -e "$_node/daemon.pid" ] || wait "$(cat "$_node/daemon.pid")" 2>/dev/null || :
	rm -rf "$_node"
}

# Kills all in the namespace but the holder; fails when there was none. A zombie has no namespace.
_node_kill_others()
{
	_node_found=1
	for _node_proc in /proc/[0-9]*; do
		[ "$(readlink "$_node_proc/ns/mnt" 2>/dev/null)" = "$_node_ns" ] || continue
		[ "${_node_proc#/proc/}" != "$_node_holder" ] || continue
		kill -s KILL "${_node_proc#/proc/}" 2>/dev/null
		_node_found=0
	done
	return $_node_found
}

# node_stop_all() - every node, and the folder
node_stop_all()
{
	[ -n "$NODE_BASE" ] || return 0
	for _node_dir in "$NODE_BASE"/*/; do
		[ ! -d "$_node_dir" ] || node_stop "$(basename "$_node_dir")"
	done
	rm -rf "$NODE_BASE"
	NODE_BASE=''
}

# node_domain_xml() NAME TYPE [XML] - a guest that runs its firmware and nothing else. TYPE: kvm or qemu. XML: more
# children of <domain>. A plain CPU model and no SMM, because nested and partial virtualization have trouble with
# both.
node_domain_xml()
{
	cat <<-END
	<domain type='$2'>
	  <name>$1</name>
	  <memory unit='MiB'>32</memory>
	  <vcpu>1</vcpu>
	  <os><type arch='x86_64' machine='q35'>hvm</type></os>
	  <features><acpi/><apic/><smm state='off'/></features>
	  $([ "$2" != kvm ] || echo "<cpu mode='custom' match='exact'><model fallback='forbid'>kvm64</model></cpu>")
	  ${3:-}
	  <devices>
	    <emulator>$(command -v qemu-system-x86_64)</emulator>
	    <controller type='usb' model='none'/>
	    <memballoon model='none'/>
	  </devices>
	</domain>
	END
}

# _node_wait() SECONDS PID COMMAND... - until it passes, as long as PID lives
_node_wait()
{
	_node_tries=$(($1 * 20)) _node_alive=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $((_node_tries -= 1)) -gt 0 ] || return 1
		# the link of a process that ended is gone, even before somebody has waited for it
		readlink "/proc/$_node_alive/exe" >/dev/null || return 1
		sleep 0.05
	done
}
