/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold whatever happens: computed from the truth of the world, by other code than the rules. */
#include <stdarg.h>
#include <stdio.h>

#include "world.h"

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

static void check_limits(struct world *w, int host, int vm)
{
	const struct sim_host *h = &w->hosts[host];
	const struct remedy_limits *l = &w->limits;
	uint64_t last = h->n_begun ? h->begun[h->n_begun - 1] : 0;
	unsigned minute = (unsigned)(w->now / MINUTE % 1440), running = 0;

	for (size_t i = 0; i < JOBS; i++)
		running += w->jobs[i].there && w->jobs[i].host == host;
	if (running >= l->max_jobs)
		check_failed(w, "max-jobs: %u run already", running);
	if (begun_since(h, w->now > HOUR ? w->now - HOUR : 0) >= l->hourly)
		check_failed(w, "hourly: %u in an hour", l->hourly + 1);
	if (last && w->now < last + l->interval_ns)
		check_failed(w, "interval: begun too early after the last one");
	if (h->ended_at && w->now < h->ended_at + l->delay_ns)
		check_failed(w, "delay: begun too early after the end of the last one");
	if (w->last_begun[host][vm] && w->now < w->last_begun[host][vm] + l->window_ns)
		check_failed(w, "window: the same VM twice");
	if (minute >= l->quiet_from || minute < l->quiet_to)
		check_failed(w, "quiet: in quiet hours");
}

void check_begin(struct world *w, int vm, enum remedy r, int target)
{
	const struct sim_vm *v = &w->vms[vm];
	const struct sim_host *h = &w->hosts[v->host];

	for (size_t i = 0; i < JOBS; i++)
		if (w->jobs[i].there && w->jobs[i].vm == vm)
			check_failed(w, "busy: two jobs on one VM");
	check_limits(w, v->host, vm);
	if (!v->automatic)
		check_failed(w, "report: a VM that was only to be reported");
	if (v->truth != TRUTH_BUG)
		check_failed(w, "cause: a VM that the bug has not left stuck");
	if (v->mask & BIT_PIT)
		check_failed(w, "cures: PIT_REINJ is left");
	if (w->now < v->set_at + h->tracker.settings.stuck_after_ns)
		check_failed(w, "well: not stuck for long enough");
	if (h->blind)
		check_failed(w, "unknown: nothing is seen on this host");
	if (!v->running && h->libvirt)
		check_failed(w, "paused: it does not run");
	if (h->book.unreadable)
		check_failed(w, "duty: the past is not known");
	if (r == REMEDY_HEAL && !h->patched)
		check_failed(w, "not-proved: healed without a livepatch");
	if (r == REMEDY_MIGRATE && !h->libvirt)
		check_failed(w, "unmanaged: libvirt is away");
	if (r == REMEDY_MIGRATE && (target == v->host || (w->hosts[target].bug && !w->hosts[target].patched)))
		check_failed(w, "target: to a host that has the bug");
	if (r != REMEDY_HEAL && r != REMEDY_MIGRATE)
		check_failed(w, "asked: nobody asked for a %s", remedy_to_string(r));
}

static void check_host(struct world *w, const struct sim_host *h)
{
	const size_t *n = h->tracker.n_condition;

	if (h->tracker.health == HEALTH_OK && (n[CONDITION_UNKNOWN] || n[CONDITION_STUCK]))
		check_failed(w, "health: ok with %zu unknown and %zu stuck", n[CONDITION_UNKNOWN], n[CONDITION_STUCK]);
	if (h->blind && h->tracker.vms.n != n[CONDITION_UNKNOWN])
		check_failed(w, "unknown: %zu VMs are judged without being seen",
			     h->tracker.vms.n - n[CONDITION_UNKNOWN]);
}

void check_all(struct world *w)
{
	for (int i = 0; i < HOSTS; i++)
		check_host(w, &w->hosts[i]);
	for (int i = 0; i < VMS; i++) {
		struct sim_vm *v = &w->vms[i];
		const struct vm *vm = v->there ? tracker_find(&w->hosts[v->host].tracker, v->id.tgid) : NULL;

		if (!vm)
			continue;
		if (vm->verdict.condition == CONDITION_STUCK && !v->reported)
			check_failed(w, "reported: a VM is stuck, and nobody was told");
		if (vm->verdict.condition != CONDITION_STUCK)
			v->reported = false;
	}
}
