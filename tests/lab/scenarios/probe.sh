# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1 6.1-bugs 6.12
# shows: the probe proves exactly the bugs that the kernel has, under avicd's unit, by both trace sources and without avicd; its VMs are nobody's
. /lab/lab/guest/functions.sh

# event() - the last line about a probe; events() - how many there are
event() { journal 'select(.AVICD_EVENT == "probed") | .MESSAGE' | tail -n 1; }
events() { journal 'select(.AVICD_EVENT == "probed") | .MESSAGE' | wc -l; }
no_process() { ! pgrep -x avicd-probe >/dev/null; }
host_json_says() { [ "$(jq -r "$1" /run/avicd/host.json)" = "$2" ]; }
# check() NAME RESULTS STATUS - `avicctl fix probe` has these results, for reboot, disabled, large-id, and this exit status; $took ms
check()
{
	_begin=$(date +%s%N)
	avicctl --json=short fix probe >"$tmp/probed"
	_status=$?
	took=$((($(date +%s%N) - _begin) / 1000000))
	is "$1" "$(jq -r '.probe | [.reboot.result, .disabled.result, ."large-id".result] | join(" ")' <"$tmp/probed")" "$2"
	is "$1: exit status" $_status "$3"
}

case $lab_kernel in
6.1) ok "kvm_amd with x2AVIC" with_x2avic; stock='fixed fixed fixed' ;;
*) stock='fixed fixed unprovable' ;; # 6.12 has no such helper module: no id above 254
esac
lab_begin
ok "avicd probes at its start" wait_for 30 host_json_says .probe.reboot.result fixed
ok "and says so" said_event probed
like "the kernel has none of the bugs" "$(event)" '^kernel probed; it does not have the reboot bug, the bug of disabled APICs'
unlike "nor is that a warning" "$(event)" 'remedy|it has'
ok "health is ok" wait_for 10 host_json_says .health ok
check "the kernel as Debian ships it" "$stock" 0
diag "three bugs in $took ms on an emulated CPU, with starting avicctl"
avicctl fix deploy >"$tmp/fix"
is "fix deploy: there is nothing to do" "$? $(cat "$tmp/fix")" "10 none: the probe finds no bug in this kernel"
[ "$lab_kernel" = 6.1 ] ||
	is "why the last one cannot be proved" "$(jq -r '.probe."large-id".why' <"$tmp/probed")" \
		'AVIC of this host takes no vCPU id above 254, so no VM can meet it'

if [ -w "$bugs" ]; then
	echo 1 >"$bugs"
	check "the reboot bug alone" 'vulnerable fixed fixed' 3
	ok "told as a warning" wait_for 5 said_event probed '' '.PRIORITY == "4"'
	like "with what it does, and the remedy" "$(event)" \
		'; it has the reboot bug \(a guest that reboots .* ends\); it does not have .*; version 6\.1\.[0-9]+ suggests: .*; remedy: livepatch the host'
	is "the host is exposed" "$(manager Health)" exposed
	like "because" "$(manager HealthWhy)" '^the kernel has the reboot bug and no patch'
	avicctl status >"$tmp/status"
	is "which is something to attend to" $? 3
	ok "host.json has it" wait_for 10 host_json_says .probe.reboot.result vulnerable
	n=$(events)
	check "once more" 'vulnerable fixed fixed' 3
	is "is no news" "$(events)" "$n"
	echo 2 >"$bugs"
	check "the bug of disabled APICs alone" 'fixed vulnerable fixed' 3
	echo 4 >"$bugs"
	check "the bug of large ids alone" 'fixed fixed vulnerable' 3
	echo 7 >"$bugs"
	check "a kernel before 6.1.4" 'vulnerable vulnerable vulnerable' 3
	echo 3 >"$bugs"
	check "the first two" 'vulnerable vulnerable fixed' 3
	echo 0 >"$bugs"
	check "none again" "$stock" 0
	is "the host is not exposed any more" "$(manager Health)" ok
fi
is "the probe's VMs are no VMs of the host" "$(manager VMs)" 0
is "nor told of" "$(journal | grep -cE '^VM |avicd-probe')" 0
ok "no process is left" no_process

# the other source
ok "avicd ends" avicd_stop
avicd_conf 'trace_source = tracefs'
ok "avicd with tracefs" avicd_start
check "tracefs proves the same" "$stock" 0
if [ -w "$bugs" ]; then
	echo 5 >"$bugs"
	check "and bugs" 'vulnerable fixed vulnerable' 3
	echo 0 >"$bugs"
fi
is "tracefs: no VM of the host" "$(manager VMs)" 0
is "tracefs: not told of" "$(journal | grep -cE '^VM |avicd-probe')" 0

# nobody watches
ok "avicd ends" avicd_stop
check "without avicd" "$stock" 0
is "by avicctl" "$(jq -r .by <"$tmp/probed")" avicctl
if [ -w "$bugs" ]; then
	echo 2 >"$bugs"
	check "bugs without avicd" 'fixed vulnerable fixed' 3
	echo 0 >"$bugs"
fi
# without /dev/kvm the unit starts all the same
mv /dev/kvm /dev/kvm.away
ok "avicd starts without /dev/kvm" avicd_start
check "and proves nothing" 'unprovable unprovable unprovable' 4
like "because of that" "$(jq -r .probe.reboot.why <"$tmp/probed")" '/dev/kvm'
mv /dev/kvm.away /dev/kvm
avicd_conf
ok "avicd starts anew" avicd_restart
check "with it all is as before" "$stock" 0
ok "a VM beside the probe" vmm_start other create run
is_now "is active" "$vmm_pid" "$verdict" "active 0x0"
check "which a probe does not touch" "$stock" 0
is "the only VM" "$(manager VMs)" 1
is_now "active as before" "$vmm_pid" "$verdict" "active 0x0"
lab_done
