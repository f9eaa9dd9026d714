/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world: what happens to hosts and VMs, and what the real tracker and rules make of it. */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

uint64_t world_random(struct world *w, uint64_t n)
{
	/* splitmix64 */
	uint64_t z = w->seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % n;
}

static struct sim_host *host_of(struct world *w, const struct sim_vm *v)
{
	return &w->hosts[v->host];
}

static void on_action(const struct action *a, void *userdata)
{
	struct world *w = userdata;

	if (!a->vm || (a->event != EVENT_VM_STUCK && a->event != EVENT_VM_APPEARED))
		return;
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there && w->vms[i].id.tgid == a->vm->id.tgid &&
		    a->vm->verdict.condition == CONDITION_STUCK) {
			w->vms[i].reported = true;
			w->reports++;
		}
}

/* ---- what the tracker is told ---- */

static void tell_host(struct world *w, struct sim_host *h)
{
	struct host_facts_core f = {.avic = TRI_YES, .vendor = "amd"};

	f.probe[PROBE_REBOOT].result = h->bug && !h->patched ? PROBE_VULNERABLE : PROBE_FIXED;
	f.probe[PROBE_REBOOT].patched = h->patched;
	f.probe[PROBE_REBOOT].vulnerable_until = h->patched ? h->patched_at : 0;
	tracker_host(&h->tracker, &f, w->now);
}

static void tell_entry(struct world *w, struct sim_vm *v)
{
	struct sim_host *h = host_of(w, v);

	if (!h->blind)
		tracker_entry(&h->tracker, v->id.tgid, &v->entry, w->now);
}

static void tell_domain(struct world *w, struct sim_vm *v)
{
	struct domain d = {.running = v->running, .active = true, .persistent = true};

	memcpy(d.uuid, v->uuid, sizeof(d.uuid));
	snprintf(d.name, sizeof(d.name), "vm%d", (int)(v - w->vms));
	tracker_domain(&host_of(w, v)->tracker, v->id.tgid, &d, true, w->now);
}

static void tell_evidence(struct world *w, struct sim_vm *v)
{
	bool guest = v->truth == TRUTH_GUEST;

	if (v->truth != TRUTH_CLEAR && !host_of(w, v)->blind)
		tracker_evidence(&host_of(w, v)->tracker, v->id.tgid, guest ? TRI_NO : TRI_YES, false,
				 guest ? STACK_RUN : STACK_LAPIC, w->now);
}

/* The kernel sets or clears @bit; BPF updates the entry, the tracker reads it. */
static void set_mask(struct world *w, struct sim_vm *v, uint64_t mask)
{
	const struct entry_params p = {.quiet_mask = BIT_IRQ, .absent_bit = 4, .disabled_bit = 1, .storm_rate = 100};
	uint64_t diff = v->mask ^ mask;

	for (int bit = 0; bit < 16; bit++) {
		__u64 fresh;

		if (!(diff >> bit & 1))
			continue;
		v->mask ^= BIT64(bit);
		entry_update(&v->entry, w->now, bit, v->mask >> bit & 1, v->mask, &p, &fresh);
	}
	tell_entry(w, v);
}

/* A struct kvm of its own, on @host. */
static void make(struct world *w, struct sim_vm *v, int host)
{
	const struct entry_params p = {.quiet_mask = BIT_IRQ, .absent_bit = 4, .disabled_bit = 1, .storm_rate = 100};
	bool pit = v->mask & BIT_PIT;
	__u64 fresh;

	v->host = host;
	v->id = (struct vm_id){++w->next_tgid, w->now};
	v->entry = (struct entry){.start = w->now};
	v->mask = 0;
	v->truth = TRUTH_CLEAR;
	v->reported = false;
	entry_update(&v->entry, w->now, 2, 1, 4, &p, &fresh);
	entry_update(&v->entry, w->now + 1000, 2, 0, 0, &p, &fresh);
	tracker_exists(&host_of(w, v)->tracker, &v->id, "qemu", w->now);
	tell_entry(w, v);
	tell_domain(w, v);
	if (pit)
		set_mask(w, v, BIT_PIT);
}

static void gone(struct world *w, struct sim_vm *v)
{
	tracker_gone(&host_of(w, v)->tracker, &v->id, "its process ended", w->now);
}

