#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# autogen.sh          make ./configure (needs autoconf, automake, pkg-config)
# autogen.sh deps     install what building, testing and the tour need; only what is missing, nothing is started
# autogen.sh run      deps, build below build/, then a tour of avicd on this host
# autogen.sh check    deps, build below build/, then every test and every analysis that this host can run, the lab's VMs with them
#
# JOBS=N: so many compile jobs (default: one a CPU). The results of `check` are below build/check/.
set -eu
cd "$(dirname "$0")"
: "${JOBS:=$(nproc)}"
PATH=$PATH:/usr/sbin:/sbin
export PATH

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf 'autogen.sh: %s\n' "$*" >&2
	exit 1
}

# ---- packages -------------------------------------------------------------------------------------------------------
# "a|b": the first that the distribution has. A leading "?": without it something is skipped, not broken.
debian_packages='
	autoconf automake make gcc libc6-dev pkgconf|pkg-config xz-utils
	clang llvm bpftool|linux-tools-common
	libbpf-dev libtraceevent-dev libtracefs-dev libtracecmd-dev
	libjson-c-dev libinih-dev libsystemd-dev libvirt-dev libxml2-dev libexpat1-dev libsmartcols-dev libkmod-dev libcurl4-openssl-dev libmicrohttpd-dev libcmocka-dev
	?systemd ?curl ?python3 ?dbus-daemon|dbus ?dbus-bin|dbus ?jq ?socat ?libxml2-utils ?util-linux ?iproute2
	libsqlite3-dev libarchive-dev
	?libvirt-daemon ?libvirt-daemon-driver-qemu ?libvirt-clients ?qemu-system-x86
	?mandoc ?cppcheck ?valgrind ?libclang-rt-dev ?clang-tidy
	?mmdebstrap ?debian-archive-keyring ?e2fsprogs ?busybox-static ?cpio ?kmod ?dwarves|pahole ?patch
	?sqlite3 ?zstd ?libelf1|libelf1t64 ?libssl3|libssl3t64
	?prometheus ?prometheus-node-exporter'
fedora_packages='
	autoconf automake make gcc glibc-devel pkgconf-pkg-config xz
	clang llvm bpftool
	libbpf-devel libtraceevent-devel libtracefs-devel trace-cmd-devel|libtracecmd-devel
	json-c-devel inih-devel systemd-devel libvirt-devel libxml2-devel expat-devel libsmartcols-devel kmod-devel libcurl-devel libmicrohttpd-devel libcmocka-devel
	?systemd ?curl ?python3 ?dbus-daemon ?dbus-tools ?jq ?socat ?libxml2 ?util-linux ?iproute ?sqlite ?zstd
	sqlite-devel libarchive-devel
	?libvirt-daemon ?libvirt-daemon-driver-qemu ?libvirt-client ?qemu-system-x86-core
	?mandoc ?cppcheck ?valgrind ?compiler-rt ?libasan ?libubsan ?clang-tools-extra
	?golang-github-prometheus ?golang-github-prometheus-node-exporter ?busybox'

installed_apt() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
known_apt() { apt-cache show --no-all-versions "$1" 2>/dev/null | grep -q '^Package:'; }
# Debian starts and enables a service that it installs. Of these we want the program alone, for tests.
idle_units='prometheus prometheus-node-exporter'
install_apt()
{
	policy=/usr/sbin/policy-rc.d
	[ ! -e $policy ] && [ ! -L $policy ] || policy='' # this machine has one of its own
	if [ -n "$policy" ]; then
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		trap 'exit 130' INT TERM HUP
		patterns=$(printf '%s|' $idle_units)
		# shellcheck disable=SC2016 # for the file
		printf '#!/bin/sh\ncase ${1%%.service} in %s) exit 101 ;; esac\n' "${patterns%|}" >$policy && chmod +x $policy
	fi
	result=0
	install_with_apt "$@" || result=$?
	if [ -n "$policy" ]; then
		rm -f $policy
		trap - EXIT INT TERM HUP
	fi
	for unit in $idle_units; do
		case " $* " in *" $unit "*) systemctl --quiet --no-reload disable "$unit" >>"$log" 2>&1 || true ;; esac
	done
	return $result
}
install_with_apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install "$@" </dev/null >"$log" 2>&1
}
refresh_apt() { apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >>"$log" 2>&1; }

