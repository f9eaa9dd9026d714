# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# kernels: 6.1
# shows: without libvirt a guest of plain QEMU resets itself in three ways, and each is a boot
. /lab/lab/guest/functions.sh
lab_begin 'libvirt_uri = none'

# QEMU with the guest of boot.S, which says B when it begins
qemu-system-x86_64 -accel kvm -machine q35,smm=off -cpu kvm64 -m 32 -display none -nodefaults -no-user-config \
	-drive file=/usr/local/lib/lab/boot.img,format=raw,snapshot=on \
	-chardev socket,id=serial,path="$tmp/serial",server=on,wait=off,logfile="$tmp/said" -serial chardev:serial >"$tmp/qemu.log" 2>&1 &
qemu=$!
cleanup_fn kill_wait $qemu KILL
begun() { [ "$(tr -dc B <"$tmp/said" | wc -c)" -ge "$1" ]; }
tell() { printf '%s' "$1" | timeout 5 socat -t1 - "UNIX-CONNECT:$tmp/serial" >/dev/null; }
ok "a guest of QEMU begins" wait_for 20 begun 1
is_now "it is watched" "$qemu" '"\(.managed) \(.boots)"' 'false 0'
boot=0
for way in 'r by port 0xCF9' 'k by the keyboard controller' 't by a triple fault'; do
	boot=$((boot + 1))
	# two resets within two seconds are one boot
	is_now "it has settled" "$qemu" .condition configured
	ok "it resets itself ${way#* }" tell "${way%% *}"
	ok "and begins again" wait_for 20 begun $((boot + 1))
	is_now "which is boot $boot" "$qemu" .boots $boot
done
lab_done
