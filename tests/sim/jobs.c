/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs: where to, how they end, and what the world is like then. */
#include <stdio.h>
#include <string.h>

#include "world.h"

const char *const fate_words[_FATE_MAX] = {"done", "failed", "cancelled", "refused"};

struct sim_job *world_job_of(struct world *w, const struct sim_vm *v)
{
	for (int i = 0; i < JOBS; i++)
		if (w->jobs[i].there && w->jobs[i].vm == v - w->vms)
			return &w->jobs[i];
	return NULL;
}

/* ---- targets ---- */

/* What the job learns of @h, as avicd there says it. */
static void facts_of(const struct world *w, const struct sim_host *h, bool same, struct target_facts *ret)
{
	uint32_t jobs = 0;

	for (int i = 0; i < JOBS; i++)
		jobs += w->jobs[i].there && w->jobs[i].target >= 0 && &w->hosts[w->jobs[i].target] == h;
	*ret = (struct target_facts){
		.reached = !h->cut && !h->deaf,
		.same_host = same,
		.reported = true,
		.fresh = !h->down,
		.health = h->down ? HEALTH_UNKNOWN : h->tracker.health,
		.avic = TRI_YES,
		.max_id = 511,
		.vulnerable = host_exposed_truth(h),
		.fixed = {!host_exposed_truth(h), true, true},
		.stuck = h->down ? 0 : (uint32_t)h->tracker.n_condition[CONDITION_STUCK],
		.cpu = TRI_YES,
		.machine = TRI_YES,
		.free_kib = 64ULL << 20,
		.jobs = jobs,
	};
}

static int target_for(const struct world *w, int from)
{
	const struct target_need need = {.memory_kib = 4ULL << 20, .vcpus = 2, .max_apic_id = 1};
	int64_t score, best_score = 0;
	int best = -1;

	for (int h = 0; h < HOSTS; h++) {
		struct target_facts f;

		facts_of(w, &w->hosts[h], h == from, &f);
		if (streq(w->broken, "target"))
			f.vulnerable = !(f.fixed[PROBE_REBOOT] = true);
		if (target_judge(&need, &f, &score) == TARGET_GOOD && (best < 0 || score > best_score)) {
			best = h;
			best_score = score;
		}
	}
	return best;
}

/* ---- jobs ---- */

static enum job_fate fate_of(struct world *w, const struct sim_job *j)
{
	uint64_t dice = world_random(w, 20);

	if (j->remedy == REMEDY_MIGRATE && j->target < 0)
		return FATE_REFUSED;
	if (w->jobs_take)
		return w->jobs_end;
	return dice < 14 ? FATE_DONE : dice < 18 ? FATE_FAILED : dice < 19 ? FATE_REFUSED : FATE_CANCELLED;
}

static uint64_t end_of(struct world *w, const struct sim_job *j)
{
	if (j->remedy == REMEDY_COLD_REBOOT)
		return TIME_NEVER;
	if (j->remedy == REMEDY_HEAL || j->fate == FATE_REFUSED)
		return w->now + 2 * SEC;
	return w->now + (w->jobs_take ?: (1 + world_random(w, 900)) * SEC);
}

static void note_begin(struct world *w, struct sim_host *h, int vm)
{
	if (h->n_begun == ARRAY_SIZE(h->begun))
		memmove(h->begun, h->begun + 1, --h->n_begun * sizeof(*h->begun));
	h->begun[h->n_begun++] = w->now;
	h->past[vm].begun_at = w->now;
}

void world_begin_job(struct world *w, struct sim_vm *v, enum remedy r, enum remedy_asker asker)
{
	struct sim_host *h = &w->hosts[v->host];
	struct remedy_job entry = {.remedy = r, .asker = asker, .begun_at = w->now};
	struct sim_job j = {true, "", (int)(v - w->vms), v->host, v->host, v->id.tgid, r, asker, FATE_DONE, 0};

	if (r == REMEDY_MIGRATE)
		j.target = target_for(w, v->host);
	j.fate = fate_of(w, &j);
	j.ends_at = end_of(w, &j);
	check_begin(w, j.vm, r, asker, j.target);
	snprintf(j.id, sizeof(j.id), "job-%d", ++w->next_id);
	memcpy(entry.id, j.id, sizeof(j.id));
	memcpy(entry.uuid, v->uuid, sizeof(v->uuid));
	if (book_begin(&h->book, &entry) < 0)
		check_failed(w, "busy: a job that the book does not take");
	for (int i = 0; i < JOBS; i++)
		if (!w->jobs[i].there) {
			w->jobs[i] = j;
			break;
		}
	note_begin(w, h, j.vm);
	w->begun++;
	w->asked += asker == ASKER_PERSON;
}

/* What the world is like after it; true: as it should be. */
static bool carry_out(struct world *w, const struct sim_job *j, struct sim_vm *v)
{
	if (j->remedy == REMEDY_HEAL) {
		v->truth = TRUTH_CLEAR;
		world_mask(w, v, v->mask & ~BIT_ID);
		return true;
	}
	if (j->remedy == REMEDY_MIGRATE && w->hosts[j->target].cut)
		return false;
	world_gone(w, v);
	/* restore with an XML that says discard; and a machine that is made anew has the definition of a person who has looked */
	if (j->remedy != REMEDY_MIGRATE)
		v->mask &= ~BIT_PIT;
	if (j->remedy == REMEDY_COLD_REBOOT) {
		v->mask = 0;
		v->truth = TRUTH_CLEAR;
	}
	world_make(w, v, j->target);
	if (j->remedy == REMEDY_MIGRATE) {
		v->home = j->host;
		world_arrived(w, v);
	}
	w->migrations += j->remedy == REMEDY_MIGRATE;
	return true;
}

void world_end_job(struct world *w, struct sim_job *j, enum job_fate fate)
{
	struct sim_vm *v = &w->vms[j->vm];
	struct sim_host *h = &w->hosts[j->host];
	struct sim_past *past = &h->past[j->vm];
	bool here = v->there && v->host == j->host && v->id.tgid == j->tgid;
	bool well = here && fate == FATE_DONE && carry_out(w, j, v);
	struct job_end end = {
		.cured = well,
		.departed = well && j->remedy == REMEDY_MIGRATE,
		.neutral = !here || fate == FATE_CANCELLED,
	};

	j->there = false;
	if (end.departed) {
		past->departed_at = w->now;
		past->returned = false;
	}
	past->failures = well ? 0 : past->failures + !end.neutral;
	w->cured += well;
	w->failed += !well && !end.neutral;
	h->ended_at = w->now;
	h->stirred = true;
	/* a record of it may be lost as well as any */
	world_look(w, j->host);
	if (!h->down)
		book_end(&h->book, &w->used, j->id, &end, w->now);
	else if (h->n_unread < JOBS) {
		h->unread[h->n_unread].end = end;
		memcpy(h->unread[h->n_unread++].id, j->id, sizeof(j->id));
	}
}

void world_arrived(struct world *w, const struct sim_vm *v)
{
	struct sim_host *h = &w->hosts[v->host];
	struct sim_past *p = &h->past[v - w->vms];

	/* avicd sees it when it starts */
	if (h->down)
		return;
	if (p->departed_at && w->now < p->departed_at + w->limits.window_ns)
		p->returned = true;
	book_arrived(&h->book, &w->used, v->uuid, w->now);
}
