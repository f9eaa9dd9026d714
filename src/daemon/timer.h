/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-shot timers of the event loop. */
#ifndef AVICD_DAEMON_TIMER_H
#define AVICD_DAEMON_TIMER_H

#include <systemd/sd-event.h>

#include "avicd/util.h"

static inline void event_source_drop(sd_event_source **s)
{
	*s = sd_event_source_disable_unref(*s);
}

/*
 * timer_arm() - call @fn once, @delay_ns from now; a timer that is armed already is set anew. @s: NULL at first.
 * timer_soon() - the same, but a timer that is armed for an earlier time keeps it: what comes in between is coalesced.
 */
int timer_arm(sd_event *e, sd_event_source **s, uint64_t delay_ns, sd_event_time_handler_t fn, void *userdata);
int timer_soon(sd_event *e, sd_event_source **s, uint64_t delay_ns, sd_event_time_handler_t fn, void *userdata);
void timer_disarm(sd_event_source *s);

#endif
