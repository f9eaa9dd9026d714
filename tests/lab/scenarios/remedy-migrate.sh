# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: a domain that the bug has left stuck is migrated by policy to another libvirtd, by avicd-job under its unit, and is active there
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
# Node b: another libvirtd of this VM, with its socket where the unit sees it; its kernel is ours, and so is what avicd says there. No recording: two
# libvirtds that ask QEMU what it can do take the time.
NODE_HOME=/srv
cleanup_fn node_stop_all
node_start b || bail_out "node b"
# else it asks QEMU when avicd-job waits
virsh -q capabilities >/dev/null
mkdir "$NODE_BASE/b/lib/images"
avicd_conf 'remedy_delay = 0' 'target_reports = file:///run/avicd/' "migrate_targets = $(node_uri b),migrate=unix://$NODE_BASE/way"
ok "avicd starts" avicd_start
ok "a domain" domain_two big "$NODE_BASE/big.img"
old=$domain_pid
is_now "is active" big .condition active
echo 1 >"$bugs"
is "the kernel has the bug" "$(probed)" "reboot vulnerable, disabled fixed, large-id unprovable"
virsh -q reset big
ok "it reboots" wait_for 30 domain_booted big 2
is_now "stuck by the bug" big '"\(.condition) \(.cause)"' "stuck kernel-bug"
# as node b's is, so that it is a good target; without x2AVIC the bug of large ids is nothing to this VM
echo 0 >"$bugs"
is "a kernel without the bug" "$(probed)" "reboot fixed, disabled fixed, large-id unprovable"
told() { journal 'select(.AVICD_EVENT == "remedy") | .MESSAGE' | grep -q "$1"; }
not_ok "nothing is done unasked" told .
ok "remedy=auto in its metadata" avicctl policy set big remedy=auto
ok "migrated, by policy" wait_for 40 told '^domain big: migrate begins, by policy'
ok "and done" wait_for 60 told 'migrate done: It runs on .*, and is \(active\|transient\) there'
is "it runs there" "$(node_virsh b domstate big)" running
is "and not here" "$(virsh -q list --all --name)" ''
new=$(node_guest_pid b big)
not_ok "in another process" test "$new" = "$old"
# its PIC may still wait for the guest to take an interrupt: IRQWIN
is_now "AVIC is there" "$new" '"\(.condition | sub("transient"; "active")) \([.reasons[] | select(.set) | .name] - ["IRQWIN"])"' 'active []'
unlike "the pause of the migration was no recovery" "$(journal)" 'big .*recovered'
serial_logs=$NODE_BASE/b/log serial_sockets=$NODE_BASE/b/lib/images
ok "its guest lives on" domain_lives big
not_ok "without having booted again" domain_booted big 1
lab_done
