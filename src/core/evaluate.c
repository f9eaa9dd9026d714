/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from a VM's facts: its verdict, and the actions for what changed by it (see tracker.c). */
#include "core/tracker-private.h"

static void verdict_input(const struct tracker *t, const struct vm *vm, uint64_t now, struct verdict_in *in)
{
	*in = (struct verdict_in){
		.numbering = &t->numbering,
		.settings = &t->settings,
		.host = &t->host,
		.known = vm->known && vm->mask_seen,
		.ambiguous = vm->ambiguous,
		.running = vm->running,
		.boot_at = vm->boot_at,
		.mask = vm->mask,
		.ids_right = vm->ids_right,
		.id_stack = vm->id_stack,
		.large_ids = vm->large_ids,
		.now = now,
	};
	for (unsigned i = 0; i < REASON_BITS; i++)
		in->since[i] = vm->reason[i].since;
}

/* Bits that make an episode: neither transient nor off, nor, while the machine is being made, part of that. */
static uint64_t episode_mask(const struct tracker *t, const struct vm *vm)
{
	uint64_t m = numbering_class_mask(&t->numbering, CLASS_CONFIG, vm->mask) |
		     numbering_class_mask(&t->numbering, CLASS_STICKY, vm->mask);

	if (vm->verdict.condition == CONDITION_SETTLING)
		m &= ~(numbering_mask(&t->numbering, REASON_ABSENT) | numbering_mask(&t->numbering, REASON_PIT_REINJ));
	return m;
}

static void evaluate_episode(struct tracker *t, struct vm *vm, uint64_t now)
{
	uint64_t m = episode_mask(t, vm);

	/* While sight is lost or VMs are mixed up, an episode neither begins nor ends. */
	if (vm->verdict.condition == CONDITION_UNKNOWN || vm->verdict.condition == CONDITION_OFF)
		return;
	if (m && !vm->episode_at) {
		unsigned bit = (unsigned)__builtin_ctzll(m);

		vm->episode_at = bit < REASON_BITS && vm->reason[bit].since ? vm->reason[bit].since : now;
		vm->episodes++;
		tracker_act(t, &(struct action){.event = EVENT_EPISODE_BEGIN, .vm = vm, .bit = bit});
	} else if (!m && vm->episode_at) {
		struct action a = {.event = EVENT_EPISODE_END, .vm = vm, .duration = now - vm->episode_at};

		vm->episode_at = 0;
		tracker_act(t, &a);
	}
}

static void evaluate_storm(struct tracker *t, struct vm *vm, uint64_t now)
{
	bool storm = vm->known && vm->storm_at && now < vm->storm_at + t->settings.storm_quiet_ns;
	struct action a = {.event = storm ? EVENT_STORM_BEGIN : EVENT_STORM_END, .vm = vm};

	if (storm == vm->storm)
		return;
	vm->storm = storm;
	if (storm) {
		vm->storms++;
		vm->storm_since = now;
	} else {
		/* the quiet that ends it is no part of it */
		a.duration = vm->storm_at > vm->storm_since ? vm->storm_at - vm->storm_since : 0;
	}
	tracker_act(t, &a);
}

/* EVENT_NONE: an interrupt window that a reading happened to meet is no news. */
static enum event_id condition_event(enum condition from, enum condition to)
{
	if ((from == CONDITION_ACTIVE || from == CONDITION_TRANSIENT) &&
	    (to == CONDITION_ACTIVE || to == CONDITION_TRANSIENT))
		return EVENT_NONE;
	if (to == CONDITION_STUCK)
		return EVENT_VM_STUCK;
	if (to == CONDITION_CONFIGURED)
		return EVENT_VM_CONFIGURED;
	if ((from == CONDITION_STUCK || from == CONDITION_CONFIGURED) &&
	    (to == CONDITION_ACTIVE || to == CONDITION_TRANSIENT))
		return EVENT_VM_RECOVERED;
	return EVENT_VM_CONDITION;
}

/* Reset, or paused: it cannot be stuck now, and what made it so may still be there. */
static bool is_put_off(const struct vm *vm)
{
	return vm->verdict.condition == CONDITION_SETTLING ||
	       (vm->verdict.condition == CONDITION_TRANSIENT && vm->verdict.headline >= 0);
}