/* Everything is looked at again, as avicd does when it gets its sight back or starts. */
static void look(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	tracker_snapshot_begin(&h->tracker, w->now);
	for (int i = 0; i < VMS; i++) {
		struct sim_vm *v = &w->vms[i];
		struct snap_vm s = {.id = v->id, .kvm = 1, .mask = v->mask, .created_vcpus = 2, .comm = "qemu"};

		if (!v->there || v->host != host)
			continue;
		tell_entry(w, v);
		tracker_snapshot_vm(&h->tracker, &s, w->now);
	}
	tracker_snapshot_end(&h->tracker, true, 0, w->now);
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there && w->vms[i].host == host) {
			tell_domain(w, &w->vms[i]);
			tell_evidence(w, &w->vms[i]);
		}
}

static void begin_host(struct world *w, struct sim_host *h)
{
	struct host_facts_core f = {.avic = TRI_YES, .vendor = "amd"};
	struct core_settings s;
	struct numbering n;

	core_settings_default(&s);
	numbering_from_line(LINE_6_0, &n);
	tracker_init(&h->tracker, &n, &s, &f, on_action, w);
	h->blind = false;
	tracker_sight(&h->tracker, true, true, w->now);
	tell_host(w, h);
}

void world_init(struct world *w, uint64_t seed, const char *broken)
{
	*w = (struct world){.now = DAY, .seed = seed, .broken = broken};
	remedy_limits_default(&w->limits);
	w->limits.max_jobs = 1 + (uint32_t)(seed % 2);
	w->limits.hourly = 2;
	w->limits.quiet_from = 22 * 60;
	w->limits.quiet_to = 60;
	w->used = w->limits;
	if (streq(broken, "max-jobs"))
		w->used.max_jobs = 16;
	if (streq(broken, "hourly"))
		w->used.hourly = 60;
	if (streq(broken, "hourly") || streq(broken, "interval"))
		w->used.interval_ns = 0;
	if (streq(broken, "hourly"))
		w->limits.interval_ns = w->limits.delay_ns = w->used.delay_ns = 0;
	if (streq(broken, "delay"))
		w->used.delay_ns = 0;
	if (streq(broken, "delay") || streq(broken, "max-jobs"))
		w->limits.interval_ns = w->used.interval_ns = 0;
	if (streq(broken, "window"))
		w->used.window_ns = 0;
	if (streq(broken, "quiet"))
		w->used.quiet_from = w->used.quiet_to = 0;
	for (int i = 0; i < HOSTS; i++) {
		w->hosts[i].bug = i < HOSTS - 1;
		w->hosts[i].libvirt = true;
		begin_host(w, &w->hosts[i]);
	}
	for (int i = 0; i < VMS; i++)
		snprintf(w->vms[i].uuid, sizeof(w->vms[i].uuid), "aaaaaaaa-0000-4000-8000-%012d", i);
}

void world_done(struct world *w)
{
	for (int i = 0; i < HOSTS; i++) {
		tracker_done(&w->hosts[i].tracker);
		book_done(&w->hosts[i].book);
	}
}

/* ---- jobs ---- */

static int target_for(struct world *w, int from)
{
	int first = (int)world_random(w, HOSTS);

	for (int i = 0; i < HOSTS; i++) {
		int h = (first + i) % HOSTS;

		if (h != from && (streq(w->broken, "target") || !w->hosts[h].bug || w->hosts[h].patched))
			return h;
	}
	return -1;
}

static void begin_job(struct world *w, int vm, enum remedy r)
{
	struct sim_vm *v = &w->vms[vm];
	struct sim_host *h = host_of(w, v);
	struct remedy_job j = {.remedy = r, .begun_at = w->now};
	int target = r == REMEDY_MIGRATE ? target_for(w, v->host) : v->host;

	check_begin(w, vm, r, target < 0 ? HOSTS - 1 : target);
	snprintf(j.id, sizeof(j.id), "job-%d", ++w->next_id);
	memcpy(j.uuid, v->uuid, sizeof(j.uuid));
	if (book_begin(&h->book, &j) < 0)
		check_failed(w, "book: a job that cannot be begun");
	for (int i = 0; i < JOBS; i++) {
		struct sim_job *s = &w->jobs[i];

		if (s->there)
			continue;
		*s = (struct sim_job){true, "", vm, v->host, target, r, w->now + (1 + world_random(w, 900)) * SEC};
		memcpy(s->id, j.id, sizeof(s->id));
		break;
	}
	if (h->n_begun == ARRAY_SIZE(h->begun))
		memmove(h->begun, h->begun + 1, --h->n_begun * sizeof(*h->begun));
	h->begun[h->n_begun++] = w->now;
	w->last_begun[v->host][vm] = w->now;
	w->begun++;
}

