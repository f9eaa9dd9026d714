# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: the power goes while the livepatch is tried, and when it is proved; at the next boot it is not loaded, and loaded; lockdown refuses it
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
block=/sys/module/kvm/parameters/lab_block
with_bug=/etc/modprobe.d/lab-power-cut.conf
state_is() { [ "$(manager LivepatchState)" = "$1" ]; }
marks() { (cd "$state" && find . -name trying -o -name verified) | tr -d '\n'; }
# at_boot() - how the boot's unit ended, and what it said
at_boot()
{
	echo "$(systemctl show -P ExecMainStatus avicd-livepatch@boot.service) $(journalctl -b -o cat --no-pager -u avicd-livepatch@boot.service | tr '\n' ' ')"
}
up() { wait_for 60 systemctl is-active --quiet avicd.service; }
next_boot() { avicctl fix status | tr -s ' \n' ' '; }

case $part in
1)
	# A host that has been so for long: the kernel has the bug from its start, both units are enabled, the module is there.
	echo 'options kvm lab_bugs=1' >$with_bug
	echo 1 >"$bugs"
	ok "both units are enabled" systemctl enable avicd.service avicd-livepatch@boot.service
	ok "the module" livepatch_install avicd_livepatch
	avicd_conf 'livepatch_deadline = 60s'
	ok "avicd starts" avicd_start
	# the transition stays where it is
	ok "a VM" vmm_start held create x2apic-on
	echo "$vmm_pid" >$block
	printf '%s\n' x2apic-reboot done >"$tmp/vmm-held.in"
	_held() { cat "/proc/$vmm_pid"/task/*/stack | grep -q kvm_lapic_xapic_id_updated; }
	ok "is in the function that is replaced" wait_for 20 _held
	# what is installed and configured has long been on the disk
	sync
	avicctl fix deploy >"$tmp/fix" 2>&1 &
	ok "the livepatch is loaded, and not yet proved" wait_for 20 state_is transition
	is "which is marked" "$(marks)" ./trying
	power_cut 2
	;;
2)
	ok "after the power cut avicd comes up" up
	ok "the livepatch is not loaded" livepatch_is_gone
	is "the mark was on the disk" "$(marks)" ./trying
	ok "whole, and of another boot" jq -e --arg b "$boot_id" '.boot_id != $b and .kvm_build_id != ""' "$state/trying"
	like "the boot's unit says it" "$(at_boot)" '^1 .*the machine went down while the livepatch was tried'
	like "so does avicd" "$(journalctl -b -o cat --no-pager -u avicd.service)" 'went down'
	like "and fix status" "$(next_boot)" 'Next boot: .*went down'
	is "the probe finds the bug" "$(probed)" "reboot vulnerable, disabled fixed, large-id unprovable"
	avicctl fix deploy >"$tmp/fix" 2>&1
	is "a person may try again" "$?" 0
	is "it is proved" "$(manager LivepatchState)" verified
	is "which is marked" "$(marks)" ./verified
	power_cut 3
	;;
3)
	ok "after the next one it comes up" up
	is "the proof was on the disk" "$(marks)" ./verified
	ok "the livepatch is loaded" livepatch_is_whole
	like "by the boot's unit" "$(at_boot)" '^0 .*avicd_livepatch\.ko is loaded'
	ok "before avicd, which comes before libvirtd" test "$(systemctl show -P ExecMainExitTimestampMonotonic avicd-livepatch@boot.service)" -le \
		"$(systemctl show -P ExecMainStartTimestampMonotonic avicd.service)"
	ok "avicd proves it again" wait_for 30 state_is verified
	is "the bug is gone" "$(probed)" "reboot fixed, disabled fixed, large-id unprovable"
	ok "rolled back" avicctl fix rollback
	is "no mark is left" "$(marks)" ''

	# Only a boot takes it back.
	echo integrity >/sys/kernel/security/lockdown
	is "lockdown" "$(grep -o '\[.*\]' /sys/kernel/security/lockdown)" '[integrity]'
	avicctl fix deploy >"$tmp/fix" 2>"$tmp/fix.err"
	is "the kernel loads nothing that is not signed: 15" $? 15
	like "which is said, with what to do" "$(cat "$tmp/fix" "$tmp/fix.err")" 'lockdown.*sign'
	ok "nothing is loaded" livepatch_is_gone
	is "nor marked" "$(marks)" ''
	ok "avicd watches on" vmm_start locked create
	is_now "and sees what a VM does" "$vmm_pid" .condition active
	power_cut 4
	;;
4)
	ok "without lockdown again" up
	like "what was rolled back stays so" "$(at_boot)" '^0 .*no livepatch was proved'
	ok "nothing is loaded" livepatch_is_gone
	rm $with_bug
	echo 0 >"$bugs"
	systemctl disable --quiet avicd.service
	kernel_is_well
	lab_done
	;;
esac
