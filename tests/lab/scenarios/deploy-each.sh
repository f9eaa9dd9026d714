# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: each of the three bugs alone is proved, livepatched, proved gone, and back after the rollback; a module for another kernel is refused
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
# fix WORD... - $fix_status, and what it said in $tmp/fix
fix()
{
	avicctl fix "$@" >"$tmp/fix" 2>"$tmp/fix.err"
	fix_status=$?
}
# meets BUG NAME - a new VM, $vmm_pid, that the bug leaves stuck where it is there
meets()
{
	case $1 in
	reboot) vmm_start "$2" create && vmm_do "$2" x2apic-reboot ;;
	disabled) vmm_start "$2" create && vmm_do "$2" disabled-reboot ;;
	large-id) vmm_start "$2" create:vcpus=1 big-id:300 ;;
	esac
}

from_dkms()
{
	if [ ! -e /usr/local/lib/lab/dkms.ko ]; then
		skip "the module of DKMS" "it could not be built: no dkms where the lab was made"
		return
	fi
	rm "$module"
	mkdir -p "$dkms" && cp /usr/local/lib/lab/dkms.ko "$dkms/avicd_livepatch.ko" && depmod
	fix deploy --dry-run
	like "the module of DKMS is found" "$(cat "$tmp/fix")" "^would load $dkms/avicd_livepatch\.ko"
}
dkms=/lib/modules/$(uname -r)/updates/dkms
dkms_away() { rm -rf "$dkms" && depmod; }
cleanup_fn dkms_away

ok "kvm_amd with x2AVIC" with_x2avic
avicd_conf 'livepatch_deadline = 20s'
ok "avicd starts" avicd_start
for alone in 1:reboot 2:disabled 4:large-id; do
	bug=${alone#*:}
	echo "${alone%:*}" >"$bugs"
	here="reboot fixed, disabled fixed, large-id fixed"
	is "$bug alone: proved" "$(probed)" "$(echo "$here" | sed "s/$bug fixed/$bug vulnerable/")"
	ok "$bug: a VM meets it" meets "$bug" "old-$bug"
	is_now "$bug: and is stuck by it" "$vmm_pid" '"\(.condition) \(.cause)"' "stuck kernel-bug"
	[ "$bug" != reboot ] || {
		# the right module, that says it is of another release
		mkdir -p "${module%/*}"
		LC_ALL=C sed "s/vermagic=6\.1\./vermagic=6.2./" <"$livepatch" >"$module"
		fix deploy
		is "a module for another kernel: refused" $fix_status 12
		like "and said why" "$(cat "$tmp/fix" "$tmp/fix.err")" '6\.2\..*6\.1\.|another kernel'
		ok "nothing is loaded" livepatch_is_gone
		ok "nor marked" test ! -e "$state/trying" -a ! -e "$state/verified"
		ok "the right one" livepatch_install avicd_livepatch
	}
	# another module for each: DKMS's, where it has put it, is taken when there is no other
	[ "$bug" != disabled ] || from_dkms
	fix deploy
	is "$bug: fix deploy" "$fix_status $(cat "$tmp/fix")" "0 verified: the probe finds the bug no more"
	is "$bug: proved gone" "$(probed)" "$here"
	ok "$bug: another VM" meets "$bug" "new-$bug"
	is_now "$bug: is not stuck" "$vmm_pid" "$verdict" "active 0x0"
	fix rollback
	is "$bug: fix rollback" $fix_status 0
	is "$bug: it is back" "$(probed)" "$(echo "$here" | sed "s/$bug fixed/$bug vulnerable/")"
done
kernel_is_well
lab_done
