/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of one sector that lives without its APIC: it polls the first serial port, and does not know interrupts. So it also lives with
 * AVIC "active" in the lab's VM, where no hardware would deliver one. It says B when it begins, and obeys:
 *	r  reset by port 0xCF9    k  by the keyboard controller    t  by triple fault    p  power off (ACPI)
 *	?  it answers !           x  it enters x2APIC mode as an operating system does, and answers x (the MSR is KVM's, not the APIC's page)
 *	2  it sends INIT and SIPI to a second vCPU (plugged in after the firmware, which would wait for it in vain), by x2APIC's MSR, and that one
 *	   enters x2APIC mode, too; answers 2
 *	s  it turns on SynIC's AutoEOI as Windows does, and answers s; where it is told that AutoEOI is deprecated it does not, and answers n
 *	   (Hyper-V TLFS: CPUID 0x40000004 EAX[9]; MSR 0x40000080 SCONTROL[0], 0x40000090 SINT0: vector, [17] AutoEOI)
 */
	.set	ap_page, 8
	.code16
	.globl	_start
_start:	cli
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0x7c00, %sp
	mov	$ap, %si
	mov	$ap_page << 12, %di
	mov	$ap_end - ap, %cx
	mov	%ax, %es
	cld
	rep movsb
	mov	$'B', %al
	call	say
poll:	mov	$0x3fd, %dx
	in	%dx, %al
	test	$1, %al
	jnz	word
	/* Each port costs an exit; not too many of them. */
	mov	$0x1000, %cx
1:	pause
	loop	1b
	jmp	poll

word:	mov	$0x3f8, %dx
	in	%dx, %al
	cmp	$'?', %al
	je	answer
	cmp	$'x', %al
	je	x2apic
	cmp	$'2', %al
	je	second
	cmp	$'s', %al
	je	synic
	cmp	$'r', %al
	je	pci
	cmp	$'k', %al
	je	keyboard
	cmp	$'t', %al
	je	triple
	cmp	$'p', %al
	jne	poll
	mov	$0x604, %dx
	mov	$0x2000, %ax
	out	%ax, %dx
	jmp	poll

answer:	mov	$'!', %al
	call	say
	jmp	poll
x2apic:	mov	$0x1b, %ecx	/* IA32_APIC_BASE: EN and EXTD */
	rdmsr
	or	$0xc00, %eax
	wrmsr
	mov	$'x', %al
	call	say
	jmp	poll
second:	mov	$0x830, %ecx	/* x2APIC's ICR: to APIC id 1, */
	mov	$1, %edx
	mov	$0x4500, %eax	/* INIT, */
	wrmsr
	mov	$0x4600 + ap_page, %eax	/* and where to begin */
	wrmsr
	jmp	poll
synic:	mov	$0x40000004, %eax
	cpuid
	test	$0x200, %eax
	mov	$'n', %al
	jnz	2f
	mov	$0x40000080, %ecx
	xor	%edx, %edx
	mov	$1, %eax
	wrmsr
	mov	$0x40000090, %ecx
	mov	$0x20040, %eax
	wrmsr
	mov	$'s', %al
2:	call	say
	jmp	poll
pci:	mov	$0xcf9, %dx
	mov	$6, %al
	out	%al, %dx
	jmp	.
keyboard:
	mov	$0xfe, %al
	out	%al, $0x64
	jmp	.
triple:	lidt	none
	int3
	jmp	.

say:	mov	$0x3f8, %dx
	out	%al, %dx
	ret
none:	.word	0, 0, 0

/* The second vCPU: begins at a page of 4 KiB, which the first sector of a disk is not loaded to; so it is copied there. */
ap:	mov	$0x1b, %ecx
	rdmsr
	or	$0xc00, %eax
	wrmsr
	mov	$0x3f8, %dx
	mov	$'2', %al
	out	%al, %dx
1:	cli
	hlt
	jmp	1b
ap_end:
	.org	510
	.word	0xaa55
