# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: fix deploy while eight VMs live, one of them in a storm of interrupt windows: stuck ones are healed at once, none is harmed, none is lost
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
vms() { avicctl --json=short list | jq -r "$1"; }
echo 1 >"$bugs"
# No recording: that a VM is healed at once is an event of another process.
avicd_conf 'libvirt_uri = none'
ok "avicd starts" avicd_start
ok "the module is there" livepatch_install avicd_livepatch
ok "a VM that runs" vmm_start storm create:vcpus=1 run
storm=$vmm_pid
stuck=''
for i in 1 2 3 4 5 6 7; do
	vmm_start "vm$i" create || bail_out "no VM $i"
	[ $((i % 2)) = 0 ] || stuck="$stuck $vmm_pid"
done
is_now "the last of eight is active" "$vmm_pid" .condition active
for i in 1 3 5 7; do
	vmm_do "vm$i" x2apic-reboot || bail_out "VM $i does not reboot"
done
for pid in $stuck; do
	is_now "stuck by its reboot" "$pid" '"\(.condition) \(.cause)"' "stuck kernel-bug"
done
ok "a storm" vmm_do storm irqwin:background
is_now "is one" "$storm" .storm true
ok "fix deploy --heal=now" avicctl fix deploy --heal=now
for pid in $stuck; do
	is_now "healed, without a reset" "$pid" "$verdict" "active 0x0"
done
ok "the storm has gone on" vmm_do storm wait:1 irqwin-stop
diag "$(vmm_said storm | grep '^ok irqwin-stop')"
is "all eight are there" "$(vms length)" 8
is "and none is stuck" "$(vms 'map(select(.condition == "stuck")) | length')" 0
is "no event was lost" "$(manager EventsLost)" 0
for i in 1 2 3 4 5 6 7; do
	ok "VM $i reboots" vmm_do "vm$i" x2apic-reboot
done
is_now "and stays active" "$vmm_pid" "$verdict" "active 0x0"
ok "fix rollback" avicctl fix rollback
is "all eight are there still" "$(vms length)" 8
kernel_is_well
lab_done
