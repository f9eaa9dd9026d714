/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The remedies in the event loop. */
#include <stdio.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "daemon/actions.h"
#include "daemon/manager.h"

/* What changes in one moment is looked at once; longer than it takes to gather evidence, so that no cause is called unknown too early. */
#define SOON_NS	  (300 * NSEC_PER_MSEC)
/* Quiet hours are of the wall clock, which may jump: a plan that waits for them is looked at again at the latest after this. */
#define AGAIN_MAX (600 * NSEC_PER_SEC)

void remedying_settings(struct manager *m)
{
	const struct settings *s = &m->settings;

	m->remedying.limits = (struct remedy_limits){
		.max_jobs = s->max_jobs,
		.hourly = s->remedy_hourly,
		.interval_ns = s->remedy_interval,
		.delay_ns = s->remedy_delay,
		.window_ns = s->remedy_window,
		.failures = s->remedy_failures,
		.quiet_from = s->quiet_hours.from,
		.quiet_to = s->quiet_hours.to,
	};
	remedying_soon(m);
}

void remedying_begin(struct manager *m)
{
	jobs_begin(m);
	remedying_soon(m);
}

/* ---- what a plan rests on ---- */

static uint16_t minute_of_day(void)
{
	time_t now = time(NULL);
	struct tm tm;

	return localtime_r(&now, &tm) ? (uint16_t)(tm.tm_hour * 60 + tm.tm_min) : 0;
}

static size_t count_words(const char *s)
{
	size_t n = 0;

	for (s += strspn(s, " \t"); *s; s += strspn(s, " \t"), n++)
		s += strcspn(s, " \t");
	return n;
}

static void host_of(struct manager *m, const char *accepted, bool has_target, struct remedy_host *ret)
{
	char why[LIVEPATCH_WHY_MAX];

	*ret = (struct remedy_host){
		.limits = &m->remedying.limits,
		.book = &m->remedying.book,
		.proved = m->deploying.deploy.state == DEPLOY_VERIFIED,
		/* read from files: only where it matters */
		.risk = m->deploying.deploy.state == DEPLOY_VERIFIED && deploying_risks(m, accepted, true, why),
		.n_targets = has_target ? 1 : count_words(m->settings.migrate_targets ?: ""),
		.minute = minute_of_day(),
	};
}

void remedying_wish(struct manager *m, const struct vm *vm, struct remedy_wish *ret, const char **from)
{
	enum policy_source whose;
	const char *ladder;
	struct policy p;

	policy_of(&m->settings.policies, vm->domain.name, vm->domain.uuid, MODE_NONE, vm->domain.remedy, &p);
	*ret = (struct remedy_wish){.automatic = p.remedy == DOMXML_REMEDY_AUTO};
	ladder = policy_ladder(&m->settings.policies, vm->domain.name, vm->domain.uuid, vm->domain.remedies,
			       m->settings.remedies, &whose);
	ret->ladder_own = whose == POLICY_METADATA;
	/* what is not one was refused when it was read */
	if (ladder_parse(ladder, ret->ladder_own, &ret->ladder) < 0)
		ladder_default(&ret->ladder);
	ret->reachable = domains_will_tell(m, vm);
	*from = policy_source_to_string(p.remedy_from);
}

static void wish(const struct vm *vm, void *userdata, struct remedy_wish *ret)
{
	const char *from;

	remedying_wish(userdata, vm, ret, &from);
}

void remedying_plan(struct manager *m, const struct vm *vm, enum remedy_asker asker, int wanted, const char *accepted,
		    bool has_target, struct remedy_plan *ret)
{
	struct remedy_host h;
	struct remedy_wish w;

	host_of(m, accepted, has_target, &h);
	wish(vm, m, &w);
	remedy_plan_vm(vm, &h, &w, asker, wanted, now_ns(), ret);
}

/* ---- what is told ---- */

