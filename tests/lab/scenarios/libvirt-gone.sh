# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: libvirtd is killed, then away with its sockets, and comes back: its VMs stay watched under their names, nothing is forgotten or told twice
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
units='libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service'
libvirt_is() { [ "$(avicctl --json=short status | jq -r '.libvirt[0].connected')" = "$1" ]; }
# of this domain: libvirtd makes VMs of its own when it asks QEMU what it can do
counted() { journal "select(.AVICD_EVENT == \"$1\" and .AVICD_PID == \"$pid\") | .MESSAGE" | wc -l; }
what='"\(.name) \(.managed) \(.condition) \(.boots) \(.boots_exact)"'

lab_begin
ok "a domain" domain_boot vm "$pit_discard"
pid=$domain_pid
is_now "is active" vm "$what" 'vm true active 0 true'
ok "avicd is connected" libvirt_is true

ok "libvirtd is killed, and systemd starts it again" systemctl kill -s KILL libvirtd.service
ok "which avicd tells" wait_for 10 said 'libvirt .*: libvirt closed the connection; not connected'
ok "it connects again" wait_for 30 libvirt_is true

# shellcheck disable=SC2086 # words
cleanup_fn systemctl start $units
# shellcheck disable=SC2086 # words
systemctl stop $units 2>/dev/null
ok "libvirtd is stopped, with its sockets" wait_for 10 libvirt_is false
is "the domain is known as before" "$(field vm "$what")" 'vm true active 0 true'
like "status says how things are in a line" "$(avicctl status)" 'libvirt: qemu:///system: not connected, '
ok "the guest resets itself" domain_tell vm r
is_now "which is boot 1" vm "$what" 'vm true active 1 true'
ok "a VM that libvirt does not know" vmm_start other create:vcpus=1 base-moved
is_now "is watched too" "$vmm_pid" '"\(.managed) \(.condition)"' 'false stuck'
agrees "what avicd said agrees with the recording"
ok "avicd is restarted without libvirt" avicd_restart
is_now "it knows the domain by QEMU's own words" vm '"\(.name) \(.condition) \(.boots)"' 'vm active 1'

systemctl start libvirtd.service
ok "libvirtd starts, avicd connects" wait_for 30 libvirt_is true
is_now "the domain is what it was" vm "$what" 'vm true active 1 false'
is "its boot was told once" "$(counted vm-reboot)" 1
is "and no end" "$(counted vm-gone)" 0
ok "its guest lives" domain_lives vm
kill -KILL "$pid"
ok "until its QEMU is killed, which is told" wait_for 10 said_event vm-gone "$pid"
lab_done
