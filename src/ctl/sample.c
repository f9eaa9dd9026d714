/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of all VMs' counters, and the rates between two of them. */
#include "avicd/util.h"
#include "ctl/field.h"
#include "ctl/sample.h"

void sample_done(struct sample *s)
{
	free(s->vms);
	json_object_put(s->state);
	*s = (struct sample){0};
}

static int by_pid(const void *a, const void *b)
{
	const struct sample_vm *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

int sample_make(json_object *state, uint64_t at, int64_t pid, struct sample *ret)
{
	json_object *vms = field_array(state, "vms");
	struct sample s = {.state = state, .at = at};

	s.vms = calloc(field_len(vms) + 1, sizeof(*s.vms));
	if (!s.vms)
		return -ENOMEM;
	for (size_t i = 0; i < field_len(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);
		struct sample_vm v = {.vm = vm, .pid = field_int(vm, "pid"), .change_rate = -1, .event_rate = -1};

		if (pid && v.pid != pid)
			continue;
		v.seen = field_time(vm, "seen_since");
		v.changes = field_int(vm, "changes");
		v.events = field_int(vm, "events");
		s.vms[s.n++] = v;
	}
	*ret = s;
	return 0;
}

/* Counters begin again when avicd was restarted: what they show then came since. */
static double rate(int64_t now, int64_t before, double seconds)
{
	return (now >= before ? now - before : now) / seconds;
}

static int by_rate(const void *a, const void *b)
{
	const struct sample_vm *x = a, *y = b;

	if (x->change_rate != y->change_rate)
		return x->change_rate < y->change_rate ? 1 : -1;
	if (x->changes != y->changes)
		return x->changes < y->changes ? 1 : -1;
	return by_pid(a, b);
}

void sample_rates(struct sample *s, const struct sample *before)
{
	double seconds = s->at > before->at ? (s->at - before->at) / 1e9 : 0;
	size_t j = 0;

	_cleanup_free_ struct sample_vm *old = calloc(before->n + 1, sizeof(*old));

	if (old && seconds > 0) {
		if (before->n > 0)
			memcpy(old, before->vms, before->n * sizeof(*old));
		qsort(old, before->n, sizeof(*old), by_pid);
		qsort(s->vms, s->n, sizeof(*s->vms), by_pid);
		for (size_t i = 0; i < s->n; i++) {
			struct sample_vm *v = &s->vms[i];

			while (j < before->n && old[j].pid < v->pid)
				j++;
			if (j == before->n || old[j].pid != v->pid || old[j].seen != v->seen)
				continue;
			v->change_rate = rate(v->changes, old[j].changes, seconds);
			v->event_rate = rate(v->events, old[j].events, seconds);
		}
	}
	qsort(s->vms, s->n, sizeof(*s->vms), by_rate);
}
