# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: avicctl fix deploy, all through the hardened units: bugs proved, patched, proved gone, VMs healed; rolled back, they are there again
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
livepatch_is() { [ "$(avicctl --json=short fix status | jq -r "$1")" = "$2" ]; }
fix_status() { avicctl fix status; }
# fix() WORD... - $fix_status, and what it said in $tmp/fix
fix()
{
	avicctl fix "$@" >"$tmp/fix" 2>"$tmp/fix.err"
	fix_status=$?
}
steps() { journal 'select(.AVICD_EVENT == "livepatch" or .AVICD_EVENT == "livepatch-failed") | .MESSAGE'; }

echo 7 >"$bugs"
# No recording: most of these VMs do not run, and what is a boot of such a VM is not what this is about.
avicd_conf 'livepatch_deadline = 20s'
ok "avicd starts" avicd_start
is "the kernel has the bugs" "$(probed)" "reboot vulnerable, disabled vulnerable, large-id unprovable"
ok "the host is exposed" wait_for 10 manager_is Health exposed
fix deploy --dry-run
is "without a module: no livepatch for this kernel" $fix_status 12
ok "the module of avicctl fix build is where it puts it" livepatch_install fix-build
fix deploy --dry-run
is "dry run" $fix_status 0
like "says what would be loaded" "$(cat "$tmp/fix")" '^would load .*/avicd_livepatch\.ko'
ok "and changes nothing" test ! -d /sys/module/avicd_livepatch

ok "a VM" vmm_start old create
old=$vmm_pid
ok "another one" vmm_start never create
never=$vmm_pid
is_now "active" "$old" .condition active
ok "reboots" vmm_do old x2apic-reboot
ok "so does the other" vmm_do never x2apic-reboot x2apic-on
is_now "stuck" "$old" .condition stuck
is_now "by the bug" "$never" '"\(.condition) \(.cause)"' "stuck kernel-bug"

begun=$(_now_ms)
fix deploy
is "fix deploy" "$fix_status $(cat "$tmp/fix")" "0 verified: the probe finds the bug no more"
diag "deployed and verified in $(($(_now_ms) - begun)) ms on an emulated CPU"
is "each step was shown" "$(sed 's/ .*//' "$tmp/fix.err" | grep -Ex 'checking|loading|transition|probing' | tail -n 1)" probing
like "and is in the journal" "$(steps)" '^livepatch checking$'
like "to the end" "$(steps)" '^livepatch verified: the probe finds the bug no more$'
is "the probe agrees" "$(probed)" "reboot fixed, disabled fixed, large-id unprovable"
is "host.json has it" "$(jq -r '"\(.livepatch.state) \(.livepatch.persistent)"' /run/avicd/host.json)" "verified true"
fix status
is "fix status: all is well" $fix_status 0
like "it will be there after the next boot" "$(cat "$tmp/fix")" 'Next boot: it is loaded, as it was proved'
ok "a new VM" vmm_start new create
new=$vmm_pid
is_now "is active" "$new" .condition active
ok "reboots" vmm_do new x2apic-reboot disabled-reboot
is_now "active still" "$new" "$verdict" "active 0x0"
is "never inhibited" "$(field "$new" '[.reasons[].name] | join(" ")')" ABSENT
ok "the old VM reboots" vmm_do old x2apic-reboot
is_now "and is healed" "$old" "$verdict" "active 0x0"
is_now "that which does not is not" "$never" '"\(.condition) \(.cause)"' "stuck kernel-bug"
ok "another avicd" avicd_restart
ok "finds it, and proves it again" wait_for 20 livepatch_is .livepatch.state verified
# it has seen neither the bug nor how that VM came to be stuck
is_now "and does not take it for the guest's doing" "$never" '"\(.condition) \(.cause)"' "stuck unknown"
fix deploy --heal=now
is "deployed already, --heal=now" "$fix_status" 0
is_now "heals it" "$never" "$verdict" "active 0x0"
unlike "and who does that is no VM" "$(journal)" 'avicd-livepatch\)'
ok "a guest changes its id" vmm_do new guest-id-change:5
is_now "that is stuck, and the guest's doing" "$new" '"\(.condition) \(.cause)"' "stuck guest"
fix heal "$new"
is "and is not healed" "$fix_status" 1
ok "it puts it back" vmm_do new guest-id-restore
is_now "and has AVIC, as on 6.3" "$new" "$verdict" "active 0x0"

fix rollback
is "fix rollback" "$fix_status $(cat "$tmp/fix")" "0 none: rolled back"
ok "nothing is loaded" test ! -d /sys/module/avicd_livepatch
ok "the bugs are back" wait_for 20 host_json_is .probe.reboot.result vulnerable
ok "exposed" wait_for 10 manager_is Health exposed
is "nor will it be at the next boot" "$(avicctl --json=short fix status | jq .verified)" false
ok "switched off" avicctl fix disable
fix deploy
is "it is refused" $fix_status 18
ok "switched on" avicctl fix enable
echo 0 >"$bugs"
fix deploy
is "on a kernel without the bugs: nothing to do" $fix_status 10
kernel_is_well
lab_done