static void end_job(struct world *w, struct sim_job *j)
{
	struct sim_vm *v = &w->vms[j->vm];
	struct sim_host *h = &w->hosts[j->host];
	bool here = v->there && v->host == j->host, well = here && j->target >= 0 && world_random(w, 10) < 8;
	struct job_end end = {.cured = well, .departed = well && j->remedy == REMEDY_MIGRATE, .neutral = !here};

	j->there = false;
	if (well && j->remedy == REMEDY_HEAL) {
		v->truth = TRUTH_CLEAR;
		set_mask(w, v, v->mask & ~BIT_ID);
	} else if (well) {
		gone(w, v);
		make(w, v, j->target);
		book_arrived(&host_of(w, v)->book, &w->limits, v->uuid, w->now);
		w->migrations++;
	}
	w->cured += well;
	if (book_job(&h->book, j->id))
		book_end(&h->book, &w->limits, j->id, &end, w->now);
	h->ended_at = w->now;
}

static void wish(const struct vm *vm, void *userdata, struct remedy_wish *ret)
{
	const struct world *w = userdata;

	ladder_default(&ret->ladder);
	for (int i = 0; i < VMS; i++) {
		const struct sim_vm *v = &w->vms[i];

		if (!v->there || v->id.tgid != vm->id.tgid)
			continue;
		ret->automatic = v->automatic || streq(w->broken, "report");
		ret->reachable = w->hosts[v->host].libvirt || streq(w->broken, "unmanaged");
	}
}

static void round_of(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];
	struct remedy_host rh = {
		.limits = &w->used,
		.book = &h->book,
		.proved = h->patched || streq(w->broken, "not-proved"),
		.n_targets = HOSTS - 1,
		.minute = (uint16_t)(w->now / MINUTE % 1440),
	};
	struct remedy_plan p;

	book_prune(&h->book, &w->used, w->now);
	if (streq(w->broken, "cause"))
		HASH_FOREACH (&h->tracker.vms, slot)
			if (((struct vm *)slot->value)->verdict.condition == CONDITION_STUCK)
				((struct vm *)slot->value)->verdict.cause = CAUSE_KERNEL_BUG;
	for (;;) {
		const struct vm *vm = remedy_round(&h->tracker, &rh, wish, w, w->now, &p, &h->round_at);
		int i = 0;

		if (!vm || w->wrong[0])
			return;
		while (i < VMS && !(w->vms[i].there && w->vms[i].id.tgid == vm->id.tgid))
			i++;
		if (i == VMS) {
			check_failed(w, "gone: a VM that is not there is cured");
			return;
		}
		begin_job(w, i, p.steps[p.chosen].remedy);
	}
}

/* ---- time ---- */

static uint64_t next_time(const struct world *w, uint64_t until)
{
	uint64_t next = until;

	for (int i = 0; i < HOSTS; i++) {
		next = MIN(next, MAX(tracker_deadline(&w->hosts[i].tracker), w->now + 1));
		next = MIN(next, MAX(w->hosts[i].round_at, w->now + 1));
	}
	for (int i = 0; i < JOBS; i++)
		if (w->jobs[i].there)
			next = MIN(next, w->jobs[i].ends_at);
	return next;
}

void world_pass(struct world *w, uint64_t until)
{
	while (w->now < until && !w->wrong[0]) {
		w->now = next_time(w, until);
		w->steps++;
		for (int i = 0; i < JOBS; i++)
			if (w->jobs[i].there && w->jobs[i].ends_at <= w->now)
				end_job(w, &w->jobs[i]);
		for (int i = 0; i < HOSTS; i++)
			tracker_tick(&w->hosts[i].tracker, w->now);
		check_all(w);
		for (int i = 0; i < HOSTS; i++)
			round_of(w, i);
	}
}

/* ---- what happens ---- */

static void start_or_stop(struct world *w, struct sim_vm *v)
{
	if (v->there) {
		gone(w, v);
		v->there = false;
		return;
	}
	v->there = v->running = true;
	v->automatic = world_random(w, 4) != 0;
	v->mask = world_random(w, 6) ? 0 : BIT_PIT;
	make(w, v, (int)world_random(w, HOSTS));
}

