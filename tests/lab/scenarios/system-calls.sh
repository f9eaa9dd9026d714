# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: each verb and action of avicd under its unit: no system call is refused
. /lab/lab/guest/functions.sh
unit() { systemctl show -P "$1" avicd.service; }
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
manager_is() { [ "$(manager "$1")" = "$2" ]; }
libvirt_is() { manager Libvirt | grep -q "$1"; }
# but set_mempolicy (238): libnuma, which comes with libvirt, asks when it is loaded whether it could, and takes no for an answer
# By the program: its threads have names of their own.
refused()
{
	dmesg | grep -E 'audit: .*callbacks suppressed'
	dmesg | grep -E 'type=1326 .*exe="[^"]*/avicd(-probe)?"' | grep -oE 'syscall=[0-9]+' | grep -v '=238$' | sort | uniq -c
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
for words in status list 'list --json' "show $vm" 'top --once --delay=0.2' 'explain IRQWIN' 'config check' 'config show' 'fix probe' help; do
	# shellcheck disable=SC2086 # words
	ok "avicctl $words" avicctl $words
done
for words in Describe DescribeHost ListVMs "GetVM s $vm" Resync Reload Probe; do
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
