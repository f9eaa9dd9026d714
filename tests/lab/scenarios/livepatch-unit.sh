# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: avicd-livepatch under its unit loads, heals, unloads, and refuses what it must
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
mkdir -p "${module%/*}"

# ---- what it refuses ------------------------------------------------------------------------------------------------
does "no module" load '^12 .*is not there: make it with avicctl fix build'
sed 's/vermagic=6\.1\./vermagic=6.9./' $livepatch >"$module"
does "one of another kernel" load '^12 .*was built for kernel "6\.9\..*", and this is 6\.1\.'
LC_ALL=C sed 's/SMP preempt mod_unload/SMP preempt mod_unloaf/' $livepatch >"$module"
does "one that only the kernel can tell" load '^12 .*is not loaded: it was built for another kernel'
head -c 3000 $livepatch >"$module"
does "half of one" load '^1 .*no kernel module'
cp $livepatch "$module"
chmod 664 "$module"
does "one that others may write" load '^1 .*others than root'
chmod 644 "$module"

avicd_conf 'livepatch = no'
does "switched off by avicd.conf" load '^18 .*avicd\.conf'
avicd_conf
touch /etc/avicd/livepatch.disabled
does "by a file" load '^18 .*avicctl fix enable'
rm /etc/avicd/livepatch.disabled
sed 's/$/ avicd.livepatch=0/' /proc/cmdline >/run/lab-cmdline
mkdir -p /run/systemd/system/avicd-livepatch@load.service.d
cleanup_fn rm -rf /run/systemd/system/avicd-livepatch@load.service.d
printf '[Service]\nBindReadOnlyPaths=/run/lab-cmdline:/proc/cmdline\n' >/run/systemd/system/avicd-livepatch@load.service.d/lab.conf
systemctl daemon-reload
does "on the kernel command line" load '^18 .*avicd\.livepatch=0'
rm -r /run/systemd/system/avicd-livepatch@load.service.d
systemctl daemon-reload
ok "nothing of this was loaded" livepatch_is_gone

# ---- what it does ---------------------------------------------------------------------------------------------------
ok "avicd starts" avicd_start
echo 1 >"$bugs"
ok "a VM with the bug" vmm_start bug create x2apic-reboot
is_now "stuck" "$vmm_pid" '"\(.condition) \(.mask_hex)"' "stuck 0x10"
does "without the livepatch nothing is healed" "heal:$vmm_pid" '^1 .*would stick again'
does "it is loaded" load "^0 $module is loaded"
ok "and no task is in the old function" livepatch_is_whole
ok "the mark of the try is gone" test ! -e $state/trying
does "already loaded" load '^0 The livepatch is loaded already'
does "nobody needs a signal" signal '^0 '
does "the VM is healed" "heal:$vmm_pid" "^0 Process $vmm_pid is healed"
healed_now "it is active" "$vmm_pid" "$verdict" "active 0x0"
does "once" "heal:$vmm_pid" '^10 .*nothing to heal'
does "no process" heal:4194303 '^1 .*does not exist'
does "no number" heal:x '^2 '
does "no action" force '^2 '
does "it is unloaded" unload '^0 .*disabled and unloaded'
ok "and gone" livepatch_is_gone
does "twice" unload '^0 .*not loaded'

mark trying "$boot_id"
does "avicd has marked its try" load '^0 '
ok "which it goes on with" test -e $state/trying
wait_for 60 livepatch_is_whole
rm $state/trying
ok "disabled by hand" sh -c "echo 0 >$_patch/enabled"
ok "and left" wait_for 60 _is_disabled
does "it is loaded anew" load '^0 .*is loaded$'
does "and unloaded" unload '^0 '

kernel_is_well
lab_done
