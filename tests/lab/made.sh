# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# The livepatch module as a user would make it, of what `make install` installs, for a kernel that is a folder here. Sourced by module.sh; uses its
# $work, $lab, $release, $headers and fail().

# _installed() - where the kernel and the module's source are, once
_installed()
{
	_installed=$top_builddir/build-lab
	_modules=$work/host/lib/modules
	[ ! -d "$_modules" ] || return 0
	mkdir -p "$_modules"
	cp -R "$LAB_KERNEL/root/lib/modules/$release" "$_modules/$release"
	ln -s "$headers" "$_modules/$release/build"
	_version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$_installed/src/fix/module/dkms.conf")
	_sources=$work/host/usr/src
	mkdir -p "$_sources/avicd-$_version"
	cp "$source/Kbuild" "$source"/*.[ch] "$_installed/src/fix/module/dkms.conf" "$_sources/avicd-$_version/"
}

# made_by_avicctl() FILE - its host is below a folder
made_by_avicctl()
{
	_installed
	say "avicctl fix build --kernel=$release"
	# the compiler by which name the headers call it
	mkdir "$work/bin"
	ln -s "$(command -v "$compiler")" "$work/bin/$(sed -n 's/^.*\(gcc-[0-9][0-9]*\).*/\1/p' "$headers/.kernelvariables" | head -n 1)"
	PATH=$work/bin:$PATH AVICD_SYSROOT=$work/host AVICD_MODULE_SOURCE=$_sources/avicd-$_version STATE_DIRECTORY=$work/state \
		"$_installed/avicctl" fix build --kernel="$release" || fail 1 "avicctl fix build makes no module for $release"
	cp "$work"/state/livepatch/*/avicd_livepatch.ko "$1"
}

# made_by_dkms() FILE - as when the kernel's package is installed. Nothing goes to where the host's dkms keeps its modules and its key.
made_by_dkms()
{
	if ! command -v dkms >/dev/null || [ ! -e /etc/dkms/framework.conf ]; then
		say "no dkms here"
		return 0
	fi
	_installed
	say "dkms autoinstall -k $release"
	mkdir "$work/dkms" "$work/framework.conf.d"
	cat >"$work/framework.conf" <<-END
		source_tree="$_sources"
		dkms_tree="$work/dkms"
		install_tree="$_modules"
		sign_file="$headers/scripts/sign-file"
		mok_signing_key="$work/dkms/mok.key"
		mok_certificate="$work/dkms/mok.pub"
	END
	# shellcheck disable=SC2016 # for the inner shell
	PATH=$work/bin:$PATH unshare --mount --propagation private sh -euc '
		mount --bind "$1/framework.conf" /etc/dkms/framework.conf
		mount --bind "$1/framework.conf.d" /etc/dkms/framework.conf.d
		dkms add "avicd/$2" -k "$3"
		dkms autoinstall -k "$3" --kernelsourcedir "$4" --no-depmod
	' sh "$work" "$_version" "$release" "$headers" </dev/null || {
		cat "$work/dkms/avicd/$_version"/*/make.log "$work/dkms/avicd/$_version/build/make.log" 2>/dev/null || :
		fail 1 "DKMS makes no module for $release"
	}
	cp "$_modules/$release/updates/dkms/avicd_livepatch.ko" "$1" || fail 1 "DKMS has not put its module into updates/dkms"
	[ -n "$(modinfo -F signer "$1")" ] || fail 1 "the module of DKMS has no signature"
}
