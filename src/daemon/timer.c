/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-shot timers of the event loop. */
#include "avicd/clock.h"
#include "daemon/timer.h"

/* A tenth of the delay may be spent to wake up together with something else. */
static uint64_t accuracy_usec(uint64_t delay_usec)
{
	uint64_t tenth = delay_usec / 10;

	return tenth < 1000 ? 1000 : MIN(tenth, 250000ULL);
}

int timer_arm(sd_event *e, sd_event_source **s, uint64_t delay_ns, sd_event_time_handler_t fn, void *userdata)
{
	/* rounded up: a timer that fires early would find nothing to do and be armed once more */
	uint64_t usec = delay_ns / NSEC_PER_USEC + 1;
	int r;

	if (!*s)
		return sd_event_add_time_relative(e, s, CLOCK_MONOTONIC, usec, accuracy_usec(usec), fn, userdata);
	r = sd_event_source_set_time_relative(*s, usec);
	if (r < 0)
		return r;
	r = sd_event_source_set_time_accuracy(*s, accuracy_usec(usec));
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(*s, SD_EVENT_ONESHOT);
}

int timer_soon(sd_event *e, sd_event_source **s, uint64_t delay_ns, sd_event_time_handler_t fn, void *userdata)
{
	uint64_t at, now = now_ns() / NSEC_PER_USEC;
	int on = SD_EVENT_OFF;

	if (*s && sd_event_source_get_enabled(*s, &on) >= 0 && on != SD_EVENT_OFF &&
	    sd_event_source_get_time(*s, &at) >= 0 && at <= now + delay_ns / NSEC_PER_USEC + 1)
		return 0;
	return timer_arm(e, s, delay_ns, fn, userdata);
}

void timer_disarm(sd_event_source *s)
{
	if (s)
		sd_event_source_set_enabled(s, SD_EVENT_OFF);
}
