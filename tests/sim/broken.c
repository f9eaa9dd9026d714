/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule is taken away, so that a test can show that its invariant is looked at. The rules themselves are those of avicd, and stay as they are: what
 * they are given is a little wrong.
 */
#include <stdlib.h>

#include "world.h"

const char *const breakable[] = {
	"well",	    "unknown",	  "ambiguous", "cause",	 "cures",    "unmanaged", "transient", "paused",    "busy",
	"target",   "not-proved", "report",    "ladder", "asked",    "window",	  "failures",  "ping-pong", "quiet",
	"interval", "hourly",	  "delay",     "duty",	 "max-jobs", "health",	  "reported",  "again",
};
const size_t n_breakable = ARRAY_SIZE(breakable);

static bool is(const struct world *w, const char *rule)
{
	return streq(w->broken, rule);
}

/* The limits that the rules are given; and, that one alone decides, those that hold. */
void broken_limits(struct world *w)
{
	struct remedy_limits *l = &w->limits;

	if (is(w, "hourly"))
		l->hourly = 2;
	else if (is(w, "busy") || is(w, "max-jobs") || is(w, "window") || is(w, "failures") || is(w, "ping-pong") ||
		 is(w, "interval") || is(w, "delay"))
		l->hourly = REMEDY_HOURLY_MAX;
	if (is(w, "busy") || is(w, "hourly") || is(w, "delay") || is(w, "max-jobs"))
		l->interval_ns = 0;
	if (is(w, "busy") || is(w, "hourly") || is(w, "max-jobs"))
		l->delay_ns = 0;
	if (is(w, "busy") || is(w, "failures"))
		l->window_ns = 0;
	if (is(w, "busy"))
		l->max_jobs = JOBS;
	w->used = *l;
	if (is(w, "max-jobs"))
		w->used.max_jobs = JOBS;
	if (is(w, "hourly"))
		w->used.hourly = REMEDY_HOURLY_MAX;
	if (is(w, "interval"))
		w->used.interval_ns = 0;
	if (is(w, "delay"))
		w->used.delay_ns = 0;
	if (is(w, "window"))
		w->used.window_ns = 0;
	if (is(w, "failures"))
		w->used.failures = UINT32_MAX;
	if (is(w, "quiet"))
		w->used.quiet_from = w->used.quiet_to = 0;
}

void broken_wish(const struct world *w, struct remedy_wish *wish)
{
	if (is(w, "report"))
		wish->automatic = true;
	if (is(w, "unmanaged"))
		wish->reachable = true;
	if (is(w, "asked"))
		wish->ladder_own = true;
	if (is(w, "ladder"))
		ladder_default(&wish->ladder);
}

void broken_health(struct world *w)
{
	for (int i = 0; is(w, "health") && i < HOSTS; i++)
		w->hosts[i].tracker.health = HEALTH_OK;
}

/* As if it were stuck by its first bit that does not pass. */
static void make_stuck(struct vm *vm)
{
	struct verdict *v = &vm->verdict;

	for (size_t i = 0; i < v->n; i++)
		if (v->reasons[i].cls == CLASS_STICKY) {
			v->condition = CONDITION_STUCK;
			v->cause = v->reasons[i].cause;
			return;
		}
}

static void mislead(const struct world *w, struct vm *vm)
{
	struct verdict *v = &vm->verdict;

	if (is(w, "well") && vm->running && v->condition != CONDITION_UNKNOWN)
		make_stuck(vm);
	if (is(w, "unknown") && v->condition == CONDITION_UNKNOWN && !vm->ambiguous)
		make_stuck(vm);
	if (is(w, "ambiguous") && vm->ambiguous) {
		vm->ambiguous = false;
		make_stuck(vm);
	}
	if (is(w, "paused") && !vm->running && v->condition != CONDITION_UNKNOWN) {
		vm->running = true;
		make_stuck(vm);
	}
	if (is(w, "cause") && v->condition == CONDITION_STUCK) {
		v->cause = CAUSE_KERNEL_BUG;
		v->n = 0;
	}
	if (is(w, "cures") && v->condition == CONDITION_STUCK)
		v->remedies = UINT32_MAX;
	if (is(w, "transient"))
		vm->domain.persistent = true;
}

/* A book that says less. */
static void forget(const struct world *w, struct remedy_book *b, struct remedy_past *past)
{
	for (size_t i = 0; i < b->n_past; i++)
		past[i] = b->past[i];
	b->past = past;
	if (is(w, "busy"))
		b->n_jobs = 0;
	if (is(w, "duty"))
		b->unreadable = false;
	for (size_t i = 0; is(w, "ping-pong") && i < b->n_past; i++)
		past[i].returned = false;
}

const struct vm *broken_round(struct world *w, struct sim_host *h, struct remedy_host *rh, remedy_wish_fn wish,
			      struct remedy_plan *ret)
{
	static struct vm saved[VMS];
	static struct remedy_past past[VMS];
	struct remedy_book book = h->book;
	struct remedy_host less = *rh;
	const struct vm *vm;
	size_t n = 0;

	if (book.n_past > VMS || h->tracker.vms.n > VMS)
		abort();
	forget(w, &book, past);
	less.book = &book;
	less.proved = rh->proved || is(w, "not-proved");
	HASH_FOREACH (&h->tracker.vms, slot) {
		saved[n++] = *(struct vm *)slot->value;
		mislead(w, slot->value);
	}
	vm = remedy_round(&h->tracker, &less, wish, w, w->now, ret, &h->round_at);
	n = 0;
	HASH_FOREACH (&h->tracker.vms, slot)
		*(struct vm *)slot->value = saved[n++];
	if (is(w, "again"))
		h->round_at = TIME_NEVER;
	return vm;
}
