# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: a domain whose PIT keeps AVIC inhibited is restored with another XML, by avicd-job under its unit: AVIC is there, and its guest lives on
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
# remedy() WORD... - $remedy_status, and what it said in $tmp/remedy
remedy()
{
	avicctl remedy "$@" >"$tmp/remedy" 2>"$tmp/remedy.err"
	remedy_status=$?
}
lab_begin
# as virt-install writes it
ok "a domain with tickpolicy='delay'" domain_boot pit "<clock offset='utc'><timer name='pit' tickpolicy='delay'/></clock>"
old=$domain_pid
is_now "is configured" pit '"\(.condition) \(.headline)"' 'configured PIT_REINJ'
ok "its guest lives" domain_lives pit
remedy plan pit
like "nothing is done unasked" "$(cat "$tmp/remedy")" '^  restore +report: '
remedy run pit
is "nor by asking for just any" "$remedy_status $(cat "$tmp/remedy.err")" \
	"20 avicctl: heal: cause: no ground to act: its cause is not known, the guest's own, or would be there again; see: avicctl remedy plan pit"
remedy run --remedy=migrate pit
is "a migration would not help" "$remedy_status" 20
remedy run --remedy=restore --dry-run pit
is "a dry run finds nothing against a restore" "$remedy_status" 0 || diag "$(cat "$tmp/remedy" "$tmp/remedy.err")"
is "and changes nothing" "$(cat /run/libvirt/qemu/pit.pid)" "$old"
begun=$(_now_ms)
remedy run --remedy=restore pit
is "restored" "$remedy_status" 0 || diag "$(cat "$tmp/remedy" "$tmp/remedy.err")"
diag "in $(($(_now_ms) - begun)) ms on an emulated CPU: $(cat "$tmp/remedy")"
new=$(cat /run/libvirt/qemu/pit.pid)
not_ok "in another process" test "$new" = "$old"
# its PIC may still wait for the guest to take an interrupt: IRQWIN
is_now "AVIC is there" pit '"\(.pid) \(.condition | sub("transient"; "active")) \([.reasons[] | select(.name == "PIT_REINJ") | .set] | any)"' "$new active false"
ok "its guest lives on" domain_lives pit
is "without having booted again" "$(tr -dc B </var/log/libvirt/pit.serial | wc -c)" 1
like "its definition has it, too" "$(virsh -q dumpxml --inactive pit)" "tickpolicy='discard'"
is "no image is left" "$(ls /var/lib/avicd/images 2>/dev/null)" ''
like "the journal has begin and end" "$(journal 'select(.AVICD_EVENT == "remedy") | .MESSAGE')" '^domain pit: restore done: '
remedy jobs
like "so has avicctl remedy jobs" "$(cat "$tmp/remedy")" '^restore-[0-9a-f]+ pit +restore +done '
lab_done