installed_dnf() { rpm -q --quiet --whatprovides "$1" 2>/dev/null; }
known_dnf() { dnf -q repoquery --whatprovides "$1" 2>/dev/null | grep -q .; }
install_dnf() { dnf -q -y --setopt=install_weak_deps=False install "$@" </dev/null >"$log" 2>&1; }
refresh_dnf() { dnf -q makecache </dev/null >>"$log" 2>&1; }

# missing() - the names that are to be installed; a package that nobody knows is named on stderr
missing()
{
	for word in $1; do
		alternatives=$(printf '%s' "${word#\?}" | tr '|' ' ')
		choice=''
		for p in $alternatives; do
			if "installed_$manager" "$p"; then
				choice=-
				break
			fi
		done
		[ "$choice" != - ] || continue
		for p in $alternatives; do
			if "known_$manager" "$p"; then
				choice=$p
				break
			fi
		done
		if [ -n "$choice" ]; then
			say "$choice"
		elif [ "${word#\?}" = "$word" ]; then
			# The lists may be empty or old: let the manager say so, after it has refreshed them.
			say "${alternatives%% *}"
		else
			printf 'not in this distribution, goes without: %s\n' "$alternatives" >&2
		fi
	done
}

deps()
{
	if command -v apt-get >/dev/null; then
		manager=apt list=$debian_packages
	elif command -v dnf >/dev/null; then
		manager=dnf list=$fedora_packages
	else
		say "packages: neither apt-get nor dnf here; configure will say what is missing"
		return 0
	fi
	log=$(mktemp)
	# shellcheck disable=SC2046 # package names
	set -- $(missing "$list" 2>/dev/null)
	if [ $# -gt 0 ]; then
		[ "$(id -u)" = 0 ] || die "packages are missing, and only root can install them: $*"
		say "packages: installing $# ($*)"
		start=$(date +%s)
		if ! "install_$manager" "$@"; then
			say "packages: once more, with fresh lists"
			"refresh_$manager" || true
			# shellcheck disable=SC2046
			set -- $(missing "$list")
			"install_$manager" "$@" || {
				tail -n 20 "$log" >&2
				rm -f "$log"
				die "the packages cannot be installed; the last lines of $manager are above"
			}
		fi
		say "packages: done in $(($(date +%s) - start)) s"
	else
		say "packages: all there"
	fi
	rm -f "$log"
}

# ---- building -------------------------------------------------------------------------------------------------------
generate()
{
	mkdir -p m4
	autoreconf -fi
}

# log_of() WHAT - its file
log_of()
{
	printf '%s/%s.log' "$logs" "$(printf '%s' "$1" | tr ' ' '-')"
}

# quietly() WHAT COMMAND... - one line, and the end of the log when it fails
quietly()
{
	what=$1
	shift
	printf '%-28s' "$what"
	start=$(date +%s)
	status=0
	"$@" >"$(log_of "$what")" 2>&1 </dev/null || status=$?
	verdict $status $(($(date +%s) - start))
}

# verdict() STATUS SECONDS - the rest of the line, and the status again
verdict()
{
	if [ "$1" = 0 ]; then
		say "ok, $2 s"
	else
		say "FAILED, $2 s"
		return "$1"
	fi
}

show_log()
{
	tail -n "${2:-30}" "$(log_of "$1")" | sed 's/^/    | /'
}

# configured() FOLDER OPTION... - a VPATH build there, configured again only when it has to be
configured()
{
	folder=$1
	shift
	mkdir -p "$folder"
	if [ ! -e "$folder/Makefile" ] || [ -n "$(find configure -newer "$folder/config.status")" ] ||
		[ "$(cat "$folder/.options" 2>/dev/null)" != "$*" ]; then
		(cd "$folder" && "$OLDPWD/configure" --quiet "$@") || return
		printf '%s' "$*" >"$folder/.options"
	fi
}

fresh_configure()
{
	[ ! -e Makefile ] || die "the source folder itself is configured: make distclean first"
	if [ ! -e configure ] || [ -n "$(find configure.ac Makefile.am conf systemd man src tests \
		\( -name '*.ac' -o -name '*.am' -o -name '*.mk' \) -newer configure -print | head -n 1)" ]; then
		quietly 'configure script' generate || {
			show_log 'configure script'
			die "autoreconf failed"
		}
	fi
}

build()
{
	logs=$PWD/build/check
	mkdir -p "$logs"
	fresh_configure
	quietly 'configure' configured build "$@" || {
		show_log 'configure' 12
		die "configure failed"
	}
	quietly 'compile' make -C build -j "$JOBS" || {
		show_log 'compile'
		die "the build failed"
	}
}

# ---- check ----------------------------------------------------------------------------------------------------------
failed=0 passed=0 skipped=0 unsteady=0

# suite() WHAT COMMAND... - counts the tests that automake's harness ran; a suite without tests counts as one
suite()
{
	result=0
	quietly "$@" || result=1
	count "$1" $result
}

# count() WHAT RESULT - of what its log tells
count()
{
	name=$1 result=$2
	if [ "$result" != 0 ]; then
		# what failed, when it was tests; else the end of the log
		if grep -Eq '^(FAIL|ERROR): ' "$(log_of "$name")"; then
			grep -Eh '^(FAIL|ERROR): ' "$(log_of "$name")" | head -n 40 | sed 's/^/    | /'
			say "    | make check writes a log for each test: build/tests/*/*.log"
		else
			show_log "$name" 40
		fi
	fi
	counts=$(awk '/^# (PASS|FAIL|ERROR|XPASS|SKIP|XFAIL): +[0-9]+/ { n[$2] += $3; seen = 1 }
		END { if (seen) print n["PASS:"] + n["XFAIL:"], n["FAIL:"] + n["ERROR:"] + n["XPASS:"], n["SKIP:"] + 0 }' \
		"$(log_of "$name")")
	if [ -n "$counts" ]; then
		# shellcheck disable=SC2086 # three numbers
		set -- $counts
	elif [ "$result" = 0 ]; then
		set -- 1 0 0
	else
		set -- 0 1 0
	fi
	[ "$result" = 0 ] || [ "$2" -gt 0 ] || set -- "$1" 1 "$3"
	[ "$2" = 0 ] || ! held "$name" "$2" || set -- "$1" 0 "$3"
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
	# The harness prints a line "SKIP: test N - name # SKIP reason" for each.
	sed -n "s/^SKIP: /$name: /p" "$(log_of "$name")" >>"$logs/skips"
}

# Host tests wait more than they work. What only works is done meanwhile, one suite after the other, and gives way to them.
# held() WHAT FAILED - false: they have failed. Else they are few, and could be tests that do not stand what runs beside them:
# second_tries() tells.
held()
{
	case $1 in
	'make check') target=check ;;
	sanitizers) target=check-asan ;;
	valgrind) target=check-valgrind ;;
	'valgrind of avicd') target=check-valgrind-host ;;
	*) return 1 ;;
	esac
	files=$(sed -nE 's/^(FAIL|ERROR): (tests\/[^ ]+).*/\2/p' "$(log_of "$1")" | sort -u)
	# shellcheck disable=SC2086 # names without spaces
	set -- "$1" "$2" $files
	[ $# -ge 3 ] && [ $# -le 5 ] || return 1
	printf '%s|%s|%s|%s\n' "$1" "$target" "$2" "$(printf '%s' "$files" | tr '\n' ' ')" >>"$logs/held"
}

