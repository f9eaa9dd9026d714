/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan for one VM.
 *
 * DOC: Theory of Operation
 *
 * Each remedy is held against the rules in their order; the first that refuses is its answer. The order is from what nothing can change (the
 * VM needs no remedy) over what a person may overrule to what passes by itself, so that the answer is what somebody has to do about, if anybody.
 *
 * A rule is a function of (input, remedy) that says whether it refuses and, if time alone lifts it, until when. There are no others: what the
 * simulator proves of this table holds for avicd.
 */
#include <assert.h>

#include "avicd/remedy.h"
#include "avicd/util.h"

#define MINUTE_NS (60 * NSEC_PER_SEC)
#define HOUR_NS	  (60 * MINUTE_NS)
#define DAY_MIN	  (24 * 60)

/* Does it refuse? *until is TIME_NEVER before. */
typedef bool (*rule_fn)(const struct remedy_in *in, enum remedy r, uint64_t *until);

static bool makes_new_vm_here(enum remedy r)
{
	return r == REMEDY_RESTORE || r == REMEDY_COLD_REBOOT;
}

static bool is_well(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	enum condition c = in->verdict->condition;

	return c != CONDITION_STUCK && c != CONDITION_CONFIGURED && c != CONDITION_UNKNOWN;
}

static bool is_unknown(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	return in->verdict->condition == CONDITION_UNKNOWN && !in->ambiguous;
}

static bool is_ambiguous(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	return in->ambiguous;
}

/*
 * A setting is still there after a migration or a reset. A cause that is not known is none of avicd's to act on; a person who asks for a
 * remedy by name knows more.
 */
static bool is_no_ground(const struct remedy_in *in, enum remedy r, enum cause c)
{
	switch (c) {
	case CAUSE_KERNEL_BUG:
		return false;
	case CAUSE_VM_CONFIG:
	case CAUSE_HOST_CONFIG:
		return !makes_new_vm_here(r);
	case CAUSE_UNKNOWN:
		return r == REMEDY_HEAL || in->asker != ASKER_PERSON || in->wanted != (int)r;
	default:
		return true;
	}
}

/*
 * The headline is one reason of several: what another one says counts as well. Of settings RULE_CURES says more. A debugger's reason is
 * transient, and yet: who steps through a guest is not to be disturbed.
 */
static bool gives_no_ground(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	const struct verdict *v = in->verdict;

	for (size_t i = 0; i < v->n; i++) {
		enum cause c = v->reasons[i].cause;

		if (c == CAUSE_DEBUGGER || (v->reasons[i].cls == CLASS_STICKY && is_no_ground(in, r, c)))
			return true;
	}
	return is_no_ground(in, r, v->cause);
}

static bool does_not_cure(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return !(in->verdict->remedies & BIT64(r));
}

static bool is_unmanaged(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return r != REMEDY_HEAL && (!in->managed || !*in->uuid);
}

static bool is_transient(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return makes_new_vm_here(r) && !in->persistent;
}

static bool is_paused(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	return !in->running;
}

static bool is_busy(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	return book_job_of(in->book, in->key);
}

static bool has_no_target(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return r == REMEDY_MIGRATE && !in->n_targets;
}

static bool is_not_proved(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return r == REMEDY_HEAL && !in->proved;
}

static bool is_risky(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return r == REMEDY_HEAL && in->risk;
}

static bool is_to_report(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	return !in->automatic;
}

static bool is_on_ladder(const struct remedy_in *in, enum remedy r)
{
	for (size_t i = 0; i < in->ladder.n; i++)
		if (in->ladder.list[i] == r)
			return true;
	return false;
}

/* restore and cold-reboot have a rule of their own, which says more */
static bool is_off_ladder(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return !makes_new_vm_here(r) && !is_on_ladder(in, r);
}

static bool is_for_persons(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	return makes_new_vm_here(r) && !(in->ladder_own && is_on_ladder(in, r));
}

/* @at is 0 for never. */
static bool is_within(const struct remedy_in *in, uint64_t at, uint64_t ns, uint64_t *until)
{
	if (!at || in->now >= at + ns)
		return false;
	*until = at + ns;
	return true;
}

static bool had_one(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until)
{
	const struct remedy_past *p = book_past(in->book, in->key);

	return p && is_within(in, p->begun_at, in->limits->window_ns, until);
}

static bool has_failed(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	const struct remedy_past *p = book_past(in->book, in->key);

	return p && p->failures >= in->limits->failures;
}

static bool is_ping_pong(const struct remedy_in *in, enum remedy r, uint64_t *until)
{
	const struct remedy_past *p = book_past(in->book, in->key);

	return r == REMEDY_MIGRATE && p && p->returned &&
	       is_within(in, p->departed_at, PING_PONG_WINDOWS * in->limits->window_ns, until);
}

