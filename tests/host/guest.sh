# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# A guest that counts: 512 bytes of real-mode code that write a number, larger each time, to the serial port, and in between write to the same
# half MiB of memory, so that a slow migration never comes to its end. To be sourced after libvirt.sh.
#
#	guest_missing && skip_all ...
#	guest_make FOLDER; guest_xml NAME TYPE FOLDER >x.xml
#	guest_beats FOLDER/NAME.beat       # it counts, and never began anew

guest_missing()
{
	for _guest_p in as ld truncate; do
		command -v $_guest_p >/dev/null || {
			echo "needs the program $_guest_p"
			return 0
		}
	done
	return 1
}

# guest_make() FOLDER - its disk
guest_make()
{
	cat >"$1/guest.S" <<-'END'
	.code16
	_start:	cli
		xor %ax, %ax
		mov %ax, %ds
		mov %ax, %ss
		mov $0x7c00, %sp
		xor %ebx, %ebx
		mov $0x3f9, %dx
		out %al, %dx
	# one number: write to 128 pages, many times
	again:	mov $64, %bp
	sweep:	mov $0x1000, %ax
	page:	mov %ax, %es
		incw %es:0
		add $0x100, %ax
		cmp $0x9000, %ax
		jb page
		dec %bp
		jnz sweep
	# then say it: eight digits and an end of line
		inc %ebx
		mov $8, %cx
	digit:	rol $4, %ebx
		mov %bl, %al
		and $15, %al
		add $'0', %al
		cmp $'9', %al
		jbe 1f
		add $7, %al
	1:	call put
		loop digit
		mov $10, %al
		call put
		jmp again
	put:	mov $0x3fd, %dx
		mov %al, %ah
	1:	in %dx, %al
		test $0x20, %al
		jz 1b
		mov %ah, %al
		mov $0x3f8, %dx
		out %al, %dx
		ret
	.org 510
		.word 0xaa55
	END
	as --32 "$1/guest.S" -o "$1/guest.o" &&
		ld -m elf_i386 -Ttext 0x7c00 --oformat binary "$1/guest.o" -o "$1/guest.img" 2>"$1/ld.err" &&
		truncate -s 1M "$1/guest.img"
}

# guest_xml() NAME TYPE FOLDER [DEVICES] - its domain. The disk is never written to, so that it may be open on two nodes.
guest_xml()
{
	node_domain_xml "$1" "$2" | sed '/<\/devices>/,$d'
	cat <<-END
	    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$3/guest.img'/>
	      <target dev='vda' bus='virtio'/><readonly/></disk>
	    <serial type='file'><source path='$3/$1.beat' append='on'/><target port='0'/></serial>
	    ${4:-}
	  </devices>
	</domain>
	END
}

# guest_count() FILE - the last number, decimal; 0 before the first
guest_count()
{
	_guest_last=$(tail -c 64 "$1" 2>/dev/null | grep -aE '^[0-9A-F]{8}$' | tail -n 1)
	echo $((0x${_guest_last:-0}))
}

# guest_counts() FILE NUMBER - it is beyond that
guest_counts()
{
	[ "$(guest_count "$1")" -gt "$2" ]
}

# guest_beats() FILE - within 20 s it counts on, from where it was
guest_beats()
{
	_guest_from=$(guest_count "$1")
	wait_for 20 guest_counts "$1" "$_guest_from" || {
		echo "no heartbeat after $_guest_from in $1"
		return 1
	}
	! grep -aE '^[0-9A-F]{8}$' "$1" | sort -c 2>&1 | grep . || {
		echo "it began to count anew"
		return 1
	}
}
