# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: the process id of a VM that ended belongs to another VM at once: nothing of the one is said of the other
. /lab/lab/guest/functions.sh
told() { journal "select(.AVICD_PID == \"$pid\") | .MESSAGE" | grep -c "$1"; }
told_twice() { [ "$(told "$1")" -eq 2 ]; }
lab_begin 'libvirt_uri = none'

ok "a VM that gets stuck" vmm_start first create:vcpus=1 base-moved run
pid=$vmm_pid
is_now "is stuck" "$pid" .condition stuck
ok "a reset" vmm_do first wait:2 reset
is_now "is boot 1" "$pid" .boots 1
agrees "what avicd said agrees with the recording"

# avicd may learn of the end and of the beginning in one turn
kill -STOP "$(avicd_pid)"
kill_wait "$pid" KILL
record_start
vmm_as=$pid
ok "it is killed, and another begins while avicd cannot look" vmm_start second create:vcpus=1 run
is "with the same process id" "$vmm_pid" "$pid"
kill -CONT "$(avicd_pid)"
is_now "that one is active at boot 0, of which nothing was missed" "$pid" \
	'"\(.condition) \(.mask_hex) \(.boots) \(.boots_exact) \(.episodes)"' 'active 0x0 0 true 0'
ok "the end of the first is told" said_event vm-gone "$pid"
ok "and the beginning of both" wait_for 10 told_twice 'watched from now on'
ok "the second gets stuck" vmm_do second base-moved
is_now "which is an episode of its own" "$pid" '"\(.condition) \(.episodes)"' 'stuck 1'
ok "a reset" vmm_do second wait:2 reset
is_now "is boot 1" "$pid" .boots 1
agrees "what avicd said agrees with the recording"

ok "avicd stops" avicd_stop
kill_wait "$pid" KILL
ok "the second is killed, and a third begins before avicd does" vmm_start third create:vcpus=1 run
is "with the same process id" "$vmm_pid" "$pid"
ok "avicd starts" avicd_start
is_now "what avicd remembers of that id is not said of the third" "$pid" '"\(.condition) \(.mask_hex) \(.boots) \(.boots_exact)"' 'active 0x0 0 false'
record_start

ok "the process executes itself, and makes another VM" vmm_do third exec create:vcpus=1 base-moved
is_now "which is stuck, as nobody was before" "$pid" '"\(.condition) \(.episodes)"' 'stuck 1'
lab_done
