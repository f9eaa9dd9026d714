/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IRQ windows: a level-triggered interrupt that stays pending, at a rate or as fast as it goes. */
#ifndef AVICD_LAB_VMM_IRQWIN_H
#define AVICD_LAB_VMM_IRQWIN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct machine;

struct irqwin {
	bool active;	/* from the verb to irqwin-stop, or the verb's end */
	bool begun;	/* the guest makes them */
	bool over;	/* the guest is back in its loop */
	bool stop;	/* asked for */
	uint64_t goal;	/* so many windows; 0 = until stopped */
	uint64_t rate;	/* a second; 0 = as fast as it goes */
	double seconds; /* so long; 0 = until stopped */
	uint64_t start_at, end_at;
	uint64_t seen;	 /* windows at the last tick */
	uint64_t nudges; /* how often the guest had to be helped */
	timer_t ticks;
};

/* irqwin_next() - the guest has made what it was told to: waits until it is time for more. Returns false when it is over. In the vCPU's thread,
 * without the lock. */
bool irqwin_next(struct machine *m);

/* irqwin_tick() - ten times a second while windows are made: helps a guest that makes none. In the vCPU's thread, without the lock. */
void irqwin_tick(struct machine *m);

#endif
