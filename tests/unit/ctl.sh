# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034
# What the tests of avicctl share: what a run of it printed, and what it should have. Sourced first; sources functions.sh.
. "${top_srcdir:=.}/tests/functions.sh"

[ -x "$top_builddir/avicctl" ] || skip_all "avicctl is not built"
data=$top_srcdir/tests/data
canned=$top_builddir/tests/unit/canned-avicd
PATH=$top_builddir:$PATH
COLUMNS=80 TZ=UTC TERM=xterm
export PATH COLUMNS TZ TERM
unset NO_COLOR PAGER

# state NAME [WRITTEN_AT] [BOOT_ID] - what avicd left behind: a fixture, by default written now and in this boot of the host
state()
{
	sed "s/@NOW@/${2:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}/; s/@BOOT_ID@/${3:-$(cat /proc/sys/kernel/random/boot_id)}/" \
		"$data/state/$1.json" >"$RUNTIME_DIRECTORY/state.json"
}

# run COMMAND... - $out, $err, $status
run()
{
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	out=$(cat "$tmp/out") err=$(cat "$tmp/err")
}

# prints NAME STATUS FILE COMMAND... - what the command prints is in tests/data/ctl/FILE, and no line is wider than 80 columns
prints()
{
	_what=$1 _expected=$2 _file=$3
	shift 3
	run "$@"
	is "$_what: exit code" $status "$_expected"
	ok "$_what: output" diff -u "$data/ctl/$_file" "$tmp/out"
	is "$_what: 80 columns" "$(grep -E '.{81}' "$data/ctl/$_file")" ''
}

# fails STATUS ERE COMMAND... - nothing on stdout, one line on stderr
fails()
{
	_expected=$1 _pattern=$2
	shift 2
	run "$@"
	is "$*: exit code" $status "$_expected"
	is "$*: nothing on stdout" "$out" ''
	is "$*: one line on stderr" "$(wc -l <"$tmp/err")" 1
	like "$*: says why" "$err" "^avicctl: .*$_pattern"
}
