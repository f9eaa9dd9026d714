# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# libvirt domains for scenarios, inside the VM. Sourced after functions.sh. They are real ones of the VM's libvirtd and KVM.
. /lab/host/libvirt.sh

images=/usr/local/lib/lab
# of the libvirtd that has them; another node has its own
serial_logs=/var/log/libvirt serial_sockets=/var/lib/libvirt/images
pit_discard="<clock offset='utc'><timer name='pit' tickpolicy='discard'/></clock>"

# domain_boot NAME [XML], domain_linux NAME [XML] - define and start one: the sector of boot.S; a small Linux
# with two vCPUs, which needs PIT_REINJ to live here. XML: more children of <domain>, like $pit_discard. $domain_pid is its QEMU.
domain_boot()
{
	cp "$images/boot.img" "/var/lib/libvirt/images/$1.img"
	node_domain_xml "$1" kvm "$(_domain_serial "$1")<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>
		<source file='/var/lib/libvirt/images/$1.img'/><target dev='sda' bus='sata'/></disk></devices>${2:-}" >"$tmp/$1.xml"
	_domain_start "$1" && wait_for 20 domain_says "$1" B
}

# domain_two NAME IMAGE - that sector with two vCPUs in x2APIC mode, which the reboot bug needs, on a disk that another node may open, too. The
# firmware would wait for the second vCPU with interrupts that are not delivered here, so it is plugged in afterwards.
domain_two()
{
	cp "$images/boot.img" "$2"
	node_domain_xml "$1" kvm "$(_domain_serial "$1")<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>
		<source file='$2'/><target dev='vda' bus='virtio'/><readonly/></disk></devices>$pit_discard" |
		sed "s|<vcpu>1</vcpu>|<vcpu current='1'>2</vcpu>|" >"$tmp/$1.xml"
	_domain_start "$1" && wait_for 20 domain_says "$1" B && domain_lives "$1" && domain_tell "$1" x && wait_for 10 domain_says "$1" x &&
		virsh -q setvcpus "$1" 2 --live && domain_tell "$1" 2 && wait_for 10 domain_says "$1" 2
}

domain_linux()
{
	cp "$images/vmlinuz" "/var/lib/libvirt/images/$1.vmlinuz"
	cp "$images/linux.cpio" "/var/lib/libvirt/images/$1.cpio"
	node_domain_xml "$1" kvm "$(_domain_serial "$1")${2:-}" | sed "s|<vcpu>1</vcpu>|<vcpu>2</vcpu>|; s|'MiB'>32<|'MiB'>256<|
		s|</type></os>|</type><kernel>/var/lib/libvirt/images/$1.vmlinuz</kernel><initrd>/var/lib/libvirt/images/$1.cpio</initrd>\
<cmdline>console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable nokaslr pci=off cryptomgr.notests</cmdline></os>|" >"$tmp/$1.xml"
	_domain_start "$1" 100 && linux_lives "$1" 1
}

# linux_lives() NAME N - waits until it has booted N times. Seldom asked: two CPUs of a guest on one of ours leave no time to look.
linux_lives() { wait_for 60 _linux_lived "$1" "$2"; }
_linux_lived()
{
	sleep 1
	[ "$(grep -ac 'LINUX lives' "/var/log/libvirt/$1.serial")" -ge "$2" ]
}

_domain_serial()
{
	: >"/var/log/libvirt/$1.serial"
	chmod 666 "/var/log/libvirt/$1.serial"
	echo "<devices><serial type='unix'><source mode='bind' path='/var/lib/libvirt/images/$1.sock'/>
		<log file='/var/log/libvirt/$1.serial' append='on'/><target port='0'/></serial></devices>"
}

_domain_away() { virsh -q "destroy $1; undefine $1" || virsh -q undefine "$1"; }
_domain_start()
{
	cleanup_fn _domain_away "$1"
	# a guest that polls would take half of our one CPU; systemd is asked only for what is new, which takes a second
	[ "${_weight:-}" = "${2:-10}" ] || systemctl set-property --runtime machine.slice CPUWeight="${2:-10}"
	_weight=${2:-10}
	virsh -q "define $tmp/$1.xml; start $1" || return
	domain_pid=$(cat "/run/libvirt/qemu/$1.pid")
}

# domain_says() NAME ERE - for wait_for: on its serial line, since it was defined; domain_tell() NAME WORD - to it
domain_says() { grep -aEq -e "$2" "$serial_logs/$1.serial"; }
domain_tell() { printf '%s' "$2" | timeout 5 socat -t1 - "UNIX-CONNECT:$serial_sockets/$1.sock" >/dev/null; }
# domain_booted NAME N - a guest of boot.S has begun so often there
domain_booted() { [ "$(tr -dc B <"$serial_logs/$1.serial" | wc -c)" -ge "$2" ]; }
# domain_lives() NAME - a guest of boot.S answers now
domain_lives()
{
	_before=$(tr -dc '!' <"$serial_logs/$1.serial" | wc -c)
	domain_tell "$1" '?'
	wait_for 10 _domain_answered "$1" "$_before"
}
_domain_answered() { [ "$(tr -dc '!' <"$serial_logs/$1.serial" | wc -c)" -gt "$2" ]; }
