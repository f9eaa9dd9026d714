# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# Modules built against a kernel's headers, which are unpacked only. Sourced by kernel.sh; uses its $work, $lab, $out,
# $release and $target.

# unpack_headers() - into $work/usr, from where they work, too; sets $headers, $common and $compiler
unpack_headers()
{
	for _deb in "$work"/debs/linux-headers-*.deb "$work"/debs/linux-kbuild-*.deb; do
		dpkg-deb -x "$_deb" "$work/headers"
	done
	rm "$work"/debs/linux-headers-*.deb "$work"/debs/linux-kbuild-*.deb
	headers=$work/headers/usr/src/linux-headers-$release
	common=$(echo "$work"/headers/usr/src/linux-headers-*-common)
	# the only path in them that is absolute
	sed -i "s|/usr/src/|$work/headers/usr/src/|" "$headers/Makefile"
	# Debian's compiler where it is here. Another one makes modules that load, too.
	compiler=$(sed -n 's/^.*\(gcc-[0-9][0-9]*\).*/\1/p' "$headers/.kernelvariables" | head -n 1)
	command -v "${compiler:=gcc}" >/dev/null || compiler=gcc
	# of a make that this may be part of, nothing
	unset MAKEFLAGS MFLAGS MAKELEVEL ARCH CROSS_COMPILE KCFLAGS V
}

# build() FOLDER WORD... - the modules of a folder. Debian's packages have no resolve_btfids; no module here needs it.
build()
{
	_folder=$1
	shift
	"${MAKE:-make}" -s -j"$(nproc)" -C "$headers" M="$_folder" CC="$compiler" RESOLVE_BTFIDS=true "$@" modules
}

# build_x2avic() - lab_x2avic.ko
build_x2avic()
{
	say "building lab_x2avic.ko"
	mkdir "$work/x2avic" "$target/extra"
	cp "$lab/kernel/Kbuild" "$lab/kernel/lab_x2avic.c" "$work/x2avic/"
	build "$work/x2avic"
	strip -g -o "$target/extra/lab_x2avic.ko" "$work/x2avic/lab_x2avic.ko"
}

# extract_vmlinux() - the ELF file inside vmlinuz, into the headers: pahole reads its BTF. Where it is in there says the
# header that boot loaders read (Documentation/x86/boot.rst): setup_sects at 0x1f1, payload_offset and payload_length at
# 0x248. The payload's last four bytes are its unpacked size.
extract_vmlinux()
{
	_sectors=$(od -An -j $((0x1f1)) -N 1 -t u1 "$out/vmlinuz")
	# shellcheck disable=SC2046 # two numbers
	set -- $(od -An -j $((0x248)) -N 8 -t u4 "$out/vmlinuz")
	tail -c +$(((_sectors + 1) * 512 + $1 + 1)) "$out/vmlinuz" | head -c $(($2 - 4)) >"$work/payload"
	case $(od -An -N 4 -t x1 "$work/payload") in
	' fd 37 7a 58') _unpack=xz ;;
	' 28 b5 2f fd') _unpack=zstd ;;
	*) fail 1 "vmlinuz of $release is compressed neither with xz nor zstd" ;;
	esac
	$_unpack -dc <"$work/payload" >"$headers/vmlinux" || fail 1 "vmlinuz of $release cannot be unpacked by $_unpack"
}

# build_kvm() - kvm.ko with the bugs, in the place of Debian's. The source goes among the headers: its makefiles fit.
build_kvm()
{
	say "unpacking the source of KVM"
	dpkg-deb --fsys-tarfile "$work"/debs/linux-source-*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -T0 -dc |
		tar -x -C "$common" --strip-components=1 --wildcards \
			'linux-source-*/arch/x86/kvm' 'linux-source-*/virt/kvm'
	rm "$work"/debs/linux-source-*.deb
	patch -s -p1 -d "$common" <"$lab/kernel/kvm-lab-bugs.patch" ||
		fail 1 "tests/lab/kernel/kvm-lab-bugs.patch does not fit the source of $release (any more)"
	extract_vmlinux
	say "building kvm.ko with the bugs"
	build "$common/arch/x86/kvm" CONFIG_KVM_INTEL=n CONFIG_KVM_AMD=n
	_ko=$common/arch/x86/kvm/kvm.ko
	# Debian's kvm-amd.ko has to load on it, programs have to find its types, and livepatches its function.
	_changed=$(awk -F '\t' 'NR == FNR { crc[$2] = $1; next } crc[$2] != $1 { print $2 }' \
		"$headers/Module.symvers" "$common/arch/x86/kvm/Module.symvers")
	[ -z "$_changed" ] ||
		fail 1 "kvm.ko with the bugs does not fit kvm-amd.ko of $release: other checksums of $_changed"
	readelf -SW "$_ko" | grep -q ' \.BTF ' ||
		fail 1 "kvm.ko with the bugs has no BTF: is the program pahole here?"
	nm "$_ko" | grep -q ' t kvm_lapic_xapic_id_updated$' ||
		fail 1 "kvm.ko with the bugs has no function kvm_lapic_xapic_id_updated"
	strip -g -o "$target/kernel/arch/x86/kvm/kvm.ko" "$_ko"
}
