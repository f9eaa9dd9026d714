# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# The livepatch module, in scenarios: loaded, unloaded, asked to heal. Sourced after functions.sh.

livepatch=/usr/local/lib/lab/avicd_livepatch.ko
[ -e $livepatch ] || skip_all "the livepatch module could not be built for this kernel; run has said why"
offsets=$(/usr/local/lib/lab/offsets) || bail_out "no offsets of struct kvm_lapic"
_patch=/sys/kernel/livepatch/avicd_livepatch
_parameters=/sys/module/avicd_livepatch/parameters
_mark="lab: begin of $$"
echo "$_mark" >/dev/kmsg

# kernel_said() - the kernel's log since the scenario began
kernel_said() { dmesg | sed -n "/$_mark/,\$p"; }

# livepatch_load WORD... - with these parameters; returns when each task runs the new function
livepatch_load() { insmod $livepatch "$@" && wait_for 60 _transition_is_over; }
_transition_is_over() { [ "$(cat $_patch/transition 2>/dev/null)" = 0 ]; }

# livepatch_unload() - disabled, no task in it any more, and gone
livepatch_unload() { echo 0 >$_patch/enabled && wait_for 60 _is_disabled && rmmod avicd_livepatch; }
_is_disabled() { [ ! -d $_patch ]; }

# heal() PROCESS - what writing it to heal_tgid leads to: "healed", or the error's text
heal()
{
	if printf %s "$1" | dd "of=$_parameters/heal_tgid" 2>"$tmp/heal"; then
		echo healed
	else
		sed -n '1s/.*: //p' "$tmp/heal"
	fi
}

# healed_now() NAME VM JQ VALUE - is_now, after heal: its event came in the process that wrote, not the VM's, so that avicd has to look
healed_now()
{
	busctl call org.avicd1 /org/avicd1 org.avicd1.Manager Resync >/dev/null
	is_now "$@"
}

# kernel_is_well() - a check: nothing in its log that a kernel developer would want to see
kernel_is_well()
{
	unlike "the kernel has no complaint" "$(kernel_said)" 'WARNING|BUG|Oops|lockdep|protection fault|Call Trace|hung|stall'
}

# ---- by avicd-livepatch, under its unit -----------------------------------------------------------------------------
# $state: its marks; $module: where it looks for the module first, a file that the scenario puts there
state=/var/lib/avicd/livepatch
build_id=$(od -An -v -tx1 -j 16 /sys/module/kvm/notes/.note.gnu.build-id | tr -d ' \n')
module=$state/$build_id/avicd_livepatch.ko
boot_id=$(cat /proc/sys/kernel/random/boot_id)
other_boot=99999999-2222-3333-4444-555555555555

# unit() ACTION - starts it; prints its exit status and the last line that it said
unit()
{
	_since=$(journalctl -n 1 -o export --no-pager | sed -n 's/^__CURSOR=//p')
	systemctl start "avicd-livepatch@$1.service" 2>/dev/null
	_status=$(systemctl show -P ExecMainStatus "avicd-livepatch@$1.service")
	# a journal on an emulated CPU is a moment behind
	wait_for 5 _unit_said
	echo "$_status $_said"
	[ "$_status" = 0 ] || systemctl reset-failed "avicd-livepatch@$1.service" 2>/dev/null
}
# No filter of journalctl's: with one it skips the first entry behind a cursor.
_unit_said()
{
	_said=$(journalctl --after-cursor="$_since" -o short --no-pager | sed -n 's/^.* avicd-livepatch\[[0-9]*\]: //p' | tail -n 1)
	[ -n "$_said" ]
}
# does() NAME ACTION ERE - a check of what unit prints
does() { like "$1" "$(unit "$2")" "$3"; }
livepatch_is_whole() { [ "$(cat $_patch/enabled 2>/dev/null) $(cat $_patch/transition 2>/dev/null)" = "1 0" ]; }
livepatch_is_gone() { [ ! -e /sys/module/avicd_livepatch ]; }
# mark() NAME BOOT [SHA256 [BUILD-ID]] - as avicd writes it
mark()
{
	mkdir -p "$state"
	printf '{"kvm_build_id": "%s", "boot_id": "%s", "module_sha256": "%s", "at": 1700000000000000}\n' "${4:-$build_id}" "$2" \
		"${3:-$(sha256sum <$livepatch | cut -d' ' -f1)}" >"$state/$1"
}

# livepatch_install() NAME - that module (avicd_livepatch, useless) where `avicctl fix build` puts the one that it makes
livepatch_install()
{
	mkdir -p "${module%/*}" && cp "/usr/local/lib/lab/$1.ko" "$module"
}
manager_is() { [ "$(manager "$1")" = "$2" ]; }
host_json_is() { [ "$(jq -r "$1" /run/avicd/host.json)" = "$2" ]; }
