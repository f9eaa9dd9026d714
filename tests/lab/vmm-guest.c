/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's code. None of it touches the APIC by an instruction that the CPU executes: with AVIC active the CPU would serve that access, and a
 * CPU that QEMU emulates has no AVIC. GUEST_WRITE_ID makes KVM do the store: `ins` is always emulated, also its write to memory, which then
 * finds KVM's emulated APIC, whether AVIC is active or not. ES begins at the APIC's page, see vcpu_start_at().
 */
#include <string.h>

#include "vmm-guest.h"

extern const uint8_t guest_begin[], guest_loop[], guest_windows[], guest_write_id[], guest_isr[], guest_end[];

__asm__(".pushsection .rodata\n"
	".code16\n"
	"guest_begin:\n"
	/* Some work, then a poll: alive, and seen in the CPU time of its thread, without taking a whole CPU. */
	"guest_loop:\n"
	"	movw $0x8000, %cx\n"
	"0:	decw %cx\n"
	"	jnz 0b\n"
	"	movw $0x80, %dx\n"
	"	inb %dx, %al\n"
	"	jmp guest_loop\n"
	/* The last interrupt of a batch gets its EOI here, the others at the end of the handler, each with interrupts off: the line is still high,
	 * so KVM asks for a window each time, and has it as soon as they are on. */
	"guest_windows:\n"
	"	cli\n"
	"	movw $0x81, %dx\n"
	"	inb %dx, %al\n"
	"	testb %al, %al\n"
	"	jz guest_loop\n"
	"	movb $0x20, %al\n"
	"	outb %al, $0x20\n"
	"	sti\n"
	/* It does not spin for long without an exit: one that no interrupt ended was seen to hold up its CPU of an emulated host. */
	"0:	cmpl $0, 0x804\n"
	"	je guest_windows\n"
	"	movw $200, %cx\n"
	"1:	decw %cx\n"
	"	jnz 1b\n"
	"	cpuid\n"
	"	jmp 0b\n"
	"guest_isr:\n"
	"	incl 0x800\n"
	"	decl 0x804\n"
	"	jz 0f\n"
	"	pushw %ax\n"
	"	movb $0x20, %al\n"
	"	outb %al, $0x20\n"
	"	popw %ax\n"
	"0:	iretw\n"
	"guest_write_id:\n"
	"	movw $0x82, %dx\n"
	"	movw $0x20, %di\n"
	"	insl\n"
	"	movw $0x83, %dx\n"
	"	inb %dx, %al\n"
	"	jmp guest_loop\n"
	"guest_end:\n"
	".code64\n"
	".popsection\n");

void guest_load(uint8_t *memory)
{
	uint16_t isr = GUEST_CODE + (uint16_t)(guest_isr - guest_begin);

	memcpy(memory + GUEST_CODE, guest_begin, (size_t)(guest_end - guest_begin));
	/* IRQ 0 to 7, as a PC's BIOS lays them: offset, then segment 0 */
	for (unsigned int vector = 8; vector < 16; vector++)
		memcpy(memory + 4 * vector, &isr, sizeof(isr));
}

uint16_t guest_entry(enum guest_entry entry)
{
	const uint8_t *at[] = {
		[GUEST_LOOP] = guest_loop,
		[GUEST_WINDOWS] = guest_windows,
		[GUEST_WRITE_ID] = guest_write_id,
	};

	return GUEST_CODE + (uint16_t)(at[entry] - guest_begin);
}

uint32_t *guest_word(uint8_t *memory, enum guest_place place)
{
	return (uint32_t *)(void *)(memory + place);
}
