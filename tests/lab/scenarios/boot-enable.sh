# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: systemctl enable --now avicd on a booted host: READY, watchdog, journal, host facts, confinement
. /lab/lab/guest/functions.sh
unit() { systemctl show -P "$1" avicd.service; }
unit_is() { [ "$(unit "$1")" = "$2" ]; }
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
ok "a VM" vmm_start vm create:vcpus=1 pit:reinject
is_now "is watched" "$vmm_pid" .condition configured
lab_done
