/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world, and what the trackers in it are told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static const struct entry_params params = {
	.quiet_mask = BIT_IRQ | BIT_DBG, .absent_bit = 4, .disabled_bit = 1, .storm_rate = 100};

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

	for (int i = 0; a->vm && i < VMS; i++) {
		struct sim_vm *v = &w->vms[i];

		if (!v->there || v->id.tgid != a->vm->id.tgid)
			continue;
		host_of(w, v)->stirred = true;
		if ((a->event != EVENT_VM_STUCK && a->event != EVENT_VM_APPEARED) ||
		    a->vm->verdict.condition != CONDITION_STUCK || streq(w->broken, "reported"))
			continue;
		v->reported = true;
		v->told++;
		w->reports++;
	}
}

void tell_host(struct world *w, struct sim_host *h)
{
	struct host_facts_core f = {.avic = TRI_YES, .vendor = "amd"};

	if (h->down)
		return;
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		f.probe[b].result = PROBE_FIXED;
	f.probe[PROBE_REBOOT].result = host_exposed_truth(h) ? PROBE_VULNERABLE : PROBE_FIXED;
	f.probe[PROBE_REBOOT].patched = h->patched;
	f.probe[PROBE_REBOOT].vulnerable_until = h->patched ? h->patched_at : 0;
	tracker_host(&h->tracker, &f, w->now);
	h->stirred = true;
}

void tell_entry(struct world *w, struct sim_vm *v)
{
	struct sim_host *h = host_of(w, v);

	if (host_sees(h) && (v->entry.mask_known || v->entry.resets))
		tracker_entry(&h->tracker, v->id.tgid, &v->entry, w->now);
}

void tell_domain(struct world *w, struct sim_vm *v)
{
	struct sim_host *h = host_of(w, v);
	struct domain d = {.running = v->running, .active = true, .persistent = v->persistent};

	/* without libvirt avicd knows of it what its command line says */
	if (h->deaf)
		d.running = d.persistent = true;
	memcpy(d.uuid, v->uuid, sizeof(d.uuid));
	snprintf(d.name, sizeof(d.name), "%s", v->name);
	if (!h->down)
		tracker_domain(&h->tracker, v->id.tgid, &d, !h->deaf, w->now);
}

void tell_evidence(struct world *w, struct sim_vm *v)
{
	struct sim_host *h = host_of(w, v);

	if (host_sees(h) && v->truth != TRUTH_CLEAR)
		tracker_evidence(&h->tracker, v->id.tgid, v->truth == TRUTH_GUEST && v->wrong_id ? TRI_NO : TRI_YES,
				 false, v->stack, w->now);
}

/* BPF updates the entry at each change, unless the record is lost. */
static void note(struct world *w, struct sim_vm *v, int bit)
{
	struct sim_host *h = host_of(w, v);
	__u64 fresh;

	v->lost |= BIT64(bit);
	if (!host_sees(h) || h->lossy)
		return;
	v->lost = 0;
	entry_update(&v->entry, w->now, bit, v->mask >> bit & 1, v->mask, &params, &fresh);
	if (BIT64(bit) == BIT_ID && v->mask & BIT_ID)
		v->stack = v->truth == TRUTH_GUEST ? STACK_RUN : STACK_LAPIC;
}

void world_mask(struct world *w, struct sim_vm *v, uint64_t mask)
{
	const uint64_t damage = BIT_ID | BIT_BASE;
	uint64_t diff = v->mask ^ mask;

	if (mask & damage && !(v->mask & damage))
		v->set_at = w->now;
	for (int bit = 0; bit < 16; bit++)
		if (diff >> bit & 1) {
			v->mask ^= BIT64(bit);
			note(w, v, bit);
		}
	if (!host_of(w, v)->lossy)
		tell_entry(w, v);
	tell_evidence(w, v);
	host_of(w, v)->stirred = true;
}

void world_make(struct world *w, struct sim_vm *v, int host)
{
	struct sim_host *h = &w->hosts[host];
	uint64_t again = v->mask & (BIT_PIT | BIT_BASE);
	bool wrong = v->truth == TRUTH_GUEST && v->wrong_id;

	v->host = host;
	v->id = (struct vm_id){++w->next_tgid, w->now};
	v->entry = (struct entry){.start = w->now};
	v->mask = v->lost = 0;
	v->stack = STACK_NONE;
	v->truth = TRUTH_CLEAR;
	v->reported = v->twins = false;
	v->steady_at = w->now;
	if (host_sees(h)) {
		__u64 fresh;

		entry_update(&v->entry, w->now, 2, 1, 4, &params, &fresh);
		entry_update(&v->entry, w->now + 1000, 2, 0, 0, &params, &fresh);
	}
	if (!h->down)
		tracker_exists(&h->tracker, &v->id, "qemu", w->now);
	tell_entry(w, v);
	tell_domain(w, v);
	/* what a guest did to its APIC goes with it, and a setting is a setting */
	if (wrong) {
		v->truth = TRUTH_GUEST;
		again |= BIT_ID;
	}
	world_mask(w, v, again);
}

