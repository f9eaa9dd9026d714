/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to VMs, whatever avicd does. */
#include "world.h"

void world_start(struct world *w, struct sim_vm *v, int host)
{
	v->there = v->running = true;
	v->home = -1;
	v->mask &= BIT_PIT;
	v->truth = TRUTH_CLEAR;
	world_make(w, v, host);
	world_arrived(w, v);
}

/* avicd-job sees it by its event, and ends */
static void hurry_job(struct world *w, struct sim_vm *v)
{
	struct sim_job *j = world_job_of(w, v);

	if (j)
		j->ends_at = MIN(j->ends_at, w->now + 5 * SEC);
}

static bool end(struct world *w, struct sim_vm *v)
{
	world_gone(w, v);
	v->there = false;
	hurry_job(w, v);
	return true;
}

bool world_move(struct world *w, struct sim_vm *v, int host)
{
	/* libvirt refuses a second migration */
	if (host < 0 || host == v->host || world_job_of(w, v))
		return false;
	world_gone(w, v);
	world_make(w, v, host);
	world_arrived(w, v);
	return true;
}

static bool reset(struct world *w, struct sim_vm *v)
{
	struct sim_job *j = world_job_of(w, v);
	struct sim_host *h = &w->hosts[v->host];

	v->steady_at = w->now;
	if (j && j->remedy == REMEDY_COLD_REBOOT && v->running) {
		world_end_job(w, j, FATE_DONE);
		return true;
	}
	if (host_sees(h) && !h->lossy) {
		v->entry.resets++;
		v->entry.reset_at = w->now;
	}
	if (host_exposed_truth(h) && v->truth == TRUTH_CLEAR) {
		v->truth = TRUTH_BUG;
		world_mask(w, v, v->mask | BIT_ID);
	} else {
		tell_entry(w, v);
	}
	return true;
}

/* The guest writes another id; and, half of them, puts it back. The bit sticks. */
static bool change_id(struct world *w, struct sim_vm *v)
{
	v->wrong_id = true;
	v->truth = TRUTH_GUEST;
	world_mask(w, v, v->mask | BIT_ID);
	return true;
}

static bool change_id_back(struct world *w, struct sim_vm *v)
{
	if (v->truth != TRUTH_CLEAR)
		return false;
	v->wrong_id = false;
	v->truth = TRUTH_GUEST;
	world_mask(w, v, v->mask | BIT_ID);
	return true;
}

static bool move_base(struct world *w, struct sim_vm *v)
{
	world_mask(w, v, v->mask | BIT_BASE);
	return true;
}

static bool pause_it(struct world *w, struct sim_vm *v)
{
	if (!v->running)
		return false;
	v->running = false;
	/* while libvirt is away, nobody tells */
	if (!w->hosts[v->host].deaf)
		tell_domain(w, v);
	w->hosts[v->host].stirred = true;
	return true;
}

static bool resume(struct world *w, struct sim_vm *v)
{
	if (v->running)
		return false;
	v->running = true;
	v->steady_at = w->now;
	if (!w->hosts[v->host].deaf)
		tell_domain(w, v);
	w->hosts[v->host].stirred = true;
	return true;
}

static bool storm(struct world *w, struct sim_vm *v)
{
	for (int i = 0; i < 20; i++)
		world_mask(w, v, v->mask ^ BIT_IRQ);
	return true;
}

static bool debug(struct world *w, struct sim_vm *v)
{
	world_mask(w, v, v->mask ^ BIT_DBG);
	return true;
}

/* A second struct kvm in the process: nobody can tell whose events are whose. */
static bool twin(struct world *w, struct sim_vm *v)
{
	v->twins = true;
	world_look(w, v->host);
	return true;
}

static bool cancel(struct world *w, struct sim_vm *v)
{
	struct sim_job *j = world_job_of(w, v);

	/* a heal is over at once */
	if (!j || j->remedy == REMEDY_HEAL)
		return false;
	world_end_job(w, j, FATE_CANCELLED);
	return true;
}

static bool balance(struct world *w, struct sim_vm *v)
{
	return world_move(w, v, world_random(w, 4) ? v->home : (int)world_random(w, HOSTS));
}

static bool ask(struct world *w, struct sim_vm *v)
{
	return world_ask(w, v, (int)world_random(w, LADDER_MAX + 1) - 1 + REMEDY_HEAL - !world_random(w, 4));
}

const struct vm_happening vm_happenings[] = {
	{"ends", 20, end},
	{"reset", 140, reset},
	{"changes-id", 4, change_id},
	{"changes-id-and-back", 4, change_id_back},
	{"moves-base", 4, move_base},
	{"pauses", 12, pause_it},
	{"resumes", 12, resume},
	{"storm", 8, storm},
	{"debugger", 4, debug},
	{"twin", 2, twin},
	{"cancel", 8, cancel},
	{"balances", 20, balance},
	{"asks", 10, ask},
};
const size_t n_vm_happenings = ARRAY_SIZE(vm_happenings);
