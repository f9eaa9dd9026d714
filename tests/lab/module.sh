#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# module.sh FOLDER K - avicd_livepatch.ko of this tree for a kernel K that kernel.sh made, against Debian's headers; they are only unpacked.
#	Beside it useless.ko, the same module, but it always does what the function did before: a patch that loads and cures nothing.
#	Debian's, also for 6.1-bugs: the symbols of its kvm.ko have the same checksums, as kernel.sh compares.
#	And the two that a user would make: fix-build.ko by avicctl fix build, and dkms.ko, signed with a key of its own, by what DKMS does when a
#	kernel is installed. Where there is no dkms, that one is left out.
# module.sh --inputs K - all that the module depends on
# $LAB_CACHE: where kernel.sh remembers which packages its kernel came from; so the headers are of the same version.
# $LAB_KERNEL: what kernel.sh made. $top_builddir: where lab-install has built avicctl.
# Exit status 77: it cannot be made here, or there is none for this kernel; stderr says why.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
source=$lab/../../src/fix/module
LC_ALL=C
export LC_ALL
usage='usage: module.sh FOLDER K, or module.sh --inputs K'
out=${1-} k=${2-}
if [ -z "$out" ] || [ -z "$k" ] || [ -z "${LAB_CACHE:-}" ]; then
	echo "$usage; LAB_CACHE is set" >&2
	exit 2
fi
packages=$LAB_CACHE/kernel-$k.packages

# fail() STATUS WORD..., say() WORD... - as in kernel.sh
fail()
{
	_status=$1
	shift
	echo "$*" >&2
	exit "$_status"
}
say() { printf '%s\n' "$*"; }

case $k in
6.1-bugs) ;;
6.1) fail 77 "no scenario needs it there: the kernel has no bug to patch" ;;
*) fail 77 "kernel $k has no function kvm_lapic_xapic_id_updated to patch" ;;
esac
[ -s "$packages" ] || fail 77 "$packages is missing: kernel.sh writes it when it makes kernel $k"
headers() { grep -E '/linux-(headers|kbuild)-[^/]*\.deb ' "$packages"; }
if [ "$out" = --inputs ]; then
	headers | sed 's/^[^ ]* //'
	cat "$0" "$lab/kernel/build.sh" "$lab/made.sh" "$source/Kbuild" "$source"/*.[ch] "$source/dkms.conf.in" \
		"$source"/../../ctl/build*.[ch] "$source"/../../ctl/fix_build.c
	command -v dkms || :
	exit
fi

for p in make gcc strip dpkg-deb modinfo /usr/lib/apt/apt-helper; do
	command -v $p >/dev/null || fail 77 "building the livepatch module needs the program $p: ./autogen.sh deps"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/avicd-lab.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/debs" "$work/module"
headers >"$work/packages"
while read -r uri file _ hash; do
	say "fetching $file"
	/usr/lib/apt/apt-helper -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=20 \
		download-file "$uri" "$work/debs/${file%%_*}.deb" "$hash" >"$work/log" 2>&1 </dev/null ||
		fail 77 "$uri cannot be fetched: $(grep -E '^[EW]:' "$work/log" | head -n 1)"
done <"$work/packages"
release=$(sed -n 's/.*linux-headers-\([0-9][^ _]*-amd64\)_.*/\1/p' "$work/packages" | head -n 1)
# shellcheck source-path=SCRIPTDIR source=kernel/build.sh
. "$lab/kernel/build.sh"
unpack_headers
cp "$source/Kbuild" "$source"/*.[ch] "$work/module/"
build "$work/module" KCFLAGS=-Werror
ko=$work/module/avicd_livepatch.ko
[ "$(modinfo -F depends "$ko")" = kvm ] || fail 1 "avicd_livepatch.ko depends on '$(modinfo -F depends "$ko")', not on kvm alone"
[ "$(modinfo -F livepatch "$ko")" = Y ] || fail 1 "avicd_livepatch.ko is no livepatch"
modinfo "$ko" | grep -q '^parm: *heal_tgid' || fail 1 "avicd_livepatch.ko has no parameter heal_tgid, although $release exports what it takes"
# each symbol of the module's by the checksum that the kernel's have
symbols=$(sed -n 's/^.*{ *\(0x[0-9a-f]*\), "\([a-z_0-9A-Z]*\)" *},$/\1 \2/p' "$work/module/avicd_livepatch.mod.c")
[ -n "$symbols" ] || fail 1 "avicd_livepatch.ko has no checksums of symbols: $release has them"
printf '%s\n' "$symbols" | awk '{ sub(/^0x0*/, "", $1) } NR == FNR { crc[$2] = $1; next } crc[$2] != $1 { print $2; bad = 1 } END { exit bad }' \
	"$headers/Module.symvers" - || fail 1 "symbols of avicd_livepatch.ko have other checksums than in $release"
rm -rf "$out.new"
mkdir "$out.new"
strip -g -o "$out.new/avicd_livepatch.ko" "$ko"
# shellcheck source-path=SCRIPTDIR source=made.sh
. "$lab/made.sh"
made_by_avicctl "$out.new/fix-build.ko"
made_by_dkms "$out.new/dkms.ko"
sed -i 's/^\tif (!vcpu || !lapic_id(lapic, &id)) {$/\tif (true) {/' "$work/module/patch.c"
! cmp -s "$source/patch.c" "$work/module/patch.c" || fail 1 "patch.c has changed: module.sh cannot make it useless"
build "$work/module"
strip -g -o "$out.new/useless.ko" "$ko"
mv "$out.new" "$out"
say "made avicd_livepatch.ko for $release"
