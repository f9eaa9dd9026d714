# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What scenarios share, inside the VM: avicd under its own unit, VMs, what avicd says, and the agreement with an independent recording.
# Sourced first by each scenario; README.md beside run says how to write one.

. /lab/basics.sh
# jq 1.6 takes most of a second here before it reads anything
! command -v gojq >/dev/null || jq() { gojq "$@"; }
: "${LAB_OUT:=/out}"
TEST_SLOWNESS=${TEST_SLOWNESS:-3} # no KVM below us: everything takes longer
cursor=$tmp/cursor
journalctl -n 1 -o export 2>/dev/null | sed -n 's/^__CURSOR=//p' >"$cursor"
case $(uname -r) in
6.1.*) lab_kernel=6.1 ;;
*) lab_kernel=$(uname -r | cut -d. -f1,2) ;;
esac
# which kernel the host has asked for: on 6.1-bugs a kvm.ko without the bugs would let everything pass
bugs=/sys/module/kvm/parameters/lab_bugs
! grep -q 'lab\.kernel=6\.1-bugs' /proc/cmdline || [ -w "$bugs" ] || bail_out "kvm.ko is not the one with the bugs"
cleanup_fn _keep_journal

# ---- avicd ----------------------------------------------------------------------------------------------------------
# avicd_conf() LINE... - what avicd.conf says, section [avicd]; before avicd_start. Short times: a scenario has no minute for `stuck`.
avicd_conf()
{
	mkdir -p /etc/avicd
	{
		echo '[avicd]'
		printf '%s\n' 'settle = 2s' 'stuck_after = 3s' "$@"
	} >/etc/avicd/avicd.conf
}

# avicd_start(), avicd_stop(), avicd_restart() - the unit; started means READY=1 and on the bus
avicd_start()
{
	[ -e /etc/avicd/avicd.conf ] || avicd_conf
	systemctl reset-failed avicd.service 2>/dev/null
	systemctl start avicd.service || { systemctl status --no-pager -l avicd.service; return 1; }
}
avicd_stop() { systemctl stop avicd.service; }
avicd_restart() { systemctl reset-failed avicd.service; systemctl restart avicd.service; }
avicd_pid() { systemctl show -P MainPID avicd.service; }

# journal() [JQ] - avicd's own messages since the scenario began, one a line; with JQ that of each entry as JSON
journal()
{
	# without a filter: with one, journalctl 252 leaves out the first entry behind a cursor
	journalctl --after-cursor="$(cat "$cursor")" -o json --no-pager 2>/dev/null |
		jq -r "select(._COMM == \"avicd\") | ${1:-.MESSAGE}" 2>/dev/null
}

_keep_journal() { journal >"$LAB_OUT/journal"; }

