/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicd does, and when: rounds, looks, and the ends of jobs, at their times. */
#include "world.h"

#define SOON (100 * NSEC_PER_MSEC) /* what changes in one moment is looked at once */

/* ---- rounds ---- */

static void wish(const struct vm *vm, void *userdata, struct remedy_wish *ret)
{
	const struct world *w = userdata;

	for (int i = 0; i < VMS; i++) {
		const struct sim_vm *v = &w->vms[i];

		if (!v->there || v->id.tgid != vm->id.tgid)
			continue;
		*ret = (struct remedy_wish){v->automatic, v->ladder, v->own, !w->hosts[v->host].deaf};
		broken_wish(w, ret);
	}
}

static struct remedy_host remedy_host_of(const struct world *w, const struct sim_host *h)
{
	return (struct remedy_host){
		.limits = &w->used,
		.book = &h->book,
		.proved = h->patched,
		.n_targets = HOSTS - 1,
		.minute = (uint16_t)(w->now / MINUTE % 1440),
	};
}

void world_plan(struct world *w, const struct sim_vm *v, enum remedy_asker asker, int wanted, struct remedy_plan *ret)
{
	const struct sim_host *h = &w->hosts[v->host];
	const struct vm *vm = h->down ? NULL : tracker_find(&h->tracker, v->id.tgid);
	struct remedy_host rh = remedy_host_of(w, h);
	struct remedy_wish own = {0};

	*ret = (struct remedy_plan){.chosen = -1, .again = TIME_NEVER};
	if (!vm)
		return;
	wish(vm, w, &own);
	remedy_plan_vm(vm, &rh, &own, asker, wanted, w->now, ret);
}

bool world_ask(struct world *w, struct sim_vm *v, int wanted)
{
	struct remedy_plan p;

	world_plan(w, v, ASKER_PERSON, wanted < REMEDY_HEAL ? -1 : wanted, &p);
	if (p.chosen < 0)
		return false;
	world_begin_job(w, v, p.steps[p.chosen].remedy, ASKER_PERSON);
	return true;
}

static void round_of(struct world *w, struct sim_host *h)
{
	struct remedy_host rh = remedy_host_of(w, h);
	/* the rules know of the wall clock only the minute: quiet hours may end within the one before */
	bool expected = h->stirred || w->now >= h->round_at || rh.minute == w->used.quiet_to;
	struct remedy_plan p;

	book_prune(&h->book, &w->used, w->now);
	for (int n = 0; n <= VMS; n++) {
		const struct vm *vm = *w->broken ? broken_round(w, h, &rh, wish, &p)
						 : remedy_round(&h->tracker, &rh, wish, w, w->now, &p, &h->round_at);
		int i = 0;

		h->stirred = false;
		if (!vm || w->wrong[0])
			return;
		if (!expected)
			check_failed(w, "again: a remedy is begun for which nobody would have looked");
		while (i < VMS && !(w->vms[i].there && w->vms[i].id.tgid == vm->id.tgid))
			i++;
		if (i == VMS) {
			check_failed(w, "gone: a VM that is not there is cured");
			return;
		}
		world_begin_job(w, &w->vms[i], p.steps[p.chosen].remedy, ASKER_POLICY);
	}
	check_failed(w, "busy: a round without end");
}

/* ---- time ---- */

static uint64_t next_time(const struct world *w, uint64_t until)
{
	uint64_t next = until;

	for (int i = 0; i < HOSTS; i++) {
		const struct sim_host *h = &w->hosts[i];

		if (h->down)
			continue;
		next = MIN(next, MAX(tracker_deadline(&h->tracker), w->now + 1));
		next = MIN(next, MAX(h->round_at, w->now + 1));
		next = MIN(next, MAX(h->look_at, w->now + 1));
		if (h->stirred)
			next = MIN(next, w->now + SOON);
	}
	for (int i = 0; i < JOBS; i++)
		if (w->jobs[i].there)
			next = MIN(next, MAX(w->jobs[i].ends_at, w->now + 1));
	return next;
}

/* Whose verdict may change by time alone is read again at that time, and asked for its ids, which a reset made unknown. */
static void read_due(struct world *w)
{
	for (int i = 0; i < VMS; i++) {
		struct sim_vm *v = &w->vms[i];
		const struct vm *vm;

		if (!v->there || !host_sees(&w->hosts[v->host]))
			continue;
		vm = tracker_find(&w->hosts[v->host].tracker, v->id.tgid);
		if (vm && vm->verdict.deadline <= w->now) {
			tell_entry(w, v);
			tell_evidence(w, v);
		}
	}
}

static void step(struct world *w)
{
	w->steps++;
	for (int i = 0; i < JOBS; i++)
		if (w->jobs[i].there && w->jobs[i].ends_at <= w->now)
			world_end_job(w, &w->jobs[i], w->jobs[i].fate);
	read_due(w);
	for (int i = 0; i < HOSTS; i++) {
		if (w->hosts[i].down)
			continue;
		if (w->hosts[i].look_at <= w->now)
			world_look(w, i);
		tracker_tick(&w->hosts[i].tracker, w->now);
	}
	broken_health(w);
	check_all(w);
	for (int i = 0; i < HOSTS; i++)
		if (!w->hosts[i].down)
			round_of(w, &w->hosts[i]);
}

void world_pass(struct world *w, uint64_t until)
{
	while (w->now < until && !w->wrong[0]) {
		w->now = next_time(w, until);
		step(w);
	}
}
