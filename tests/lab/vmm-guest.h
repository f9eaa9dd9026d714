/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest executes: a few bytes of real mode code, and the ports by which it talks to us. */
#ifndef AVICD_LAB_VMM_GUEST_H
#define AVICD_LAB_VMM_GUEST_H

#include <stdint.h>

enum guest_port {
	PORT_POLL = 0x80,  /* alive */
	PORT_NEXT = 0x81,  /* IRQ windows: made what was asked for; 0 = enough */
	PORT_ID = 0x82,	   /* what to write into the APIC ID register */
	PORT_WROTE = 0x83, /* done with that */
};

/* Where in the guest's memory. */
enum guest_place {
	GUEST_COUNT = 0x800, /* IRQ windows made */
	GUEST_LEFT = 0x804,  /* IRQ windows to make before the next poll */
	GUEST_CODE = 0x1000,
	GUEST_STACK = 0x8000,
};

enum guest_entry {
	GUEST_LOOP,
	GUEST_WINDOWS,
	GUEST_WRITE_ID,
};

void guest_load(uint8_t *memory);
uint16_t guest_entry(enum guest_entry entry);
uint32_t *guest_word(uint8_t *memory, enum guest_place place);

#endif
