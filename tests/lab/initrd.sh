#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# initrd.sh KERNEL OVERLAY FILE [MODULE] - the initramfs of a lab VM: busybox, the kernel's modules (KERNEL is a folder that kernel.sh made), and
# everything below OVERLAY (avicd as `make install` put it there), which it lays over the root file system before systemd starts. MODULE is the
# folder with the livepatch module that module.sh made, if it did: /usr/local/lib/lab/avicd_livepatch.ko, useless.ko.
# Not compressed: copying is faster than the VM's unpacking.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
kernel=$1 overlay=$2 out=$3 module=${4-}

work=$(mktemp -d "${TMPDIR:-/tmp}/avicd-lab.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/overlay"
cp "$(command -v busybox)" "$work/bin/busybox"
install -m 755 "$lab/guest/init.sh" "$work/init"
cp -a "$kernel/root/." "$work/overlay/"
cp -a "$overlay/." "$work/overlay/"
# and a smaller one of the same kernel, for the VM's own guests
images=$work/overlay/usr/local/lib/lab
mkdir -p "$images" "$work/linux/bin"
cp "$kernel/vmlinuz" "$images/vmlinuz"
[ -z "$module" ] || cp "$module"/*.ko "$images/"
cp "$work/bin/busybox" "$work/linux/bin/busybox"
install -m 755 "$lab/guest/linux-init.sh" "$work/linux/init"
(cd "$work/linux" && find . | cpio --quiet -o -H newc) >"$images/linux.cpio"
rm -rf "$work/linux"
(cd "$work" && find . | cpio --quiet -o -H newc) >"$out"
