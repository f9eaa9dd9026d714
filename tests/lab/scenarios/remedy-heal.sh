# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: remedy=auto: a VM that the bug has left stuck is healed by policy as soon as a livepatch is proved, and not before; each refusal names its rule
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh

echo 7 >"$bugs"
# No recording: these VMs do not run.
avicd_conf 'livepatch_deadline = 20s' 'remedy_interval = 0' 'remedy_delay = 0' '[domain *]' 'remedy = auto'
ok "avicd starts" avicd_start
ok "the module is there" livepatch_install avicd_livepatch
ok "a VM" vmm_start auto create
ok "reboots" vmm_do auto x2apic-reboot
is_now "stuck by the bug" "$vmm_pid" '"\(.condition) \(.cause)"' "stuck kernel-bug"
refused() { journal 'select(.AVICD_EVENT == "remedy-failed") | .MESSAGE' | grep -q "$1"; }
ok "it is to be cured, and told why it is not" wait_for 20 refused 'no remedy: heal: not-proved: '
avicctl remedy plan "$vmm_pid" >"$tmp/plan"
is "the plan exits with 3" $? 3
like "and has the rule of each" "$(tr -s ' \n' ' ' <"$tmp/plan")" 'heal not-proved: .* migrate unmanaged: .* restore unmanaged: '
avicctl remedy run "$vmm_pid" 2>"$tmp/refused"
is "nor does asking help" "$? $(cut -d: -f 2-3 <"$tmp/refused")" "20  heal: not-proved"
ok "fix deploy" avicctl fix deploy
is_now "healed, by policy" "$vmm_pid" "$verdict" "active 0x0"
like "which is told, begin and end" "$(journal 'select(.AVICD_EVENT == "remedy") | .MESSAGE')" 'heal begins, by policy \(job heal-'
like "with its result" "$(journal 'select(.AVICD_EVENT == "remedy") | .MESSAGE')" 'heal done: APIC_ID_MODIFIED is cleared \(job heal-'
avicctl remedy jobs >"$tmp/jobs"
like "and is in avicctl remedy jobs" "$(cat "$tmp/jobs")" '^heal-[0-9a-f]+ .* heal +done '
ok "a guest changes its id" vmm_do auto guest-id-change:5
is_now "that is stuck, and the guest's doing" "$vmm_pid" '"\(.condition) \(.cause)"' "stuck guest"
ok "it is left alone, and told why" wait_for 20 refused 'no remedy: heal: cause: '
is "one remedy was begun" "$(journal 'select(.AVICD_EVENT == "remedy") | .MESSAGE' | grep -c 'begins')" 1
kernel_is_well
lab_done