static bool is_quiet(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until)
{
	uint16_t from = in->limits->quiet_from, to = in->limits->quiet_to;
	uint16_t since = (uint16_t)((in->minute + DAY_MIN - from) % DAY_MIN),
		 length = (uint16_t)((to + DAY_MIN - from) % DAY_MIN);

	if (since >= length)
		return false;
	*until = in->now + (uint64_t)(length - since) * MINUTE_NS;
	return true;
}

static bool is_early(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until)
{
	return in->book->n_begun &&
	       is_within(in, in->book->begun[in->book->n_begun - 1], in->limits->interval_ns, until);
}

static bool is_above_hourly(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until)
{
	const struct remedy_book *b = in->book;
	uint32_t max = MIN(in->limits->hourly, (uint32_t)REMEDY_HOURLY_MAX);

	if (!max)
		return true;
	return b->n_begun >= max && is_within(in, b->begun[b->n_begun - max], HOUR_NS, until);
}

static bool is_just_after(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until)
{
	return is_within(in, in->book->ended_at, in->limits->delay_ns, until);
}

static bool is_forgetful(const struct remedy_in *in, enum remedy r _unused_, uint64_t *until _unused_)
{
	return in->book->unreadable;
}

/* A cold-reboot waits for the guest, for weeks if need be, and then takes a moment: it keeps no other remedy waiting. */
static bool is_full(const struct remedy_in *in, enum remedy r, uint64_t *until _unused_)
{
	uint32_t n = 0;

	for (size_t i = 0; i < in->book->n_jobs; i++)
		n += in->book->jobs[i].remedy != REMEDY_COLD_REBOOT;
	return r != REMEDY_COLD_REBOOT && n >= in->limits->max_jobs;
}

static const rule_fn refuses[] = {
	[RULE_WELL] = is_well,
	[RULE_UNKNOWN] = is_unknown,
	[RULE_AMBIGUOUS] = is_ambiguous,
	[RULE_CAUSE] = gives_no_ground,
	[RULE_CURES] = does_not_cure,
	[RULE_UNMANAGED] = is_unmanaged,
	[RULE_TRANSIENT] = is_transient,
	[RULE_PAUSED] = is_paused,
	[RULE_BUSY] = is_busy,
	[RULE_NO_TARGET] = has_no_target,
	[RULE_NOT_PROVED] = is_not_proved,
	[RULE_RISK] = is_risky,
	[RULE_REPORT] = is_to_report,
	[RULE_LADDER] = is_off_ladder,
	[RULE_ASKED] = is_for_persons,
	[RULE_WINDOW] = had_one,
	[RULE_FAILURES] = has_failed,
	[RULE_PING_PONG] = is_ping_pong,
	[RULE_QUIET] = is_quiet,
	[RULE_INTERVAL] = is_early,
	[RULE_HOURLY] = is_above_hourly,
	[RULE_DELAY] = is_just_after,
	[RULE_DUTY] = is_forgetful,
	[RULE_MAX_JOBS] = is_full,
};
static_assert(ARRAY_SIZE(refuses) == RULE_EARLIER, "each rule but the last, which is the plan's own");

/* Who names no remedy asks for the ladder, not for what is not on it. */
static bool gives_way(const struct remedy_in *in, enum remedy_rule rule, enum remedy r)
{
	if (in->asker != ASKER_PERSON || !rule_yields(rule))
		return false;
	return in->wanted == (int)r || (in->wanted < 0 && rule != RULE_LADDER && rule != RULE_ASKED);
}

static struct remedy_step step_of(const struct remedy_in *in, enum remedy r)
{
	for (enum remedy_rule rule = RULE_NONE + 1; rule < RULE_EARLIER; rule++) {
		uint64_t until = TIME_NEVER;

		if (refuses[rule](in, r, &until) && !gives_way(in, rule, r))
			return (struct remedy_step){r, rule, until};
	}
	return (struct remedy_step){r, RULE_NONE, TIME_NEVER};
}

static void add_step(const struct remedy_in *in, enum remedy r, struct remedy_plan *p)
{
	struct remedy_step *s = &p->steps[p->n];

	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].remedy == r)
			return;
	*s = step_of(in, r);
	/* one is done, not two; a person who names one has none of the others */
	if (s->rule == RULE_NONE && (p->chosen >= 0 || (in->wanted >= 0 && in->wanted != (int)r)))
		s->rule = RULE_EARLIER;
	if (s->rule == RULE_NONE)
		p->chosen = (int)p->n;
	p->again = MIN(p->again, s->until);
	p->n++;
}

void remedy_plan(const struct remedy_in *in, struct remedy_plan *ret)
{
	static const enum remedy all[] = {REMEDY_HEAL, REMEDY_MIGRATE, REMEDY_RESTORE, REMEDY_COLD_REBOOT};

	*ret = (struct remedy_plan){.chosen = -1, .again = TIME_NEVER};
	for (size_t i = 0; i < in->ladder.n; i++)
		add_step(in, (enum remedy)in->ladder.list[i], ret);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		add_step(in, all[i], ret);
}
