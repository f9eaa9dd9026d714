/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of the host: health, trace source, libvirt, configuration. */
#include "report/say.h"

void say_health(struct saying *s)
{
	char why[REPORT_WHY_MAX];

	text_addf(&s->out, "host health %s", health_to_string(s->t->health));
	if (s->detail[0])
		text_addf(&s->out, " (was %s)", s->detail);
	text_addf(&s->out, ": %s", report_health_why(s->t, NULL, why, sizeof(why)));
	if (s->t->health == HEALTH_EXPOSED)
		text_add(&s->out, "; remedy: livepatch the host before a guest reboots");
	else if (s->t->health == HEALTH_OFF)
		text_addf(&s->out, "; remedy: %s", words_host_remedy(s->t));
	else if (s->t->health == HEALTH_DEGRADED)
		text_add(&s->out, "; remedy: 'avicctl show NAME' tells it for each");
}

void say_trace_up(struct saying *s)
{
	text_add(&s->out, "VMs are watched");
	say_detail(s, " through trace source ");
	if (s->t->watching && !s->t->watch_has_snapshot)
		text_add(&s->out, ", which sees no VM's state before it changes: VMs that run already are unknown");
}

void say_trace_down(struct saying *s)
{
	text_add(&s->out, "no trace source");
	say_detail(s, ": ");
	text_add(&s->out, "; every VM is unknown until there is one, avicd goes on trying");
}

void say_trace_lost(struct saying *s)
{
	text_add(&s->out, "trace records were lost");
	say_detail(s, ": ");
	text_add(&s->out, "; the state of every VM is read again, counts may be too low");
}

void say_libvirt_up(struct saying *s)
{
	text_add(&s->out, "libvirt");
	say_detail(s, " ");
	text_add(&s->out, ": connected");
}

void say_libvirt_down(struct saying *s)
{
	text_add(&s->out, "libvirt");
	say_detail(s, " ");
	text_add(&s->out, "; not connected: VMs are watched on, news of domains is missing, avicd goes on trying");
}

void say_config(struct saying *s)
{
	text_add(&s->out, "configuration");
	say_detail(s, ": ");
}

/* The hook says it itself, to the journal; this is for who repeats it. */
void say_hook(struct saying *s)
{
	text_add(&s->out, "libvirt hook");
	say_detail(s, ": ");
}
