# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: a stuck domain is armed for a cold reboot, by avicd-job under its unit: when its guest reboots it gets a new process, and AVIC with it
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
lab_begin
ok "a domain" domain_two big /var/lib/libvirt/images/big.img
old=$domain_pid
is_now "is active" big .condition active
# the bug stays: what is begun anew needs no other kernel
echo 1 >"$bugs"
is "the kernel has the bug" "$(probed)" "reboot vulnerable, disabled fixed, large-id unprovable"
virsh -q reset big
ok "it reboots" wait_for 30 domain_booted big 2
is_now "stuck by the bug" big '"\(.condition) \(.cause)"' "stuck kernel-bug"
job=$(avicctl remedy run --remedy=cold-reboot --no-wait big)
like "a person asks for a cold reboot" "$job" '^cold-reboot-[0-9a-f]+: begun; see: avicctl remedy show cold-reboot-'
job=${job%%:*}
phase() { [ "$(avicctl --json=short remedy show "$job" | jq -r .phase)" = "$1" ]; }
ok "it is armed" wait_for 30 phase armed
is "nothing happens to the guest" "$(cat /run/libvirt/qemu/big.pid)" "$old"
ok "which lives" domain_lives big
ok "until it reboots" domain_tell big r
told() { journal 'select(.AVICD_EVENT == "remedy") | .MESSAGE' | grep -q "$1"; }
ok "in a new process" wait_for 60 told '^domain big: cold-reboot done: The guest rebooted in a new process'
not_ok "which is another one" test "$(cat /run/libvirt/qemu/big.pid)" = "$old"
is_now "AVIC is there" big '"\(.condition | sub("transient"; "active")) \([.reasons[] | select(.set) | .name] - ["IRQWIN"])"' 'active []'
ok "its guest lives" domain_lives big
is "and has begun a third time" "$(tr -dc B <"$serial_logs/big.serial" | wc -c)" 3
like "it is as it was" "$(virsh -q dumpxml big)" '<on_reboot>restart</on_reboot>'
lab_done
