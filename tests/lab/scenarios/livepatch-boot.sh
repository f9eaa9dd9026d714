# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1-bugs
# shows: at boot the livepatch is loaded if it was proved, and never after the machine went down with it
. /lab/lab/guest/functions.sh
. /lab/lab/guest/livepatch.sh
mkdir -p "${module%/*}"

like "the preset enables it for boot" "$(systemctl preset avicd-livepatch@boot.service 2>&1; systemctl is-enabled avicd-livepatch@boot.service)" '^enabled$'

does "a boot like most" boot '^0 .*no livepatch was proved'
cp $livepatch "$module"
mark verified $other_boot
mkdir -p /etc/avicd
touch /etc/avicd/livepatch.disabled
does "a kill switch" boot '^0 Not loaded at boot: .*livepatch\.disabled'
rm /etc/avicd/livepatch.disabled
mark trying $other_boot
does "after a crash" load '^1 .*the machine went down while the livepatch was tried, at 2023-11-14'
does "at boot after a crash, though it was proved" boot '^1 .*went down.*avicctl fix deploy'
echo '{"kvm_build' >$state/trying
does "a mark that was cut" boot '^1 .*cannot be read.*avicctl fix deploy'
rm $state/trying
mark verified $other_boot "$(printf %064d 1)"
does "another module was proved" boot '^0 .*is another one than was proved'
mark verified $other_boot '' "$(printf %040d 1)"
does "on another kernel" boot '^0 .*on another build of KVM'
ok "nothing of this was loaded" livepatch_is_gone
mark verified $other_boot
does "what was proved is loaded" boot "^0 $module is loaded"
ok "patched" livepatch_is_whole
ok "without a mark left" test ! -e $state/trying
does "once more" boot '^0 .*loaded already'
does "unloaded" unload '^0 '

# as DKMS installs it, and before udev has loaded kvm
rm "$module"
dkms=/lib/modules/$(uname -r)/updates/dkms
mkdir -p "$dkms"
cp $livepatch "$dkms/"
depmod
ok "kvm is not loaded" modprobe -r kvm_amd
modprobe -r kvm
does "that of DKMS, and kvm with it" boot "^0 .*/updates/dkms/avicd_livepatch\.ko is loaded"
ok "patched" livepatch_is_whole
ok "KVM's other half comes" modprobe kvm_amd
does "unloaded" unload '^0 '
rm -r "$dkms"
depmod
kernel_is_well
lab_done
