# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Inside the VM, between two scenarios: no VM, no recording, avicd stopped and without configuration or memory, KVM as at boot.
# Nothing is asked for that need not be: systemctl takes a second here, and daemon-reload eight.
pkill -KILL -f '^trace-cmd|^vmm|^/usr/local/bin/vmm' && while pgrep -x trace-cmd >/dev/null; do sleep 0.1; done
for i in /sys/kernel/tracing/instances/*; do
	[ ! -d "$i" ] || rmdir "$i"
done
# systemd has that link for each unit that is active
[ ! -L /run/systemd/units/invocation:avicd.service ] || systemctl stop avicd.service
if [ -d /sys/module/avicd_livepatch ]; then
	echo 0 >/sys/kernel/livepatch/avicd_livepatch/enabled
	while [ -d /sys/kernel/livepatch/avicd_livepatch ]; do sleep 0.1; done
	rmmod avicd_livepatch
fi
# not without need: the first question makes libvirtd ask QEMU for its capabilities, which takes a quarter of a minute here
if ls /run/libvirt/qemu/*.pid >/dev/null 2>&1; then
	for d in $(timeout 20 virsh -q list --name); do
		timeout 20 virsh -q destroy "$d"
	done
fi
pkill -KILL -x qemu-system-x86
rm -rf /etc/avicd /var/lib/avicd/* /run/avicd/*
[ ! -e /etc/systemd/system/multi-user.target.wants/avicd.service ] || systemctl disable --quiet avicd.service
[ ! -d /etc/systemd/system/avicd.service.d ] || { rm -r /etc/systemd/system/avicd.service.d; systemctl daemon-reload; }
[ ! -w /sys/module/kvm/parameters/lab_bugs ] || echo 0 >/sys/module/kvm/parameters/lab_bugs
if [ "$(cat /sys/module/kvm_amd/parameters/avic 2>/dev/null)" != Y ] || lsmod | grep -q '^lab_x2avic'; then
	modprobe -r kvm_amd
	modprobe -r kvm
	modprobe -r lab_x2avic 2>/dev/null
	modprobe kvm_amd
fi
:
