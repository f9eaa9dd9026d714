#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel.sh K FOLDER - a kernel for the lab's VM, made from Debian's packages; nothing is installed. FOLDER, which is
#	there and empty, gets vmlinuz, release (as uname -r says) and root/lib/modules/RELEASE with the modules that
#	the lab needs. K:
#	6.1       Debian 12's
#	6.1-bugs  the same, with kvm.ko built from the same source and kernel/kvm-lab-bugs.patch: its parameter
#	          lab_bugs puts three bugs back
#	6.12      of Debian 12's backports
#	Each has extra/lab_x2avic.ko: the CPU has x2AVIC, when that is loaded before kvm_amd.
# kernel.sh --inputs K - all that the kernel depends on
# $LAB_MIRROR: instead of http://deb.debian.org/debian; security updates come from its neighbour ...-security.
# $LAB_CACHE: a folder where the versions found are remembered for a day, and for longer while no mirror answers.
# Exit status 77: it cannot be made here; stderr says why.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
usage='usage: kernel.sh 6.1|6.1-bugs|6.12 FOLDER, or kernel.sh --inputs 6.1|6.1-bugs|6.12'

action='make'
[ "${1-}" != --inputs ] || { action=inputs; shift; }
k=${1-} out=${2-}
case $k in
6.1 | 6.1-bugs) suites='bookworm bookworm-security' meta=linux-image-amd64 headers=linux-headers-amd64 ;;
6.12)
	suites='bookworm bookworm-backports'
	meta=linux-image-amd64/bookworm-backports headers=linux-headers-amd64/bookworm-backports
	;;
*) echo "$usage" >&2; exit 2 ;;
esac
[ $action = inputs ] || [ -d "$out" ] || { echo "$usage" >&2; exit 2; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=${LAB_MIRROR:-http://deb.debian.org/debian}
mirror=${mirror%/}
remembered=${LAB_CACHE:+$LAB_CACHE/kernel-$k.packages}

# Without any of these it stops with an error. The others a kernel may have built in, or not have.
modules='kvm kvm-amd virtio_pci virtio_blk virtio_console 9p 9pnet_virtio ext4'
optional='virtio_net virtio_rng crc32c_generic crc32c_intel overlay fuse autofs4 configfs dm_mod loop tun vhost_net
	bridge veth msr cpuid qemu_fw_cfg unix_diag'

# fail() STATUS WORD...
fail()
{
	_status=$1
	shift
	echo "$*" >&2
	exit "$_status"
}

say()
{
	printf '%s\n' "$*"
}

for p in apt-get dpkg-deb; do
	command -v $p >/dev/null ||
		fail 77 "the lab's kernels are made from Debian packages: this is not Debian, there is no $p"
done
[ -e $keyring ] ||
	fail 77 "the lab's kernels come from Debian, whose keys are not here: package debian-archive-keyring"

work=$(mktemp -d "${TMPDIR:-/tmp}/avicd-lab.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# apt() PROGRAM WORD... - with lists of our own; only the proxy of the host's configuration counts
apt()
{
	_program=$1
	shift
	"$_program" -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$work/apt" -o Dir::State::status=/dev/null -o Dir::Cache="$work/apt" \
		-o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin \
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Default-Release= \
		-o APT::Sandbox::User=root -o APT::Update::Error-Mode=any \
		-o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=20 \
		-o APT::Update::Post-Invoke::= -o APT::Update::Post-Invoke-Success::= "$@"
}

# depends() PACKAGE REGEX - the dependency of PACKAGE that matches, as "name version"
depends()
{
	_name=$(apt apt-cache depends --important "$1" 2>/dev/null | sed -n "s/^ *Depends: \($2\)\$/\1/p" |
		head -n 1)
	[ -n "$_name" ] && printf '%s\n' "$_name"
}

# uris() PACKAGE... - "URI FILE SIZE SHA256:..." of each
uris()
{
	apt apt-get -qq --print-uris download "$@" 2>>"$work/log" | tr -d "'"
}

# look_up() - which packages there are now, one a line: URI, file, size, hash
look_up()
{
	for _suite in $suites; do
		case $_suite in
		*-security) _from=${mirror%/}-security ;;
		*) _from=$mirror ;;
		esac
		echo "deb [signed-by=$keyring] $_from $_suite main"
	done >"$work/sources.list"
	mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial"
	apt apt-get -qq update >"$work/log" 2>&1 </dev/null || return 1
	_image=$(depends "$meta" 'linux-image-[0-9].*-amd64') || return 2
	_headers=$(depends "$headers" 'linux-headers-[0-9].*-amd64') || return 2
	_common=$(depends "$_headers" 'linux-headers-.*-common') || return 2
	_kbuild=$(depends "$_headers" 'linux-kbuild-.*') || return 2
	# The image that the metapackage wants may be newer than its headers for an hour: then the older.
	_version=$(apt apt-cache policy "$_headers" | sed -n 's/^ *Candidate: //p')
	_source=''
	[ "$k" != 6.1-bugs ] || _source=linux-source-6.1=$_version
	# shellcheck disable=SC2086 # none, or one
	uris "$_image=$_version" "$_headers=$_version" "$_common=$_version" "$_kbuild=$_version" $_source | sort
}

# packages() - look_up(), or what it said before
packages()
{
	if [ -n "$remembered" ] && [ -n "$(find "$remembered" -mmin -1440 2>/dev/null)" ]; then
		cat "$remembered"
		return 0
	fi
	_rc=0
	look_up >"$work/found" || _rc=$?
	if [ $_rc = 0 ] && [ -s "$work/found" ]; then
		[ -z "$remembered" ] ||
			{ cp "$work/found" "$remembered.$$" && mv "$remembered.$$" "$remembered"; } 2>/dev/null || :
		cat "$work/found"
	elif [ -n "$remembered" ] && [ -s "$remembered" ]; then
		cat "$remembered"
	elif [ $_rc = 1 ]; then
		fail 77 "Debian's package lists cannot be fetched from $mirror:" \
			"$(grep -E '^[EW]:' "$work/log" | head -n 1)"
	else
		fail 77 "$mirror has no kernel $k with its headers${_image:+ ($_image)} (any more)"
	fi
}

packages >"$work/packages"
if [ $action = inputs ]; then
	# no URIs: the same package from another mirror is the same
	sed 's/^[^ ]* //' "$work/packages"
	cat "$0" "$lab"/kernel/*
	exit
fi

programs='modprobe depmod xz make strip gcc'
[ "$k" != 6.1-bugs ] || programs="$programs patch pahole"
for p in $programs; do
	command -v "$p" >/dev/null || fail 77 "making the lab's kernels needs the program $p: ./autogen.sh deps"
done

# fetch() - the packages, into $work/debs; apt-helper compares the hash
fetch()
{
	mkdir "$work/debs"
	while read -r _uri _file _size _hash; do
		say "fetching $_file ($((_size / 1000000)) MB)"
		apt /usr/lib/apt/apt-helper download-file "$_uri" "$work/debs/${_file%%_*}.deb" "$_hash" \
			>"$work/log" 2>&1 </dev/null || {
			# gone from the mirror: look anew next time
			[ -z "$remembered" ] || rm -f "$remembered"
			fail 77 "$_uri cannot be fetched: $(grep -E '^[EW]:' "$work/log" | head -n 1)"
		}
	done <"$work/packages"
}

# unpack_image() - vmlinuz, release, and all modules in $work/image
unpack_image()
{
	say "unpacking the kernel"
	dpkg-deb -x "$work"/debs/linux-image-*.deb "$work/image"
	rm "$work"/debs/linux-image-*.deb
	# /usr/lib or /lib: depmod and modprobe know only that which is usual on this host
	if [ -d "$work/image/lib" ]; then
		mkdir -p "$work/image/usr"
		ln -s ../lib "$work/image/usr/lib"
	else
		ln -s usr/lib "$work/image/lib"
	fi
	release=$(cd "$work/image/lib/modules" && echo *)
	cp "$work/image/boot/vmlinuz-$release" "$out/vmlinuz"
	say "$release" >"$out/release"
	depmod -b "$work/image" "$release"
}

# keep_modules() - those that the lab needs, and what they need, into $out; uncompressed: unpacking is slow in the VM
keep_modules()
{
	_tree=$work/image/lib/modules/$release
	target=$out/root/lib/modules/$release
	mkdir -p "$target"
	for _m in $modules; do
		modprobe -C /dev/null -d "$work/image" -S "$release" --show-depends "$_m" >>"$work/kept" ||
			fail 1 "kernel $release has no module $_m"
	done
	for _m in $optional; do
		modprobe -C /dev/null -d "$work/image" -S "$release" --show-depends "$_m" \
			>>"$work/kept" 2>/dev/null || :
	done
	sed -n "s|^insmod $_tree/kernel/\([^ ]*\).*|\1|p" "$work/kept" | sort -u >"$work/kept.files"
	while read -r _file; do
		mkdir -p "$target/kernel/${_file%/*}"
		cp "$_tree/kernel/$_file" "$target/kernel/$_file"
	done <"$work/kept.files"
	cp "$_tree/modules.builtin" "$_tree/modules.builtin.modinfo" "$_tree/modules.order" "$target/"
	find "$target" -name '*.ko.xz' -exec xz -d {} +
}

# shellcheck source-path=SCRIPTDIR source=kernel/build.sh
. "$lab/kernel/build.sh"
fetch
unpack_image
keep_modules
unpack_headers
build_x2avic
[ "$k" != 6.1-bugs ] || build_kvm
depmod -b "$out/root" "$release"
say "made kernel $k: $release"
