# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: avicd is killed in the middle of a storm: it comes back, knows every VM and its boots again, and says nothing twice; no guest notices
. /lab/lab/guest/functions.sh
another_avicd() { [ "$(systemctl show -P ActiveState avicd.service)" = active ] && [ "$(avicd_pid)" != "$killed" ]; }
lab_begin

ok "a VM that gets stuck" vmm_start stuck create:vcpus=1 base-moved
stuck=$vmm_pid
ok "one that reboots" vmm_start storm create:vcpus=1 run
storm=$vmm_pid
is_now "the first is stuck" "$stuck" .condition stuck
is_now "the second is active" "$storm" .condition active
ok "a reset" vmm_do storm reset
is_now "is boot 1" "$storm" .boots 1
ok "interrupt windows" vmm_do storm irqwin:rate=500,background
is_now "are a storm" "$storm" .storm true

killed=$(avicd_pid)
kill -KILL "$killed"
ok "after kill -9 systemd starts it again" wait_for 20 another_avicd
is_now "the first VM is stuck, as before" "$stuck" .condition stuck
is_now "the storm goes on" "$storm" .storm true
is "the boot that was counted is not forgotten" "$(field "$storm" '"\(.boots) \(.boots_exact)"')" '1 false'
is "nor counted again" "$(journal "select(.AVICD_EVENT == \"vm-reboot\") | .MESSAGE" | wc -l)" 1
is "no VM is told to be gone" "$(journal "select(.AVICD_EVENT == \"vm-gone\") | .MESSAGE")" ''
ok "the guest of the storm did not notice" vmm_do storm irqwin-stop alive
diag "$(vmm_said storm)"
lab_done