void world_gone(struct world *w, struct sim_vm *v)
{
	struct sim_host *h = host_of(w, v);

	if (!h->down)
		tracker_gone(&h->tracker, &v->id, "its process ended", w->now);
	h->stirred = true;
}

/* One snapshot; a VM that has two struct kvm shows both. */
static void snapshot(struct world *w, int host, uint64_t now)
{
	struct tracker *t = &w->hosts[host].tracker;

	tracker_snapshot_begin(t, now);
	for (int i = 0; i < VMS; i++) {
		const struct sim_vm *v = &w->vms[i];
		struct snap_vm s = {.id = v->id, .kvm = 1, .mask = v->mask, .created_vcpus = 2, .comm = "qemu"};

		if (!v->there || v->host != host)
			continue;
		tracker_snapshot_vm(t, &s, now);
		s.kvm = 2;
		if (v->twins)
			tracker_snapshot_vm(t, &s, now);
	}
	tracker_snapshot_end(t, true, 0, now);
}

/* What passes by itself may differ from what an entry says: a snapshot does not mend that. */
static void found(struct world *w, int host)
{
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there && w->vms[i].host == host)
			w->vms[i].lost &= w->vms[i].entry.mask_known ? BIT_IRQ | BIT_DBG : 0;
}

void world_look(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	h->look_at = w->now + RESYNC;
	if (!host_sees(h))
		return;
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there && w->vms[i].host == host)
			tell_entry(w, &w->vms[i]);
	snapshot(w, host, w->now);
	/* the entry wins a first disagreement, the snapshot the second */
	if (tracker_differs(&h->tracker))
		h->look_at = w->now + 10 * NSEC_PER_MSEC;
	else
		found(w, host);
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there && w->vms[i].host == host) {
			if (!h->deaf)
				tell_domain(w, &w->vms[i]);
			tell_evidence(w, &w->vms[i]);
		}
}

void world_forget(struct world *w, int host)
{
	for (int i = 0; i < VMS; i++) {
		struct sim_vm *v = &w->vms[i];

		if (!v->there || v->host != host)
			continue;
		v->entry = (struct entry){.start = v->id.start};
		v->stack = STACK_NONE;
		v->steady_at = w->now;
	}
}

void world_begin_host(struct world *w, int host)
{
	struct host_facts_core f = {.avic = TRI_YES, .vendor = "amd"};
	struct sim_host *h = &w->hosts[host];
	struct core_settings s;
	struct numbering n;

	core_settings_default(&s);
	numbering_from_line(LINE_6_0, &n);
	tracker_init(&h->tracker, &n, &s, &f, on_action, w);
	h->down = h->blind = h->lossy = false;
	tracker_sight(&h->tracker, true, true, w->now);
	tell_host(w, h);
	world_forget(w, host);
	for (int i = 0; i < VMS; i++) {
		struct sim_vm *v = &w->vms[i];

		if (!v->there || v->host != host)
			continue;
		v->reported = false;
		tracker_exists(&h->tracker, &v->id, "qemu", w->now);
		tell_domain(w, v);
	}
	world_look(w, host);
}

void world_init(struct world *w, uint64_t seed, const char *broken)
{
	*w = (struct world){.now = DAY, .seed = seed, .broken = broken};
	remedy_limits_default(&w->limits);
	w->used = w->limits;
	for (int i = 0; i < HOSTS; i++)
		world_begin_host(w, i);
	for (int i = 0; i < VMS; i++) {
		snprintf(w->vms[i].uuid, sizeof(w->vms[i].uuid), "aaaaaaaa-0000-4000-8000-%012d", i);
		snprintf(w->vms[i].name, sizeof(w->vms[i].name), "vm%d", i);
	}
}

void world_done(struct world *w)
{
	for (int i = 0; i < HOSTS; i++) {
		tracker_done(&w->hosts[i].tracker);
		book_done(&w->hosts[i].book);
	}
}
