/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots, episodes and times of one VM, as records of the history. */
#include <stdio.h>

#include "avicd/clock.h"
#include "daemon/manager.h"
#include "daemon/recording_vm.h"

/* What was told of a VM, and what state it has been in since. */
struct recorded {
	struct vm_id id;
	struct recorded_name name;
	uint64_t at;					/* monotonic: times are counted up to here */
	bool watched, inhibited, stuck;			/* since then */
	uint64_t for_watched, for_inhibited, for_stuck; /* ns, not told yet */
	bool episode;
	uint64_t episode_at; /* on the tracker's clock */
	uint64_t mask;	     /* reasons that were in it */
	enum cause cause;
};

static struct recorded *find(const struct manager *m, const struct vm *vm)
{
	struct recorded *w = hash_get(&m->recording.vms, (uint64_t)vm->id.tgid);

	/* a pid that is used again */
	return w && w->id.start == vm->id.start ? w : NULL;
}

/* A VM that was told of under one name keeps it, though libvirt may be gone: names only become better. */
struct history_vm recorded_name_of(struct manager *m, const struct vm *vm, struct recorded_name *name)
{
	const struct recorded *w = find(m, vm);

	snprintf(name->process, sizeof(name->process), "%.8s-%d-%llu", m->host.boot_id, (int)vm->id.tgid,
		 (unsigned long long)vm->id.start);
	if (vm->domain.uuid[0])
		snprintf(name->key, sizeof(name->key), "%s", vm->domain.uuid);
	else if (w)
		*name = w->name;
	else
		snprintf(name->key, sizeof(name->key), "pid-%d-%.8s-%llu", (int)vm->id.tgid, m->host.boot_id,
			 (unsigned long long)vm->id.start);
	return (struct history_vm){
		.key = name->key,
		.uuid = vm->domain.uuid,
		.name = vm->domain.name,
		.process = name->process,
		.pid = vm->id.tgid,
	};
}

static void put(struct manager *m, const struct vm *vm, struct history_record *r)
{
	struct recorded_name name = {0};

	r->of_vm = true;
	r->vm = recorded_name_of(m, vm, &name);
	(void)history_put(m->recording.writer, r);
}

static void tell_times(struct manager *m, const struct vm *vm, struct recorded *w)
{
	if (w->for_watched)
		put(m, vm,
		    &(struct history_record){.kind = HISTORY_TIME,
					     .at = wall_us(),
					     .watched = w->for_watched / NSEC_PER_USEC,
					     .inhibited = w->for_inhibited / NSEC_PER_USEC,
					     .stuck = w->for_stuck / NSEC_PER_USEC});
	w->for_watched = w->for_inhibited = w->for_stuck = 0;
}

/* Time in which nobody saw the VM, or in which it did not run, is no time of the guest's with or without AVIC. */
static void count_time(const struct vm *vm, struct recorded *w)
{
	uint64_t now = now_ns(), d = now - w->at;

	if (w->watched) {
		w->for_watched += d;
		w->for_inhibited += w->inhibited ? d : 0;
		w->for_stuck += w->stuck ? d : 0;
	}
	w->at = now;
	w->watched = vm->running && vm->verdict.condition != CONDITION_UNKNOWN;
	w->inhibited = vm->episode_at || vm->verdict.condition == CONDITION_OFF;
	w->stuck = vm->verdict.condition == CONDITION_STUCK;
}

static struct recorded *of(struct manager *m, const struct vm *vm)
{
	struct recorded *w = find(m, vm), *old;

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->id = vm->id;
	w->at = now_ns();
	recorded_name_of(m, vm, &w->name);
	old = hash_remove(&m->recording.vms, (uint64_t)vm->id.tgid);
	free(old);
	if (hash_put(&m->recording.vms, (uint64_t)vm->id.tgid, w) < 0) {
		free(w);
		return NULL;
	}
	return w;
}

/* libvirt named it: what was told before is of the same VM. */
static void follow_name(struct manager *m, const struct vm *vm, struct recorded *w)
{
	struct recorded_name now = {0};
	struct history_vm named = recorded_name_of(m, vm, &now);

	if (streq(now.key, w->name.key))
		return;
	(void)history_put(m->recording.writer, &(struct history_record){.kind = HISTORY_SAME,
									.at = wall_us(),
									.of_vm = true,
									.vm = named,
									.was = w->name.key});
	w->name = now;
}

