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
		text_add(&s->out, "; remedy: livepatch the host (avicctl fix deploy), or boot a fixed kernel");
	else if (s->t->health == HEALTH_OFF)
		text_addf(&s->out, "; remedy: %s", words_host_remedy(s->t));
	else if (s->t->health == HEALTH_DEGRADED)
		text_add(&s->out, "; remedy: 'avicctl show NAME' tells it for each");
}

/* Those bugs whose answer is @result, behind @head; why nothing is proved, or what a bug does. */
static void list_bugs(struct saying *s, enum probe_result result, const char *head)
{
	const struct probe_answer *answers = s->t->host.probe;
	const char *before = head;

	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		const struct bug_info *info = bug_info((enum probe_bug)b);
		const char *more = result == PROBE_VULNERABLE ? info->effect : result == PROBE_UNPROVABLE ? answers[b].why : "";

		if (answers[b].result != result)
			continue;
		text_addf(&s->out, "%s%s", before, info->name);
		if (*more)
			text_addf(&s->out, " (%s)", more);
		before = ", ";
	}
}

void say_probed(struct saying *s)
{
	text_add(&s->out, "kernel probed");
	list_bugs(s, PROBE_VULNERABLE, "; it has ");
	list_bugs(s, PROBE_FIXED, "; it does not have ");
	list_bugs(s, PROBE_UNPROVABLE, "; not proved: ");
	say_detail(s, "; ");
	if (host_exposed(&s->t->host))
		text_add(&s->out, "; remedy: livepatch the host (avicctl fix deploy), or boot a fixed kernel");
}

void say_livepatch(struct saying *s)
{
	text_add(&s->out, "livepatch");
	say_detail(s, " ");
	if (s->a->event == EVENT_LIVEPATCH_FAILED)
		text_add(&s->out, "; see: avicctl fix status");
}

/* Whose it is stands in the detail: the VM may be on another host by now. */
void say_remedied(struct saying *s)
{
	say_detail(s, "");
	if (!s->detail[0])
		text_add(&s->out, "a remedy");
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