# said() ERE - for wait_for; said_event() EVENT [PID] [MATCH] - an entry with AVICD_EVENT=EVENT [about that VM] [and that jq condition]
said() { journal | grep -Eq -e "$1"; }
said_event()
{
	# a journal on an emulated CPU is a moment behind
	for _ in 1 2 3; do
		[ -z "$(journal "select(.AVICD_EVENT == \"$1\"${2:+ and .AVICD_PID == \"$2\"}${3:+ and ($3)}) | .MESSAGE")" ] || return 0
		sleep 0.5
	done
	return 1
}

# manager() PROPERTY - of org.avicd1.Manager, without its type
manager()
{
	busctl get-property org.avicd1 /org/avicd1 org.avicd1.Manager "$1" | sed 's/^[a-z]* //; s/^"//; s/"$//'
}

# field() VM JQ, field_is() VM JQ VALUE - what avicd says of a VM (process id or name); is_now() NAME VM JQ VALUE - a check that waits for it
field() { avicctl --json=short show "$1" 2>/dev/null | jq -r "$2"; }
field_is() { [ "$(field "$1" "$2")" = "$3" ]; }
is_now()
{
	if wait_for "${5:-15}" field_is "$2" "$3" "$4"; then
		pass "$1"
	else
		fail "$1" "VM $2: $3 is '$(field "$2" "$3")', not '$4'
$(avicctl show "$2" 2>&1)
$(journal | tail -n 8)"
	fi
}

# $verdict - for is_now: condition, mask, and of each reason that is set its class and cause: "stuck 0x10 APIC_ID_MODIFIED sticky guest"
verdict='"\(.condition) \(.mask_hex)" + ([.reasons[] | select(.set) | " \(.name) \(.class) \(.cause // "-")"] | join(","))'

# probed() - the running avicd probes the kernel: "reboot fixed, disabled vulnerable, large-id unprovable"
probed()
{
	avicctl --json=short fix probe >"$tmp/probed"
	jq -r '.probe | "reboot \(.reboot.result), disabled \(.disabled.result), large-id \(."large-id".result)"' <"$tmp/probed"
}

# with_x2avic() - the helper module tells kvm_amd that the CPU has x2AVIC. Before anything holds kvm; restore.sh has the way back.
with_x2avic()
{
	modprobe -r kvm_amd && modprobe -r kvm && modprobe lab_x2avic && modprobe kvm_amd && [ "$(cat /sys/module/kvm_amd/parameters/avic)" = Y ]
}

# ---- VMs ------------------------------------------------------------------------------------------------------------
# vmm_start() NAME VERB... - vmm --help has the verbs; when it returns they are done. $vmm_pid is its process. $vmm_as: the process id that it shall have
vmm_start()
{
	_vmm=$tmp/vmm-$1
	mkfifo "$_vmm.in"
	shift
	[ -z "${vmm_as:-}" ] || echo $((vmm_as - 1)) >/proc/sys/kernel/ns_last_pid # and nobody else makes a process before the next line
	vmm "$@" done <"$_vmm.in" >"$_vmm.out" 2>&1 &
	vmm_pid=$!
	echo "$vmm_pid" >"$_vmm.pid"
	cleanup_fn kill_wait $vmm_pid KILL
	# The end for writing stays open as long as the scenario runs: the VMM ends when it is closed.
	( exec >"$_vmm.in"; exec sleep 1000 ) 2>/dev/null &
	cleanup_fn kill_wait $! KILL
	wait_for 20 _vmm_did "$_vmm" done || { diag "$(cat "$_vmm.out")"; return 1; }
	# a VM that has not run yet is not rebooted by a reset
	case " $* " in *' run '*) wait_for 20 _vmm_ran "$vmm_pid" || { diag "the guest of $vmm_pid does not run"; return 1; } ;; esac
}
_vmm_ran()
{
	for _task in "/proc/$1"/task/*; do
		[ "$(cat "$_task/comm")" != 'CPU 0/KVM' ] || [ "$(cut -d' ' -f1 "$_task/schedstat")" -le 30000000 ] || return 0
	done
	return 1
}

# vmm_do() NAME VERB... - more verbs for that one; fails when one does
vmm_do()
{
	_vmm=$tmp/vmm-$1
	shift
	: >"$_vmm.out"
	printf '%s\n' "$@" done >"$_vmm.in"
	wait_for 20 _vmm_did "$_vmm" done || { diag "$(cat "$_vmm.out")"; return 1; }
}
_vmm_did() { grep -q "^ok $2\$" "$1.out" || return 1; ! grep '^error' "$1.out"; }
vmm_said() { cat "$tmp/vmm-$1.out"; }

# ---- agreement ------------------------------------------------------------------------------------------------------
# An independent recording of all events goes along with each scenario, from lab_begin to done_testing. record_stop() ends it and compares: what
# avicd says of each VM that lives, what `avicctl analyze` says of the recording, and a reading of the masks that knows nothing but them.
# record_start() - once more, in a scenario that has to stop in between (kvm.ko is unloaded)
_recordings=0
record_start()
{
	_recordings=$((_recordings + 1))
	recording=$LAB_OUT/trace-$_recordings
	# its own instance: neither ours nor the top one's settings are touched; mono: the clock that avicd's times are of.
	# The names of all functions of the kernel, which it would put into the file, take each reader seconds here.
	unshare --mount sh -c 'mount --bind /dev/null /proc/kallsyms && exec trace-cmd record "$@"' sh -q -B lab -C mono \
		-e kvm:kvm_apicv_inhibit_changed -e kvm:kvm_write_tsc_offset -o "$recording.dat" >"$recording.log" 2>&1 </dev/null &
	_recorder=$!
	cleanup_fn kill_wait $_recorder
	# in this order: then it records
	wait_for 20 grep -qs 1 /sys/kernel/tracing/instances/lab/events/kvm/kvm_apicv_inhibit_changed/enable &&
		wait_for 20 grep -qs 1 /sys/kernel/tracing/instances/lab/tracing_on || bail_out "trace-cmd does not record: $(cat "$recording.log")"
}

record_stop()
{
	[ -n "${_recorder:-}" ] || return 0
	# what lives, and whose thread is whose: a record knows only the thread
	ps -eLo tid=,pid= >"$recording.threads"
	# an answer may be a tenth of a second old
	awk '{ print $1 - 0.5 }' /proc/uptime >"$recording.before"
	systemctl show -P ActiveEnterTimestampMonotonic avicd.service | awk '{ print $1 / 1e6 }' >"$recording.since"
	avicctl --json=short list >"$recording.live" || return
	cut -d' ' -f1 /proc/uptime >"$recording.after"
	kill -INT $_recorder
	wait_for 20 _gone $_recorder || kill -KILL $_recorder
	wait $_recorder 2>/dev/null
	_recorder=''
	sh /lab/lab/guest/agree.sh "$recording" "$lab_kernel"
}

# agrees() NAME - a check: record_stop, and what was compared
agrees()
{
	if record_stop >"$tmp/.agree" 2>&1; then
		pass "$1"
		diag "$(tail -n 1 "$tmp/.agree")"
	else
		fail "$1" "$(cat "$tmp/.agree")"
	fi
}

# power_cut() PART - what is not on the disk now is lost. After the boot the scenario is run again, with $part set to that; it begins with part 1.
# Results are numbered on.
power_cut()
{
	echo "$LAB_BEGUN $1 $_n $_failed" >/out/resume
	echo b >/proc/sysrq-trigger
	sleep 60
	bail_out "the machine is still there"
}
part=1
[ -z "${LAB_RESUME:-}" ] || read -r part _n _failed <<END
$LAB_RESUME
END

# lab_begin() [LINE...] - the usual start: a recording, avicd with these lines in avicd.conf
lab_begin()
{
	record_start
	avicd_conf "$@"
	ok "avicd starts" avicd_start
}

# The last thing that a scenario calls.
lab_done()
{
	if [ -n "${_recorder:-}" ]; then
		agrees "what avicd said agrees with a recording of all events"
	fi
	done_testing
}