static void tell(struct manager *m, const struct vm *vm, bool failed, const char *fmt, ...) _printf_(4, 5);
static void tell(struct manager *m, const struct vm *vm, bool failed, const char *fmt, ...)
{
	char detail[REPORT_LABEL_MAX + JOB_WHY_MAX + 128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	actions_do(&(struct action){.event = failed ? EVENT_REMEDY_FAILED : EVENT_REMEDY, .vm = vm, .detail = detail},
		   m);
}

/* Why a VM that is to be cured is not, once for each reason. Limits that pass by themselves within minutes are no news. */
static void tell_refusals(struct manager *m, const struct remedy_host *h)
{
	struct remedying *y = &m->remedying;
	char label[REPORT_LABEL_MAX];

	HASH_FOREACH (&m->tracker.vms, slot) {
		const struct vm *vm = slot->value;
		struct remedy_plan p;
		struct remedy_wish w;
		uintptr_t rule;

		if (vm->verdict.condition != CONDITION_STUCK)
			continue;
		wish(vm, m, &w);
		if (!w.automatic)
			continue;
		remedy_plan_vm(vm, h, &w, ASKER_POLICY, -1, now_ns(), &p);
		rule = p.chosen >= 0 ? RULE_NONE : p.steps[0].rule;
		if (rule == RULE_NONE || rule == RULE_BUSY || rule == RULE_MAX_JOBS || rule == RULE_DELAY ||
		    (uintptr_t)hash_get(&y->said, (uint64_t)vm->id.tgid) == rule)
			continue;
		(void)hash_put(&y->said, (uint64_t)vm->id.tgid, (void *)rule);
		tell(m, vm, true, "%s: no remedy: %s: %s: %s", report_vm_label(vm, label),
		     remedy_to_string(p.steps[0].remedy), rule_to_string((enum remedy_rule)rule),
		     rule_sentence((enum remedy_rule)rule));
	}
}

void remedying_begun(struct manager *m, const struct vm *vm, const struct tended *t)
{
	char label[REPORT_LABEL_MAX];

	tell(m, vm, false, "%s: %s begins%s%s (job %s)", report_vm_label(vm, label), remedy_to_string(t->job.remedy),
	     t->job.asker == ASKER_PERSON ? ", as asked" : ", by policy", t->job.dry_run ? ", as a dry run" : "",
	     t->job.id);
}

void remedying_ended(struct manager *m, const struct tended *t, const struct job_end *how)
{
	const struct job_state *s = &t->state;
	const struct vm *vm = tracker_find(&m->tracker, t->job.vm.tgid);
	bool failed = s->result != RESULT_DONE && s->result != RESULT_CANCELLED;
	char label[REPORT_LABEL_MAX];
	int r = book_end(&m->remedying.book, &m->remedying.limits, t->job.id, how, now_ns());

	if (vm && !vm_id_equal(&vm->id, &t->job.vm))
		vm = NULL;
	/* it may be on another host by now */
	if (vm)
		report_vm_label(vm, label);
	else if (t->job.name[0])
		snprintf(label, sizeof(label), "domain %s", t->job.name);
	else
		snprintf(label, sizeof(label), "VM %d", (int)t->job.vm.tgid);
	tell(m, vm, failed, "%s: %s %s%s%s (job %s)", label, remedy_to_string(t->job.remedy),
	     job_result_to_string(s->result), s->why[0] ? ": " : "", s->why, t->job.id);
	if (r == 1)
		tell(m, vm, true, "%s: remedies failed %u times in a row; nothing more is done unasked", label,
		     m->remedying.limits.failures);
	files_duty_soon(m);
	/* a bit that another process cleared makes no event of its own */
	snapshots_take(m, 0);
	remedying_soon(m);
}

void remedying_arrived(struct manager *m, const struct vm *vm)
{
	char label[REPORT_LABEL_MAX];

	if (vm->domain.uuid[0] &&
	    book_arrived(&m->remedying.book, &m->remedying.limits, vm->domain.uuid, now_ns()) == 1)
		tell(m, vm, true, "%s: it was migrated away from here and came back; it is not migrated again",
		     report_vm_label(vm, label));
}

void remedying_well(struct manager *m, const struct vm *vm)
{
	hash_remove(&m->remedying.said, (uint64_t)vm->id.tgid);
}

/* ---- the round ---- */

static int on_round(sd_event_source *s, uint64_t usec, void *userdata);

/* Begins one remedy at most. 1: one was; look again. */
static int round_once(struct manager *m, const struct remedy_host *h, uint64_t *again)
{
	struct remedy_plan p;
	struct tended *t;
	const struct vm *vm;
	const char *why;

	vm = remedy_round(&m->tracker, h, wish, m, now_ns(), &p, again);
	if (!vm)
		return 0;
	/* what is known may be some seconds old: the truth about this one is read before anything is done to it */
	entries_read(m, vm->id.tgid);
	remedying_plan(m, vm, ASKER_POLICY, -1, "", false, &p);
	if (p.chosen < 0)
		return 0;
	if (jobs_start(m, vm, p.steps[p.chosen].remedy, ASKER_POLICY, &(struct job_options){0}, &t, &why) < 0) {
		/* it is tried again with each change: said once */
		if (!m->remedying.said_failed)
			log_warning("No remedy is begun: %s", why);
		m->remedying.said_failed = true;
		return 0;
	}
	m->remedying.said_failed = false;
	return 1;
}

static int on_round(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	uint64_t again = TIME_NEVER, now;
	struct remedy_host h;

	if (!m->ready || sources_wants_recording(m))
		return 0;
	book_prune(&m->remedying.book, &m->remedying.limits, now_ns());
	if (!m->tracker.n_condition[CONDITION_STUCK] && !m->tracker.n_condition[CONDITION_CONFIGURED])
		return 0;
	host_of(m, "", false, &h);
	while (round_once(m, &h, &again) > 0)
		;
	tell_refusals(m, &h);
	now = now_ns();
	if (again != TIME_NEVER)
		timer_soon(m->event, &m->remedying.round, MIN(again > now ? again - now : SOON_NS, AGAIN_MAX), on_round,
			   m);
	return 0;
}

void remedying_soon(struct manager *m)
{
	if (m->event)
		timer_soon(m->event, &m->remedying.round, SOON_NS, on_round, m);
}

void remedying_done(struct manager *m)
{
	jobs_done(m);
	event_source_drop(&m->remedying.round);
	hash_done(&m->remedying.said);
	book_done(&m->remedying.book);
}