# second_tries() - of what was held, with nothing beside it. What fails again has failed; what does not is told, and is to be mended.
second_tries()
{
	while IFS='|' read -r name target number files <&3; do
		if quietly "$name again" make -C build "$target" TESTS="$files"; then
			unsteady=$((unsteady + number))
			say "    | only at the second try: $files"
		else
			failed=$((failed + number))
			grep -Eh '^(FAIL|ERROR): ' "$(log_of "$name again")" | head -n 40 | sed 's/^/    | /'
		fi
	done 3<"$logs/held"
}

beside=''
# beside() WHAT... - make's targets check-WHAT, behind the next suites
beside()
{
	queue=$*
	(
		trap 'kill $child 2>/dev/null; exit 143' TERM
		for what in $queue; do
			start=$(date +%s)
			status=0
			nice -n 10 make -C build -j "$JOBS" "check-$what" >"$(log_of "$what")" 2>&1 </dev/null &
			child=$!
			wait $child || status=$?
			echo "$status $(($(date +%s) - start))" >"$(log_of "$what").status"
		done
	) &
	beside=$!
}

# joined() - waits for those of beside(), and tells of them
joined()
{
	wait "$beside" || true
	beside=''
	for what in $queue; do
		printf '%-28s' "$what"
		result=0 took='?'
		read -r result took <"$(log_of "$what").status" || result=1
		rm -f "$(log_of "$what").status"
		verdict "$result" "$took" || true
		count "$what" "$result"
	done
}

