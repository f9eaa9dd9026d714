# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: remedy=auto: VMs that the bug has left stuck are healed by policy as soon as a livepatch is proved, and not before; ten at once, one by one
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh

echo 7 >"$bugs"
# No recording: these VMs do not run.
settings() { avicd_conf 'livepatch_deadline = 20s' 'remedy_interval = 0' 'remedy_delay = 0' "$@" '[domain *]' 'remedy = auto'; }
settings
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
# ---- ten of them, and one job at a time ----
settings 'max_jobs = 1' 'remedy_hourly = 20'
ok "avicd starts again" avicd_restart
ok "the livepatch is taken back" avicctl fix rollback
ten=''
for i in 1 2 3 4 5 6 7 8 9 10; do
	vmm_start ten$i create && vmm_do ten$i x2apic-reboot || bail_out "VM $i does not start"
	ten=$ten,$vmm_pid
done
all_are()
{
	[ "$(avicctl list -c "$1" --json=short | jq --argjson ten "[${ten#,}]" '[.[].pid | select(. as $p | $ten | index($p))] | length')" = 10 ]
}
ok "ten VMs are stuck at once" wait_for 60 all_are stuck
ok "fix deploy, again" avicctl fix deploy
ok "all ten are healed, by policy" wait_for 120 all_are active
# begin and end of each job, as they were told
told() { journal 'select(.AVICD_EVENT == "remedy") | .MESSAGE' | sed -n 's/.*heal \(begins\|done\).*/\1/p' | tail -n 20 | tr '\n' ' '; }
all_told() { [ "$(told)" = "begins done begins done begins done begins done begins done begins done begins done begins done begins done begins done " ]; }
ok "one after the other" wait_for 20 all_told || diag "$(told)"
kernel_is_well
lab_done
