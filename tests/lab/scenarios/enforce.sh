# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: policy=enforce under libvirtd: what would lose AVIC is not started, and with the remedy that was told it starts and has AVIC
. /lab/lab/guest/functions.sh
. /lab/lab/guest/domains.sh
require="<metadata><avic:policy xmlns:avic='https://avicd.org/domain/1' mode='require'/></metadata>"

cleanup_fn avicctl hook remove
# 3: a libvirtd that runs since the boot does not know of it yet
avicctl hook install >"$tmp/install"
status=$?
ok "avicctl hook install" test $status -eq 0 -o $status -eq 3 || diag "$status: $(cat "$tmp/install")"
ok "libvirtd is restarted" systemctl restart libvirtd
ok "and knows of the hook" avicctl hook status
lab_begin 'policy = enforce'

# hook_said() EVENT - of which domains
hook_said()
{
	journalctl -o json --no-pager --after-cursor="$(cat "$cursor")" | jq -r "select(.AVICD_EVENT == \"$1\") | .DOMAIN_NAME" | xargs
}
hook_said_is() { [ "$(hook_said "$1")" = "$2" ]; }
said=$(domain_boot needs "$require" 2>&1)
ok "a domain that requires AVIC and has libvirt's default PIT does not start" test $? -ne 0
like "is refused: its user reads why" "$said" 'avicd: domain needs: AVIC will not work'
like "and what to do" "$said" "^avicd: remedy: .*tickpolicy='discard'"
is "no VM was made" "$(avicctl --json=short list | jq 'map(select(.name == "needs")) | length')" 0
ok "it is in the journal" wait_for 5 hook_said_is hook-refused needs

ok "with the remedy it starts, and its guest lives" domain_boot cured "$require$pit_discard"
is_now "and has AVIC" cured '"\(.condition) \(.mask_hex)"' 'active 0x0'
ok "a domain that does not require it starts" domain_boot may
is_now "and has none, as it was warned" may '"\(.condition) \(.headline)"' 'configured PIT_REINJ'
ok "the warning is in the journal" wait_for 5 hook_said_is hook-warned may
like "and with the VM" "$(avicctl show may)" 'Hook: warned'

# a guest that runs is never harmed
ok "libvirtd is restarted" systemctl restart libvirtd
ok "the guests live" domain_lives cured
is "all of them" "$(virsh -q list --name | sort | xargs)" 'cured may'
lab_done
