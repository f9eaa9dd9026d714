# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: how long avicctl fix deploy takes with idle VMs, to `verified`, beside insmod and the kernel's transition alone
#
# The goal is 5 s; one CPU that is emulated is far slower than a host. What avicd adds to insmod is the probe, before and after, in a VM of its own,
# the unit, and the book-keeping that keeps a livepatch that was not proved from the next boot.
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
: "${ROUNDS:=5}" "${VMS:=8}"

echo 7 >"$bugs"
avicd_conf 'libvirt_uri = none' 'livepatch_deadline = 60s'
ok "avicd starts" avicd_start
ok "the kernel has the bugs" wait_for 30 host_json_is .probe.reboot.result vulnerable
ok "the module" livepatch_install avicd_livepatch
vm=0
while [ $vm -lt "$VMS" ]; do
	vm=$((vm + 1))
	vmm_start idle$vm create || bail_out "VM $vm does not start"
done
# took NAME COMMAND... - its milliseconds, in $tmp/took
took()
{
	_what=$1 _begun=$(_now_ms)
	shift
	"$@" >"$tmp/out" 2>&1 || bail_out "$*: $(cat "$tmp/out")"
	echo "$_what $(($(_now_ms) - _begun))" >>"$tmp/took"
}
round=0
while [ $round -lt "$ROUNDS" ]; do
	round=$((round + 1))
	# shellcheck disable=SC2086 # words
	took insmod livepatch_load $offsets
	livepatch_unload || bail_out "the livepatch does not go"
	took deploy avicctl fix deploy
	took rollback avicctl fix rollback
done
for what in insmod deploy rollback; do
	sed -n "s/^$what //p" "$tmp/took" | sort -n | awk -v what=$what -v vms="$VMS" '
		{ ms[NR] = $1 }
		END { printf "%s_ms %d ms, of %d rounds %d to %d, %d idle VMs%s\n", what, ms[int((NR + 1) / 2)], NR, ms[1], ms[NR], vms,
			what == "deploy" ? " (goal <= 5000)" : "" }'
done >"$LAB_OUT/figures"
diag "$(cat "$LAB_OUT/figures")"
is "figures of all" "$(grep -c ' ms, ' "$LAB_OUT/figures")" 3
kernel_is_well
lab_done
