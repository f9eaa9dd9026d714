#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The small Linux in a VM of the lab's VM: says that it lives, whether its APIC is in x2APIC mode, and reboots when it is told.
/bin/busybox mkdir -p /proc /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs devtmpfs /dev
PATH=/bin
/bin/busybox --install -s /bin
mode=xapic
! dmesg | grep -qi 'x2apic enabled\|Enabled x2apic\|x2apic: enabled' || mode=x2apic
echo "LINUX lives $mode $(nproc)" >/dev/ttyS0
while read -r word </dev/ttyS0; do
	case $word in
	*reboot*) reboot -f ;;
	*) echo "LINUX heard $word" >/dev/ttyS0 ;;
	esac
done
