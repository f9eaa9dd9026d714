/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold whatever happens: computed from the truth of the world, by other code than the rules. */
#include <stdarg.h>
#include <stdio.h>

#include "world.h"

/* So long after the last thing that kept avicd from judging it a VM that is stuck was told of: a snapshot, and what a verdict takes. */
#define TOLD_WITHIN (RESYNC + 3 * MINUTE)

void check_failed(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->wrong[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->wrong, sizeof(w->wrong), fmt, ap);
	va_end(ap);
}

static size_t begun_since(const struct sim_host *h, uint64_t since)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_begun; i++)
		n += h->begun[i] > since;
	return n;
}

/* What a person may overrule. */
static void check_limits(struct world *w, const struct sim_host *h, const struct sim_past *p, enum remedy r)
{
	const struct remedy_limits *l = &w->limits;
	uint64_t last = h->n_begun ? h->begun[h->n_begun - 1] : 0;
	unsigned minute = (unsigned)(w->now / MINUTE % 1440);
	bool quiet = l->quiet_from <= l->quiet_to ? minute >= l->quiet_from && minute < l->quiet_to
						  : minute >= l->quiet_from || minute < l->quiet_to;

	if (h->book.unreadable)
		check_failed(w, "duty: the past is not known");
	if (p->begun_at && w->now < p->begun_at + l->window_ns)
		check_failed(w, "window: the same VM twice");
	if (p->failures >= l->failures)
		check_failed(w, "failures: %u in a row", p->failures);
	if (r == REMEDY_MIGRATE && p->returned && w->now < p->departed_at + 7 * l->window_ns)
		check_failed(w, "ping-pong: to and fro");
	if (quiet)
		check_failed(w, "quiet: in quiet hours");
	if (begun_since(h, w->now > HOUR ? w->now - HOUR : 0) >= l->hourly)
		check_failed(w, "hourly: %u in an hour", l->hourly + 1);
	if (last && w->now < last + l->interval_ns)
		check_failed(w, "interval: begun too early after the last one");
	if (h->ended_at && w->now < h->ended_at + l->delay_ns)
		check_failed(w, "delay: begun too early after the end of the last one");
}

static bool is_on(const struct remedy_ladder *l, enum remedy r)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i] == r)
			return true;
	return false;
}

/* What nobody asked for is of the owner's will, and for the one reason that is the kernel's. */
static void check_unasked(struct world *w, const struct sim_vm *v, enum remedy r)
{
	bool anew = r == REMEDY_RESTORE || r == REMEDY_COLD_REBOOT;
	bool setting = anew && v->mask & BIT_PIT && v->truth != TRUTH_GUEST;

	if (!v->automatic)
		check_failed(w, "report: a VM that was only to be reported");
	if (anew && !v->own)
		check_failed(w, "asked: nobody asked for a %s", remedy_to_string(r));
	if (!is_on(&v->ladder, r))
		check_failed(w, "ladder: a %s is not on the list", remedy_to_string(r));
	if (v->truth != TRUTH_BUG && !setting)
		check_failed(w, "cause: a VM that the bug has not left stuck");
	check_limits(w, &w->hosts[v->host], &w->hosts[v->host].past[v - w->vms], r);
}

static void check_jobs(struct world *w, const struct sim_vm *v, enum remedy r)
{
	unsigned running = 0;

	for (size_t i = 0; i < JOBS; i++) {
		const struct sim_job *j = &w->jobs[i];

		if (j->there && j->vm == v - w->vms)
			check_failed(w, "busy: two jobs on one VM");
		running += j->there && j->host == v->host && j->remedy != REMEDY_COLD_REBOOT;
	}
	if (running >= w->limits.max_jobs && r != REMEDY_COLD_REBOOT)
		check_failed(w, "max-jobs: %u run already", running);
}

