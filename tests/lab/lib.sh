# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What run and shell share: where things are, the cache, and starting a VM. Sourced by them; sets $lab, $top_srcdir, $top_builddir, $cache.

top_srcdir=$(cd "$lab/../.." && pwd)
if [ -z "${top_builddir:-}" ]; then
	top_builddir=$PWD
	[ -e "$top_builddir/config.status" ] || top_builddir=$top_srcdir/build
fi
[ -e "$top_builddir/config.status" ] || {
	echo "no build here, nor in $top_srcdir/build: ./autogen.sh, then ../configure there" >&2
	exit 2
}
export top_srcdir top_builddir
cache=${LAB_CACHE:-$top_builddir/lab}
export LAB_CACHE="$cache" # kernel.sh remembers there which packages there are
lab_kernels='6.1 6.1-bugs 6.12'
mkdir -p "$cache"

# say() - progress; on stdout a comment of TAP
say()
{
	printf '# %s\n' "$*"
}

# lock() WHAT, unlock() - while that part of the cache is made or read: runs may go side by side
lock()
{
	exec 9>"$cache/$1.lock"
	flock 9
}
unlock() { exec 9>&-; }

# made() NAME SUFFIX PROGRAM WORD... - sets $made to the file or folder NAME-HASH.SUFFIX in the cache, where the hash is of what
# `PROGRAM --inputs WORD...` prints, and has `PROGRAM FILE WORD...` (kernel.sh: `PROGRAM WORD... FOLDER`) make it where it is not there; what is of
# other inputs is deleted. Its exit status; $why has the last line of what it said.
made()
{
	_name=$1 _suffix=$2 _program=$3
	shift 3
	_inputs=$(sh "$lab/$_program" --inputs "$@" 2>"$cache/$_name.log") || {
		_made_status=$?
		why=$(tail -n 1 "$cache/$_name.log")
		return $_made_status
	}
	_hash=$(printf '%s' "$_inputs" | sha256sum | cut -c 1-16)
	made=$cache/$_name-$_hash$_suffix
	[ ! -e "$made" ] || return 0
	_begun=$(date +%s)
	say "making $_name; its log: $cache/$_name.log"
	for _old in "$cache/$_name"-????????????????"$_suffix"; do
		rm -rf "$_old"
	done
	case $_program in
	kernel.sh)
		rm -rf "$made.new"
		mkdir "$made.new"
		if sh "$lab/$_program" "$@" "$made.new" >"$cache/$_name.log" 2>&1; then
			mv "$made.new" "$made"
		else
			_made_status=$?
			rm -rf "$made.new"
			why=$(tail -n 1 "$cache/$_name.log")
			return $_made_status
		fi
		;;
	*)
		sh "$lab/$_program" "$made" "$@" >"$cache/$_name.log" 2>&1 || {
			_made_status=$?
			why=$(tail -n 1 "$cache/$_name.log")
			return $_made_status
		}
		;;
	esac
	say "made $_name in $(($(date +%s) - _begun)) s"
}

# made_module() K - sets $module to the folder of the livepatch module for that kernel, empty where there is none: its scenario then says so. False where it
# could not be built: $why. After made ... kernel.sh K.
made_module()
{
	module=''
	_kernel=$made
	export LAB_KERNEL="$made"
	_module_status=0
	made "module-$1" "" module.sh "$1" || _module_status=$?
	case $_module_status in
	0) module=$made ;;
	77) _module_status=0 && say "no livepatch module for kernel $1: $why" ;;
	esac
	made=$_kernel
	return $_module_status
}

# lab_install() - what this tree builds, installed below $cache/overlay; and the VMM
lab_install()
{
	# not what a make around us was told: it has its own TESTS=
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -j "$(nproc)" -C "$top_builddir" lab-install LAB_OVERLAY="$cache/overlay" \
		>"$cache/install.log" 2>&1 </dev/null || {
		tail -n 20 "$cache/install.log" >&2
		echo "avicd cannot be installed for the lab; the whole log is $cache/install.log" >&2
		return 1
	}
}

# lab_qemu() KERNEL-FOLDER IMAGE OUT WORDS-FOR-THE-KERNEL OPTION... - the VM; returns when it ends. It sees tests/ read-only, and OUT, where initrd.sh
# has made `initrd`. $lab_exec: `exec` in a subshell of its own, whose process is then QEMU's; $lab_limit: seconds after which it is ended.
# One CPU. With several in threads of their own, QEMU 7.2 goes on running code that the kernel has patched (KVM's static keys, when the first VM is
# made and the last one goes), and the VM hangs after some hundred of those; in one thread each interrupt from CPU to CPU takes its time slice,
# a tenth of a second. And so several VMs fit side by side. bench takes the risk, and two.
# i8042_init: an interrupt of the keyboard's came while its lock was held, and the VM hung.
# nokaslr: addresses in a kept log are the same each time. A guest is told that its clock is good: under TCG the kernel doubts every clock.
lab_qemu()
{
	_folder=$1 _image=$2 _out=$3 _words=$4
	shift 4
	# shellcheck disable=SC2086 # words, or none
	${lab_exec:-} ${lab_limit:+timeout -k 10 "$lab_limit"} qemu-system-x86_64 -nodefaults -no-user-config -machine q35 -accel tcg,thread=multi -cpu EPYC-Milan,+svm,+npt -smp "${LAB_CPUS:-1}" -m "${LAB_MEMORY:-3G}" \
		-kernel "$_folder/vmlinuz" -initrd "$_out/initrd" \
		-append "console=ttyS0 root=/dev/vda rw panic=-1 mitigations=off tsc=reliable nokaslr initcall_blacklist=i8042_init loglevel=4 systemd.show_status=auto $_words" \
		-drive "file=$_image,format=raw,if=virtio,snapshot=on" \
		-virtfs "local,path=$top_srcdir/tests,mount_tag=tests,security_model=none,readonly=on,multidevs=remap" \
		-virtfs "local,path=$_out,mount_tag=out,security_model=none,multidevs=remap" \
		-device virtio-rng-pci -nic none -display none "$@"
}
