# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: systemctl enable --now avicd on a booted host: READY, watchdog, journal, host facts, confinement; no system call is refused
. /lab/lab/guest/functions.sh
unit() { systemctl show -P "$1" avicd.service; }
unit_is() { [ "$(unit "$1")" = "$2" ]; }
call() { busctl --system call org.avicd1 "$@"; }
unprivileged() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
# dropin() LINE... - instead of the last one, and a restart
dropin()
{
	mkdir -p /etc/systemd/system/avicd.service.d
	printf '%s\n' '[Service]' "$@" >/etc/systemd/system/avicd.service.d/lab.conf
	systemctl daemon-reload
	avicd_restart
}

record_start
avicd_conf
ok "systemctl enable --now avicd" systemctl enable --now avicd.service
is "it is active, which says that READY=1 came" "$(unit ActiveState)" active
is "and will be after a boot" "$(systemctl is-enabled avicd.service)" enabled
like "STATUS=" "$(unit StatusText)" '^Watching 0 VMs through bpf: 0 stuck, 0 configured; host health (ok|unknown)$'
ok "the trace source is told" wait_for 5 said_event trace-up
is "with its MESSAGE_ID" "$(journal 'select(.AVICD_EVENT == "trace-up") | .MESSAGE_ID' | sort -u)" 45d6a9deef6443a88a3db4ce48aa0700
journalctl --update-catalog # a package does it when it is installed
like "for which journalctl -x has a text" "$(journalctl -x -u avicd MESSAGE_ID=45d6a9deef6443a88a3db4ce48aa0700 --no-pager)" \
	'Subject: VMs are watched through bpf'
is "host.json: the kernel, and that it uses AVIC" "$(jq -r '"\(.kernel_release) \(.avic.effective)"' /run/avicd/host.json)" "$(uname -r) true"
is "its checks of the host come out under its confinement as those of avicctl host" \
	"$(jq -c '[.findings[] | "\(.id) \(.grade)"]' /run/avicd/host.json)" \
	"$(avicctl --json=short host | jq -c '[.findings[] | select(.grade != "PASS") | "\(.id) \(.grade)"]')"
ok "libvirt is there, by its socket" wait_for 20 said_event libvirt-up
level=$(systemd-analyze --no-pager security avicd.service | sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
ok "exposure $level is 1.5 at most" awk "BEGIN { exit !($level > 0 && $level <= 1.5) }"

# ---- watchdog ---------------------------------------------------------------------------------------------------------
ok "a watchdog of 2 s" dropin WatchdogSec=2s
# two periods with a sign of life: the last one is that far from the start
fed() { [ $(($(unit WatchdogTimestampMonotonic) - $(unit ActiveEnterTimestampMonotonic))) -gt 4000000 ]; }
ok "is fed" wait_for 10 fed
is "so nothing happens" "$(unit NRestarts)" 0
stopped=$(avicd_pid)
kill -STOP "$stopped"
ok "an avicd that hangs is started again" wait_for 15 unit_is NRestarts 1
ok "and is ready" wait_for 10 unit_is ActiveState active || diag "$(systemctl status --no-pager -l avicd.service; journalctl --no-pager -u avicd -n 30)"
ok "as another process" test "$(avicd_pid)" != "$stopped"
like "systemd says why" "$(journalctl -u avicd --after-cursor="$(cat "$cursor")" --no-pager)" 'Watchdog timeout \(limit 2s\)'

# ---- system calls -----------------------------------------------------------------------------------------------------
manager_is() { [ "$(manager "$1")" = "$2" ]; }
libvirt_is() { manager Libvirt | grep -q "$1"; }
# but set_mempolicy (238): libnuma, which comes with libvirt, asks when it is loaded whether it could, and takes no for an answer
# By the program: its threads have names of their own.
refused()
{
	dmesg | grep -E 'audit: .*callbacks suppressed'
	dmesg | grep -E 'type=1326 .*exe="[^"]*/avicd"' | grep -oE 'syscall=[0-9]+' | grep -v '=238$' | sort | uniq -c
}

# The kernel logs what the filter would refuse. First that it does so.
systemd-run --quiet --wait -p SystemCallLog=mkdir mkdir "$tmp/logged"
ok "a logged system call is seen" wait_for 5 sh -c 'dmesg | grep -q "type=1326 .*comm=\"mkdir\""'
ok "a filter that only logs" dropin SystemCallFilter= "SystemCallLog=~$(unit SystemCallFilter)"
# each verb, each action, both trace sources, a VM that comes, changes and goes
ok "a VM" vmm_start used create:vcpus=1 pit:reinject
vm=$vmm_pid
is_now "is configured" "$vm" .condition configured
timeout 120 avicctl --json watch >"$tmp/watch" 2>/dev/null &
cleanup_fn kill_wait $!
for words in status list 'list --json' "show $vm" 'top --once --delay=0.2' 'explain IRQWIN' 'config check' 'config show' help; do
	# shellcheck disable=SC2086 # words
	ok "avicctl $words" avicctl $words
done
for words in Describe DescribeHost ListVMs "GetVM s $vm" Resync Reload; do
	# shellcheck disable=SC2086 # words
	ok "$words" call /org/avicd1 org.avicd1.Manager $words
done
ok "the objects" call /org/avicd1 org.freedesktop.DBus.ObjectManager GetManagedObjects
ok "the log level" systemctl service-log-level avicd.service debug
ok "what an unprivileged user reads" unprivileged avicctl list
not_ok "what he may not, though polkit is asked" unprivileged \
	busctl --system call org.avicd1 /org/avicd1 org.avicd1.Manager Resync
avicd_conf 'trace_source = tracefs'
ok "SIGHUP" systemctl reload avicd.service
ok "another trace source" wait_for 10 manager_is TraceSource tracefs
vmm_do used pit:discard
is_now "which sees a change" "$vm" .condition active
avicd_conf
ok "and back" call /org/avicd1 org.avicd1.Manager Reload
is "to BPF" "$(manager TraceSource)" bpf
kill_wait "$vm"
ok "the VM goes" wait_for 10 said_event vm-gone "$vm"
ok "all that was followed by avicctl watch" wait_for 5 file_has "$tmp/watch" vm-gone
ok "libvirt is connected" wait_for 20 libvirt_is true
ok "avicd stops" avicd_stop
is "no system call would have been refused" "$(refused)" ''

rm /etc/systemd/system/avicd.service.d/lab.conf
systemctl daemon-reload
ok "the real filter" avicd_restart
ok "a VM" vmm_start filtered create:vcpus=1 pit:reinject
is_now "is configured" "$vmm_pid" .condition configured
ok "the D-Bus interface answers" call /org/avicd1 org.avicd1.Manager Resync
unlike "nothing was refused" "$(journal)" 'not permitted|Permission denied'
lab_done