void check_begin(struct world *w, int vm, enum remedy r, enum remedy_asker asker, int target)
{
	const struct sim_vm *v = &w->vms[vm];
	const struct sim_host *h = &w->hosts[v->host];
	uint64_t stuck_after = h->tracker.settings.stuck_after_ns;

	if (h->down || h->blind)
		check_failed(w, "unknown: nothing is seen on this host");
	if (v->twins)
		check_failed(w, "ambiguous: nobody can tell the VMs of this process apart");
	if (!v->running && !h->deaf)
		check_failed(w, "paused: it does not run");
	check_jobs(w, v, r);
	/* what a setting keeps inhibited needs no time */
	if (v->mask & (BIT_ID | BIT_BASE) && !(v->mask & BIT_PIT) && w->now < v->set_at + stuck_after)
		check_failed(w, "well: not stuck for long enough");
	if (!(v->mask & (BIT_ID | BIT_BASE | BIT_PIT)))
		check_failed(w, "well: there is nothing to cure");
	if (v->mask & ~v->lost & (BIT_BASE | BIT_DBG) || (r == REMEDY_HEAL && v->truth != TRUTH_BUG))
		check_failed(w, "cause: the guest's own, or somebody debugs it");
	if (v->mask & BIT_PIT && r != REMEDY_RESTORE)
		check_failed(w, "cures: PIT_REINJ is left");
	if (r == REMEDY_HEAL && !h->patched)
		check_failed(w, "not-proved: healed without a livepatch");
	if (r != REMEDY_HEAL && h->deaf)
		check_failed(w, "unmanaged: libvirt is away");
	if ((r == REMEDY_RESTORE || r == REMEDY_COLD_REBOOT) && !v->persistent)
		check_failed(w, "transient: it would be lost");
	if (r == REMEDY_MIGRATE && target >= 0 && (target == v->host || host_exposed_truth(&w->hosts[target])))
		check_failed(w, "target: to a host that has the bug");
	if (r == REMEDY_MIGRATE && target >= 0 && !host_sees(&w->hosts[target]))
		check_failed(w, "target: to a host of which nothing is known");
	if (asker == ASKER_POLICY)
		check_unasked(w, v, r);
}

static void check_host(struct world *w, const struct sim_host *h)
{
	const size_t *n = h->tracker.n_condition;

	if (h->tracker.health == HEALTH_OK &&
	    (n[CONDITION_UNKNOWN] || n[CONDITION_STUCK] || h->blind || host_exposed_truth(h)))
		check_failed(w, "health: ok with %zu unknown and %zu stuck", n[CONDITION_UNKNOWN], n[CONDITION_STUCK]);
	if (h->blind && h->tracker.vms.n != n[CONDITION_UNKNOWN])
		check_failed(w, "sight: %zu VMs are judged without being seen",
			     h->tracker.vms.n - n[CONDITION_UNKNOWN]);
}

/* Of each VM that is stuck somebody was told, in time, whatever is done about it. */
static void check_told(struct world *w, struct sim_vm *v)
{
	const struct sim_host *h = &w->hosts[v->host];
	const struct vm *vm = host_sees(h) ? tracker_find(&h->tracker, v->id.tgid) : NULL;
	uint64_t since = MAX(v->set_at, v->steady_at);

	if (vm && vm->verdict.condition == CONDITION_STUCK && !v->reported)
		check_failed(w, "reported: a VM is stuck, and nobody was told");
	if (!vm || vm->verdict.condition != CONDITION_STUCK)
		v->reported = false;
	if (v->mask & (BIT_ID | BIT_BASE) && v->running && !v->twins && host_sees(h) && !h->deaf &&
	    w->now > since + TOLD_WITHIN && !v->reported)
		check_failed(w, "reported: a VM has been stuck for long, and nobody was told");
}

void check_all(struct world *w)
{
	for (int i = 0; i < HOSTS; i++)
		if (!w->hosts[i].down)
			check_host(w, &w->hosts[i]);
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there)
			check_told(w, &w->vms[i]);
}
