/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line for each event.
 *
 * DOC: Theory of Operation
 *
 * The reader is one person with hundreds of VMs, at night. So each line stands alone: who (domain and PID), what, since
 * when, why, and what to do, in this order, with the words of the manual. A line never names a command or setting that
 * does not fit this VM's cause and this kernel; what is wrong with the host, and so the same for every VM, is said
 * once, in the line about the host. Names come from outside and are data: clean, and in quotes when they are more than
 * a plain word.
 */
#include <assert.h>
#include <stdio.h>

#include "report/say.h"

void say_detail(struct saying *s, const char *before)
{
	if (s->detail[0])
		text_addf(&s->out, "%s%s", before, s->detail);
}

static const struct {
	void (*say)(struct saying *s);
	bool of_vm;
	int level; /* of the line; 0: decided below */
} sayings[] = {
	[EVENT_VM_APPEARED] = {say_appeared, true, 0},
	[EVENT_VM_GONE] = {say_gone, true, 0},
	[EVENT_VM_REBOOT] = {say_reboot, true, 0},
	[EVENT_VM_STUCK] = {say_stuck, true, LOG_WARNING},
	[EVENT_VM_CONFIGURED] = {say_configured, true, LOG_NOTICE},
	[EVENT_VM_RECOVERED] = {say_recovered, true, LOG_NOTICE},
	[EVENT_VM_CONDITION] = {say_condition, true, LOG_INFO},
	[EVENT_EPISODE_BEGIN] = {say_episode_begin, true, LOG_INFO},
	[EVENT_EPISODE_END] = {say_episode_end, true, LOG_INFO},
	[EVENT_STORM_BEGIN] = {say_storm_begin, true, LOG_WARNING},
	[EVENT_STORM_END] = {say_storm_end, true, LOG_INFO},
	[EVENT_VM_AMBIGUOUS] = {say_ambiguous, true, LOG_NOTICE},
	[EVENT_DOMAIN_RENAMED] = {say_renamed, true, LOG_INFO},
	[EVENT_HEALTH] = {say_health, false, 0},
	[EVENT_TRACE_UP] = {say_trace_up, false, LOG_NOTICE},
	[EVENT_TRACE_DOWN] = {say_trace_down, false, LOG_WARNING},
	[EVENT_TRACE_LOST] = {say_trace_lost, false, LOG_WARNING},
	[EVENT_LIBVIRT_UP] = {say_libvirt_up, false, LOG_NOTICE},
	[EVENT_LIBVIRT_DOWN] = {say_libvirt_down, false, LOG_WARNING},
	[EVENT_CONFIG] = {say_config, false, LOG_NOTICE},
	[EVENT_HOOK_WARNED] = {say_hook, false, LOG_WARNING},
	[EVENT_HOOK_REFUSED] = {say_hook, false, LOG_WARNING},
	[EVENT_PROBED] = {say_probed, false, 0},
	[EVENT_LIVEPATCH] = {say_livepatch, false, LOG_NOTICE},
	[EVENT_LIVEPATCH_FAILED] = {say_livepatch, false, LOG_WARNING},
	[EVENT_REMEDY] = {say_remedied, false, LOG_NOTICE},
	[EVENT_REMEDY_FAILED] = {say_remedied, false, LOG_WARNING},
};
static_assert(ARRAY_SIZE(sayings) == _EVENT_MAX, "an event has no sentence");

int report_level(const struct tracker *t, const struct action *a)
{
	if (a->event <= EVENT_NONE || a->event >= _EVENT_MAX)
		return LOG_DEBUG;
	switch (a->event) {
	case EVENT_VM_APPEARED:
		if (a->vm && a->vm->verdict.condition == CONDITION_STUCK)
			return LOG_WARNING;
		return a->vm && a->vm->verdict.condition == CONDITION_CONFIGURED ? LOG_NOTICE : LOG_INFO;
	case EVENT_VM_GONE:
		/* one that no line ever named */
		return a->vm && !a->vm->announced ? LOG_DEBUG : LOG_INFO;
	case EVENT_VM_REBOOT:
		/* a reason that no setting explains outlived the reset: the first sign of a VM that gets stuck */
		return a->vm && say_lasting(&a->vm->verdict, CLASS_STICKY) ? LOG_NOTICE : LOG_INFO;
	case EVENT_PROBED:
		return host_exposed(&t->host) ? LOG_WARNING : LOG_NOTICE;
	case EVENT_HEALTH:
		return t->health == HEALTH_DEGRADED || t->health == HEALTH_EXPOSED ? LOG_WARNING : LOG_NOTICE;
	default:
		return sayings[a->event].level;
	}
}

static int take_detail(struct saying *s)
{
	_cleanup_free_ char *clean = NULL;
	size_t len;
	int r;

	if (!s->a->detail)
		return 0;
	r = text_clean(s->a->detail, sizeof(s->detail) - 1, &clean);
	if (r < 0)
		return r;
	for (len = strlen(clean); len && strchr(" .", clean[len - 1]); len--)
		clean[len - 1] = '\0';
	snprintf(s->detail, sizeof(s->detail), "%s", clean);
	return 0;
}

int report_sentence(const struct tracker *t, const struct action *a, uint64_t now, char **ret)
{
	struct saying s = {.t = t, .a = a, .vm = a->vm, .now = now};
	char label[REPORT_LABEL_MAX];
	int r;

	if (a->event <= EVENT_NONE || a->event >= _EVENT_MAX || (sayings[a->event].of_vm && !a->vm))
		return -EINVAL;
	r = take_detail(&s);
	if (r < 0)
		return r;
	if (s.vm)
		s.v = &s.vm->verdict;
	if (sayings[a->event].of_vm) {
		text_add(&s.out, report_vm_label(s.vm, label));
		if (s.vm->domain.name[0] || s.vm->domain.uuid[0])
			text_addf(&s.out, " (PID %d)", (int)s.vm->id.tgid);
		text_add(&s.out, ": ");
	}
	sayings[a->event].say(&s);
	r = text_take(&s.out, ret);
	text_done(&s.out);
	return r;
}
