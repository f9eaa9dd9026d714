#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# image.sh FILE [PACKAGE...] - the lab's root file system, an ext4 image: Debian of this machine's release with systemd, libvirtd and QEMU, and
#	PACKAGEs more. Neither kernel nor avicd are in it: they come at boot (initrd.sh), so that it need not be made anew for them.
# image.sh --inputs [PACKAGE...] - all that the image depends on
# Exit status 77: it cannot be made here; stderr says why.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
suite=${LAB_SUITE:-$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")}

# The second line: what avicd links. The third: what scenarios use.
packages='systemd-sysv dbus udev kmod iproute2 procps polkitd libvirt-daemon-system libvirt-daemon libvirt-clients libvirt-daemon-driver-qemu qemu-system-x86
	libbpf1 libtraceevent1 libtracefs1 libtracecmd1|trace-cmd libinih1 libsmartcols1 libjson-c5 libxml2 libexpat1 libcurl4t64|libcurl4 libsqlite3-0 libmicrohttpd12t64|libmicrohttpd12 libarchive13t64|libarchive13
	jq gojq|jq socat trace-cmd busybox-static cpio'

# names() - the packages; "a|b": the first that the release has
names()
{
	for p in $packages "$@"; do
		case $p in
		*'|'*) if apt-cache show --no-all-versions "${p%%|*}" 2>/dev/null | grep -q '^Package:'; then p=${p%%|*}; else p=${p#*|}; fi ;;
		esac
		printf '%s,' "$p"
	done | sed 's/,$//'
}

if [ "$1" = --inputs ]; then
	shift
	echo "$suite $(names "$@")"
	# of what avicd talks to, a new version is another host
	apt-cache policy systemd libvirt-daemon qemu-system-x86 libbpf1 2>/dev/null | grep -E '^[a-z]|Candidate' || :
	cat "$0"
	find "$lab/guest/etc" -type f | sort | xargs cat
	exit
fi

out=$1
shift
[ -e /etc/debian_version ] && [ -n "$suite" ] || {
	echo "the lab's image is made from Debian packages of the release that avicd is built on; this is not Debian" >&2
	exit 77
}
[ "$(id -u)" = 0 ] || {
	echo "making the lab's image needs root" >&2
	exit 77
}
for p in mmdebstrap mke2fs unshare; do
	command -v $p >/dev/null || {
		echo "making the lab's image needs the program $p: ./autogen.sh deps" >&2
		exit 77
	}
done

work=$(mktemp -d "${TMPDIR:-/tmp}/avicd-lab.XXXXXX")
trap 'rm -rf "$work" "$out.new"' EXIT
trap 'exit 130' INT TERM HUP
# In a mount namespace of its own: nothing of it is ever mounted on this machine. Documentation and the pictures of QEMU's displays would only
# take time to copy. An image is thrown away after an interrupted run: no need to sync each package.
unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant=minbase --format=directory \
	--aptopt='Apt::Install-Recommends "false"' --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--include="$(names "$@")" "$suite" "$work/root" ${LAB_MIRROR:+"$LAB_MIRROR"} >"$work/log" 2>&1 </dev/null || {
	tail -n 15 "$work/log" >&2
	if grep -Eq "Could not resolve|Failed to fetch|Temporary failure|Unable to connect|Could not connect" "$work/log"; then
		echo "Debian's packages cannot be fetched: ${LAB_MIRROR:-deb.debian.org} does not answer" >&2
		exit 77
	fi
	exit 1
}
cp -a "$lab/guest/etc/." "$work/root/etc/"
# nothing of this machine in it
echo lab >"$work/root/etc/hostname"
: >"$work/root/etc/machine-id"
rm -rf "$work/root/etc/resolv.conf" "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists"
sed -i 's/^root:[^:]*:/root::/' "$work/root/etc/shadow"
mkdir -p "$work/root/lab" "$work/root/out"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
	getty@tty1.service systemd-firstboot.service libvirt-guests.service; do
	ln -sf /dev/null "$work/root/etc/systemd/system/$unit"
done
# started by its socket, when a scenario asks for it
rm -f "$work/root/etc/systemd/system/multi-user.target.wants/libvirtd.service"
mkdir -p "$work/root/etc/systemd/system/multi-user.target.wants"
ln -sf /etc/systemd/system/lab.service "$work/root/etc/systemd/system/multi-user.target.wants/lab.service"
# with a journal, for the scenario that takes the power away
mke2fs -q -t ext4 -J size=16 -d "$work/root" -L root "$out.new" "$(($(du -sm "$work/root" | cut -f1) * 6 / 5 + 400))M"
mv "$out.new" "$out"