/* A VM that was unwell before it was put off has recovered when nothing of that is left; not before. */
static void recall(struct vm *vm, enum condition old, struct action *a)
{
	enum condition now = vm->verdict.condition;

	if (is_put_off(vm)) {
		if (old != CONDITION_STUCK && old != CONDITION_CONFIGURED)
			return;
		a->event = EVENT_VM_CONDITION;
		vm->unwell = old;
		vm->unwell_for = a->duration;
		return;
	}
	if (vm->unwell && (now == CONDITION_ACTIVE || now == CONDITION_TRANSIENT)) {
		a->event = EVENT_VM_RECOVERED;
		a->old_condition = vm->unwell;
		a->duration = vm->unwell_for;
	}
	vm->unwell = CONDITION_UNKNOWN;
}

/* The time since the last look was spent in the state of the last look. */
static void account(struct vm *vm, uint64_t now)
{
	vm->known_ns = vm_known_ns(vm, now);
	vm->episodes_ns = vm_episodes_ns(vm, now);
	vm->accounted_at = now;
}

/* Ask for the verdict and act on what changed. Before the VM is announced, only the verdict is renewed. */
void evaluate(struct tracker *t, struct vm *vm, uint64_t now)
{
	enum condition old = vm->verdict.condition;
	struct action a = {.vm = vm, .old_condition = old};
	struct verdict_in in;

	account(vm, now);
	verdict_input(t, vm, now, &in);
	verdict_of(&in, &vm->verdict);
	t->n_condition[old]--;
	t->n_condition[vm->verdict.condition]++;
	if (!vm->announced)
		return;
	evaluate_episode(t, vm, now);
	evaluate_storm(t, vm, now);
	if (vm->verdict.condition != old) {
		a.event = condition_event(old, vm->verdict.condition);
		a.duration = now - vm->condition_at;
		recall(vm, old, &a);
		if (vm->verdict.condition == CONDITION_STUCK)
			vm->stuck_at = now;
		vm->condition_at = now;
		if (a.event != EVENT_NONE)
			tracker_act(t, &a);
	}
	tracker_health(t);
}

static void announce(struct tracker *t, struct vm *vm, uint64_t now)
{
	evaluate(t, vm, now);
	vm->announced = true;
	vm->condition_at = now;
	tracker_act(t, &(struct action){.event = EVENT_VM_APPEARED, .vm = vm});
	if (vm->ambiguous)
		tracker_act(t, &(struct action){.event = EVENT_VM_AMBIGUOUS, .vm = vm});
	evaluate_episode(t, vm, now);
	evaluate_storm(t, vm, now);
	tracker_health(t);
}

/* Host health follows the VMs: where the host cannot say whether AVIC is in use, the VMs that were seen do. */
void tracker_health(struct tracker *t)
{
	size_t stuck = t->n_condition[CONDITION_STUCK], off = t->n_condition[CONDITION_OFF];
	size_t unknown = t->n_condition[CONDITION_UNKNOWN];
	struct host_facts_core host = t->host;
	enum health old = t->health;

	if (host.avic == TRI_UNKNOWN && t->vms.n > unknown)
		host.avic = off + unknown == t->vms.n ? TRI_NO : TRI_YES;
	t->health = health_of(&host, t->watching, stuck, unknown, false);
	if (t->health != old)
		tracker_act(t, &(struct action){.event = EVENT_HEALTH, .detail = health_to_string(old)});
}

/* It has not been seen since the source changed, and its verdict is from before. */
static bool lost_sight_of(const struct vm *vm)
{
	return !vm->known && vm->verdict.condition != CONDITION_UNKNOWN;
}

void tracker_tick(struct tracker *t, uint64_t now)
{
	HASH_FOREACH (&t->vms, slot) {
		struct vm *vm = slot->value;

		if (!vm->announced)
			announce(t, vm, now);
		else if (vm->verdict.deadline <= now || vm->storm || lost_sight_of(vm))
			evaluate(t, vm, now);
	}
}

uint64_t tracker_deadline(const struct tracker *t)
{
	uint64_t d = TIME_NEVER;

	HASH_FOREACH (&t->vms, slot) {
		const struct vm *vm = slot->value;

		if (!vm->announced || lost_sight_of(vm))
			return 0;
		d = MIN(d, vm->verdict.deadline);
		if (vm->storm)
			d = MIN(d, vm->storm_at + t->settings.storm_quiet_ns);
	}
	return d;
}
