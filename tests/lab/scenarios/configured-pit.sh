# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: a domain with libvirt's default PIT is configured; the XML that avicd prints as remedy, applied to it, cures it, and its guest lives
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
# Only interrupts of the PIC may still be waited for.
cured='(.condition | sub("transient"; "active")) + " \([.reasons[] | select(.name == "PIT_REINJ") | .set] | any)"'
lab_begin
ok "a domain with libvirt's default PIT" domain_boot pit
old=$domain_pid
is_now "is known" pit '"\(.pid) \(.managed)"' "$old true"
# not the whole mask: interrupts of its PIT wait for a guest that never takes one, so IRQWIN may be set too
is_now "is configured" pit '"\(.condition) \(.headline) " + (.reasons[] | select(.name == "PIT_REINJ") | "\(.set) \(.class) \(.cause)")' \
	'configured PIT_REINJ true config vm-config'
ok "its guest lives" domain_lives pit
ok "told, with cause and remedy" wait_for 10 said_event vm-configured "$old" '.AVICD_REASON == "PIT_REINJ" and .AVICD_CAUSE == "vm-config"'
remedy=$(journal 'select(.AVICD_EVENT == "vm-configured") | .AVICD_REMEDY' | tail -n 1)
like "the remedy is XML, and where it belongs" "$remedy" '^<timer [^<>]*/> in <clock>, or <ioapic [^<>]*/> in <features>'
is "avicctl show has the same" "$(field pit '.reasons[] | select(.name == "PIT_REINJ") | .remedy')" "$remedy"
ok "and so prints it" test "$(avicctl show pit | tr -s ' \n' ' ' | grep -cF "$remedy")" -eq 1

# cure() XML ELEMENT - what avicd printed, into that element of the domain as libvirt has it; and a power cycle, as it says
cure()
{
	virsh -q dumpxml --inactive pit | sed "s|<$2\( [^>]*\)*/>|<$2\1></$2>|; s|</$2>|$1&|" >"$tmp/cured.xml"
	grep -qF "$1" "$tmp/cured.xml" || return
	virsh -q "define $tmp/cured.xml; destroy pit; start pit" || return
	domain_pid=$(cat /run/libvirt/qemu/pit.pid)
}
domain_begun() { [ "$(tr -dc B </var/log/libvirt/pit.serial | wc -c)" -ge "$1" ]; }
timer=$(echo "$remedy" | sed -n 's|.*\(<timer [^<>]*/>\) in <clock>.*|\1|p')
ok "applied, and power-cycled: $timer" cure "$timer" clock
is_now "it is cured" pit '"\(.pid) \(.condition) \(.mask_hex)"' "$domain_pid active 0x0"
ok "the guest boots" wait_for 20 domain_begun 2
ok "and lives, without an APIC" domain_lives pit
is "still cured" "$(field pit "$cured")" "active false"
ok "the end of the VM before is told" said_event vm-gone "$old"

# the other one, alone
virsh -q dumpxml --inactive pit | grep -v "name='pit'" >"$tmp/cured.xml"
ok "back to libvirt's default PIT" virsh -q define "$tmp/cured.xml"
unlike "with no timer of ours" "$(virsh -q dumpxml --inactive pit)" tickpolicy
ioapic=$(echo "$remedy" | sed -n 's|.*\(<ioapic [^<>]*/>\) in <features>.*|\1|p')
ok "the other remedy: $ioapic" cure "$ioapic" features
is_now "it is cured" pit '"\(.pid) \(.condition) \(.mask_hex)"' "$domain_pid active 0x0"
ok "and its guest lives" wait_for 20 domain_begun 3
is "still cured" "$(field pit "$cured")" "active false"
lab_done
