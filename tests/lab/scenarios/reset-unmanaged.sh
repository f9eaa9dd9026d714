# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: without libvirt each reset of a guest is a boot, by the tracepoint: of a VMM's doing
. /lab/lab/guest/functions.sh
lab_begin 'libvirt_uri = none'

ok "a VM" vmm_start vm create run
vm=$vmm_pid
is_now "is active at boot 0" "$vm" '"\(.condition) \(.boots) \(.boots_exact)"' 'active 0 true'
ok "a reset" vmm_do vm reset
is_now "is boot 1" "$vm" .boots 1
ok "is told" said_event vm-reboot "$vm"
ok "two resets at once, a while later" vmm_do vm wait:3 reset reset
is_now "are one boot" "$vm" .boots 2
ok "a VM that is stopped and goes on" vmm_do vm stop wait:1 run wait:1
is "has not been reset" "$(field "$vm" .boots)" 2

# as with hundreds of vCPUs: the machine's own first reset is no boot, and the guest's first one is not taken for it
ok "a VM that takes long to make" vmm_start late create:vcpus=1,late=2 run
late=$vmm_pid
is_now "is at boot 0" "$late" '"\(.condition) \(.boots)"' 'active 0'
ok "its first reset" vmm_do late reset
is_now "is boot 1" "$late" .boots 1
ok "one by QEMU before 7.1, which keeps the guest's clock" vmm_do late wait:6 'reset old'
is_now "is boot 2" "$late" .boots 2
lab_done