static void boot(struct manager *m, const struct vm *vm)
{
	/* without boot_at it began before anybody watched */
	put(m, vm,
	    &(struct history_record){.kind = HISTORY_BOOT,
				     .at = wall_of(vm->boot_at ? vm->boot_at : vm->seen_at),
				     .number = vm->boots,
				     .exact = vm->boot_at != 0});
}

static uint64_t lasting(const struct manager *m, const struct vm *vm)
{
	const struct numbering *n = &m->tracker.numbering;

	return numbering_class_mask(n, CLASS_CONFIG, vm->mask) | numbering_class_mask(n, CLASS_STICKY, vm->mask);
}

static const char *cause_word(enum cause c)
{
	return c == CAUSE_NONE ? NULL : cause_to_string(c);
}

/* It began, or its reasons or cause are others than were told. */
static void episode(struct manager *m, const struct vm *vm, struct recorded *w)
{
	enum cause cause = vm->verdict.cause == CAUSE_NONE ? w->cause : vm->verdict.cause;
	uint64_t mask = lasting(m, vm) | (w->episode ? w->mask : 0);
	char names[MASK_NAMES_MAX];
	struct history_record r = {
		.kind = w->episode ? HISTORY_EPISODE_NOTE : HISTORY_EPISODE_BEGIN,
		.at = wall_of(vm->episode_at),
	};

	if (w->episode && mask == w->mask && cause == w->cause)
		return;
	if (!w->episode) {
		/* one that was there when the watch began may be one of the run before ours */
		r.exact = true;
		for (unsigned bit = 0; bit < REASON_BITS; bit++)
			if (mask >> bit & 1 && !vm->reason[bit].since_exact)
				r.exact = false;
		cause = vm->verdict.cause;
	}
	w->episode = true;
	w->episode_at = vm->episode_at;
	w->mask = mask;
	w->cause = cause;
	r.reasons = mask_names(&m->tracker.numbering, mask, names, sizeof(names));
	r.cause = cause_word(cause);
	put(m, vm, &r);
}

static void episode_over(struct manager *m, const struct vm *vm, struct recorded *w, bool cut)
{
	uint64_t now = manager_now(m);
	char names[MASK_NAMES_MAX];

	put(m, vm,
	    &(struct history_record){.kind = HISTORY_EPISODE_END,
				     .at = wall_of(now),
				     .duration = now > w->episode_at ? (now - w->episode_at) / NSEC_PER_USEC : 0,
				     .cut = cut,
				     .reasons = mask_names(&m->tracker.numbering, w->mask, names, sizeof(names)),
				     .cause = cause_word(w->cause)});
	w->episode = false;
	w->mask = 0;
	w->cause = CAUSE_NONE;
}

static void drop(struct manager *m, struct recorded *w)
{
	hash_remove(&m->recording.vms, (uint64_t)w->id.tgid);
	free(w);
}

void recorded_saw(struct manager *m, const struct action *a)
{
	const struct vm *vm = a->vm;
	struct recorded *w = of(m, vm);

	if (!w)
		return;
	follow_name(m, vm, w);
	count_time(vm, w);
	if (a->event == EVENT_VM_APPEARED || a->event == EVENT_VM_REBOOT)
		boot(m, vm);
	if (w->episode && (!vm->episode_at || a->event == EVENT_VM_GONE))
		episode_over(m, vm, w, false);
	if (vm->episode_at && a->event != EVENT_VM_GONE)
		episode(m, vm, w);
	if (a->event != EVENT_VM_GONE)
		return;
	tell_times(m, vm, w);
	put(m, vm, &(struct history_record){.kind = HISTORY_GONE, .at = wall_us()});
	drop(m, w);
}

void recorded_flush(struct manager *m, const struct vm *vm)
{
	struct recorded *w = of(m, vm);

	if (!w)
		return;
	follow_name(m, vm, w);
	count_time(vm, w);
	if (vm->episode_at)
		episode(m, vm, w);
	tell_times(m, vm, w);
}

void recorded_cut(struct manager *m, const struct vm *vm)
{
	struct recorded *w = find(m, vm);

	if (!w)
		return;
	recorded_flush(m, vm);
	if (w->episode)
		episode_over(m, vm, w, true);
}
