#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# First process of a lab VM: root file system, what goes over it, the two shared folders, then systemd.
PATH=/bin
export PATH
busybox mkdir -p /proc /sys /dev /newroot
busybox mount -t proc proc /proc
busybox --install -s /bin # finds itself through /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

fail()
{
	echo "lab: $*"
	poweroff -f
	sleep 10
}

ln -s /overlay/lib /lib 2>/dev/null
for m in virtio_pci virtio_blk crc32c_generic ext4 9pnet_virtio 9p; do
	modprobe $m || echo "lab: no module $m"
done
i=0
until [ -b /dev/vda ]; do
	i=$((i + 1))
	[ $i -lt 100 ] || fail "no disk"
	sleep 0.1
done
install()
{
	# /lib is a link into /usr in a merged-/usr system, and must stay one
	if [ -d /overlay/lib ] && [ -L /newroot/lib ]; then
		mkdir -p /overlay/usr/lib
		cp -a /overlay/lib/. /newroot/usr/lib/
		rm /lib
		rm -rf /overlay/lib
	fi
	cp -a /overlay/. /newroot/
	# libvirtd would ask it, too, what it can do: a quarter of a minute on an emulated CPU, for guests that nobody has here
	chmod a-x /newroot/usr/bin/qemu-system-i386 2>/dev/null
}
mount -t ext4 /dev/vda /newroot || fail "the root file system cannot be mounted"
# the scenarios, and where they leave what they found
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro tests /newroot/lab || fail "no 9p folder: tests"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /newroot/out || fail "no 9p folder: out"
# A scenario may take the power away, and leaves there where to go on. A kernel that panics starts again as well, and nothing goes on then.
if [ ! -e /newroot/out/booted ]; then
	install
	: >/newroot/out/booted
elif [ ! -e /newroot/out/resume ]; then
	fail "the machine has started again, and no scenario wanted it"
fi
umount /proc /sys
mount --move /dev /newroot/dev
exec switch_root /newroot /sbin/init