static void reboot(struct world *w, struct sim_vm *v)
{
	struct sim_host *h = host_of(w, v);

	v->entry.resets++;
	v->entry.reset_at = w->now;
	if (h->bug && !h->patched && v->truth == TRUTH_CLEAR) {
		v->truth = TRUTH_BUG;
		v->set_at = w->now;
		set_mask(w, v, v->mask | BIT_ID);
	} else if (h->patched && v->truth == TRUTH_BUG) {
		v->truth = TRUTH_CLEAR;
		set_mask(w, v, v->mask & ~BIT_ID);
	} else {
		tell_entry(w, v);
	}
	tell_evidence(w, v);
}

static void change_id(struct world *w, struct sim_vm *v)
{
	if (v->truth == TRUTH_CLEAR)
		v->set_at = w->now;
	v->truth = TRUTH_GUEST;
	set_mask(w, v, v->mask | BIT_ID);
	tell_evidence(w, v);
}

static void pause_or_resume(struct world *w, struct sim_vm *v)
{
	v->running = !v->running;
	/* while libvirt is away, nobody tells */
	if (host_of(w, v)->libvirt)
		tell_domain(w, v);
}

static void storm(struct world *w, struct sim_vm *v)
{
	for (int i = 0; i < 20; i++)
		set_mask(w, v, v->mask ^ BIT_IRQ);
}

static void see_or_not(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	h->blind = !h->blind;
	tracker_sight(&h->tracker, !h->blind, true, w->now);
	if (!h->blind)
		look(w, host);
}

/* Killed, and started again: it finds its VMs, and its book, or a book that cannot be read. */
static void restart(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	tracker_done(&h->tracker);
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].host == host)
			w->vms[i].reported = false;
	if (world_random(w, 4) == 0) {
		struct remedy_job *jobs = h->book.jobs;
		size_t n = h->book.n_jobs, size = h->book.size_jobs;

		/* the jobs are found by their files */
		h->book.jobs = NULL;
		book_done(&h->book);
		h->book = (struct remedy_book){
			.jobs = jobs, .n_jobs = n, .size_jobs = size, .unreadable = !streq(w->broken, "duty")};
	}
	begin_host(w, h);
	look(w, host);
}

static void deploy_or_rollback(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	/* not while a job counts on it */
	for (int i = 0; i < JOBS; i++)
		if (w->jobs[i].there && (w->jobs[i].host == host || w->jobs[i].target == host))
			return;
	h->patched = h->bug && !h->patched;
	h->patched_at = w->now;
	tell_host(w, h);
}

static void libvirt(struct world *w, int host)
{
	w->hosts[host].libvirt = !w->hosts[host].libvirt;
	for (int i = 0; w->hosts[host].libvirt && i < VMS; i++)
		if (w->vms[i].there && w->vms[i].host == host)
			tell_domain(w, &w->vms[i]);
}

/* A person has looked, and takes it upon himself that nothing is known of before. */
static void reload(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	if (!h->book.unreadable)
		return;
	h->book.unreadable = false;
	h->n_begun = 0;
	h->ended_at = 0;
	memset(w->last_begun[host], 0, sizeof(w->last_begun[host]));
}

void world_event(struct world *w)
{
	static const struct {
		unsigned weight;
		void (*to_vm)(struct world *w, struct sim_vm *v);
		void (*to_host)(struct world *w, int host);
	} events[] = {
		{60, start_or_stop, NULL}, {120, reboot, NULL},	  {10, change_id, NULL}, {10, pause_or_resume, NULL},
		{10, storm, NULL},	   {8, NULL, see_or_not}, {6, NULL, restart},	 {6, NULL, deploy_or_rollback},
		{6, NULL, libvirt},	   {6, NULL, reload},
	};
	uint64_t pick = world_random(w, 242);
	struct sim_vm *v = &w->vms[world_random(w, VMS)];
	size_t i = 0;

	while (pick >= events[i].weight)
		pick -= events[i++].weight;
	if (events[i].to_host)
		events[i].to_host(w, (int)world_random(w, HOSTS));
	else if (v->there || events[i].to_vm == start_or_stop)
		events[i].to_vm(w, v);
}