# lacking() WHAT REASON
lacking()
{
	skipped=$((skipped + 1))
	printf '%-28sskipped: %s\n' "$1" "$2"
	say "$1: $2" >>"$logs/skips"
}

check()
{
	start_all=$(date +%s)
	# for single tests: of the pages, which is large; of the module, which is called whenever a kernel is installed
	debian_packages="$debian_packages ?chromium ?dkms ?openssl" fedora_packages="$fedora_packages ?chromium-headless"
	deps
	build --enable-werror
	: >"$logs/skips"
	: >"$logs/held"
	trap '[ -z "$beside" ] || kill "$beside"; exit 130' INT TERM HUP
	test_jobs=$((JOBS * 3))

	set --
	for program in cppcheck clang; do
		if command -v $program >/dev/null; then
			set -- "$@" $program
		else
			lacking $program "no $program here"
		fi
	done
	beside "$@" dist
	suite 'make check' make -C build -j $test_jobs check
	joined

	if command -v valgrind >/dev/null; then
		beside valgrind
		suite 'sanitizers' make -C build -j $test_jobs check-asan
		joined
		# it looks at the whole host
		suite 'valgrind of avicd' make -C build check-valgrind-host
	else
		suite 'sanitizers' make -C build -j $test_jobs check-asan
		lacking 'valgrind' "no valgrind here"
	fi

	second_tries

	# makes its image and kernels first, from packages
	suite 'lab' make -C build check-lab

	if [ -s "$logs/skips" ]; then
		say
		say "Skipped:"
		sort -u "$logs/skips" | sed 's/^/  /'
	fi
	say
	say "logs: build/check/; $(($(date +%s) - start_all)) s"
	[ $unsteady -eq 0 ] || say "$unsteady passed only at the second try"
	say "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ]
}

case ${1-} in
'')
	generate
	say "Now: ./configure && make, or in a folder of its own: mkdir build && cd build && ../configure && make"
	;;
deps)
	deps
	;;
run)
	deps
	build
	exec env top_srcdir="$PWD" top_builddir="$PWD/build" tests/tour.sh
	;;
check)
	check
	;;
*)
	die "unknown: $1 (nothing, deps, run, check)"
	;;
esac
