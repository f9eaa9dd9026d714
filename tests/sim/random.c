/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A day of a fleet, as its seed says. */
#include "world.h"

#define EVENTS 200 /* of a day */

static void limits_of(struct world *w, uint64_t seed)
{
	static const uint64_t windows[] = {DAY, HOUR, 10 * MINUTE};
	struct remedy_limits *l = &w->limits;

	l->max_jobs = 1 + (uint32_t)(seed % 2);
	l->hourly = 2 + (uint32_t)(seed % 5);
	l->window_ns = windows[seed % 3];
	l->failures = 1 + (uint32_t)(seed % 3);
	l->quiet_from = 22 * 60;
	l->quiet_to = seed % 4 ? 60 : 22 * 60;
	broken_limits(w);
}

static void start_some(struct world *w)
{
	static const struct {
		const char *text;
		bool own;
	} ladders[] = {
		{"heal migrate", false},
		{"heal migrate", false},
		{"migrate", false},
		{"heal", false},
		{"heal migrate restore", true},
		{"restore", true},
		{"cold-reboot heal", true},
		{"", false},
		/* as if a check had let it through */
		{"heal restore cold-reboot", false},
	};
	struct sim_vm *v = &w->vms[world_random(w, VMS)];
	size_t i = world_random(w, ARRAY_SIZE(ladders));

	if (v->there || world_job_of(w, v))
		return;
	v->automatic = world_random(w, 4) != 0;
	v->persistent = world_random(w, 6) != 0;
	ladder_parse(ladders[i].text, true, &v->ladder);
	v->own = ladders[i].own;
	v->mask = world_random(w, 6) ? 0 : BIT_PIT;
	world_start(w, v, (int)world_random(w, HOSTS));
}

static void happen(struct world *w)
{
	struct sim_vm *v = &w->vms[world_random(w, VMS)];
	int host = (int)world_random(w, HOSTS);
	unsigned sum = 0;
	uint64_t pick;

	for (size_t i = 0; i < n_vm_happenings; i++)
		sum += vm_happenings[i].weight;
	for (size_t i = 0; i < n_host_happenings; i++)
		sum += host_happenings[i].weight;
	pick = world_random(w, sum);
	for (size_t i = 0; i < n_vm_happenings; pick -= vm_happenings[i++].weight)
		if (pick < vm_happenings[i].weight) {
			if (v->there)
				vm_happenings[i].fn(w, v);
			return;
		}
	for (size_t i = 0; i < n_host_happenings; pick -= host_happenings[i++].weight)
		if (pick < host_happenings[i].weight) {
			host_happenings[i].fn(w, host);
			return;
		}
}

void random_day(struct world *w)
{
	int fixed = 1 + (int)(w->seed / 2 % 2);

	limits_of(w, w->seed);
	for (int i = 0; i < HOSTS; i++) {
		w->hosts[i].bug = i < HOSTS - fixed;
		tell_host(w, &w->hosts[i]);
	}
	for (int i = 0; i < EVENTS && !w->wrong[0]; i++) {
		if (i < VMS || world_random(w, 6) == 0)
			start_some(w);
		happen(w);
		world_pass(w, w->now + (1 + world_random(w, 2 * DAY / EVENTS / SEC)) * SEC);
	}
}
