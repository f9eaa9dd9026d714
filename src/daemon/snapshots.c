/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of struct kvm: when they are taken. */
#include "avicd/clock.h"
#include "avicd/log.h"
#include "daemon/manager.h"

/* A machine is made in some 100 ms; what comes together is looked at together. */
#define GATHER_NS (100 * NSEC_PER_MSEC)
/* A mask that differs from its entry is looked at again after this long: the event precedes the store in the kernel. */
#define DIFFERS_NS (10 * NSEC_PER_MSEC)
/* More wishes than this: one walk over the host is cheaper. */
#define MANY 8
#define SHARE 10 /* a snapshot of d is followed by a pause of 10 d */

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata);

static void arm(struct manager *m, uint64_t delay)
{
	uint64_t now = now_ns(), at = MAX(now + delay, m->snapshots.not_before);

	timer_soon(m->event, &m->snapshots.timer, at - now, on_timer, m);
}

static void enlist(struct manager *m, struct watched *w)
{
	if (!w->want_snapshot && !w->want_evidence && tgids_add(&m->snapshots.wanted, w->id.tgid) < 0)
		m->snapshots.want_all = true;
}

void snapshots_want(struct manager *m, struct watched *w)
{
	if (!m->sources.current || !trace_has_snapshot(m->sources.current))
		return;
	enlist(m, w);
	w->want_snapshot = true;
	arm(m, GATHER_NS);
}

void snapshots_want_all(struct manager *m)
{
	m->snapshots.want_all = true;
	arm(m, GATHER_NS);
}

static int on_vm(const struct snap_vm *snap, void *userdata)
{
	struct manager *m = userdata;

	if (!vms_saw(m, &snap->id))
		return -ENOMEM;
	return tracker_snapshot_vm(&m->tracker, snap, manager_now(m));
}

void snapshots_take(struct manager *m, int32_t tgid)
{
	struct snapshots *s = &m->snapshots;
	uint64_t begin = now_ns(), end;
	int r;

	if (!m->sources.current || !trace_has_snapshot(m->sources.current))
		return;
	tracker_snapshot_begin(&m->tracker, manager_now(m));
	r = trace_snapshot(m->sources.current, tgid, false, on_vm, m);
	end = now_ns();
	s->not_before = end + SHARE * (end - begin);
	/* a walk that broke off says nothing about those that it did not reach */
	if (r >= 0)
		tracker_snapshot_end(&m->tracker, !tgid, tgid, manager_now(m));
	if (r < 0 && !s->said_failed)
		log_errno(LOG_WARNING, r, "Cannot take a snapshot of the VMs; states from before avicd's start may be unknown");
	s->said_failed = r < 0;
	if (tracker_differs(&m->tracker))
		arm(m, DIFFERS_NS);
	if (tracker_missing(&m->tracker))
		arm(m, TRACKER_GRACE_NS + GATHER_NS);
	if (!tgid)
		HASH_FOREACH(&m->vms.by_tgid, slot)
			snapshots_want_evidence(m, slot->value);
}

struct evidence {
	struct tracker *tracker;
	uint32_t n_kvms;
	enum tristate ids_right;
	bool large_ids;
};

static int on_evidence(const struct snap_vm *snap, void *userdata)
{
	struct evidence *e = userdata;

	/* of two VMs in one process it cannot be told which one the mask belongs to */
	e->ids_right = e->n_kvms++ ? TRI_UNKNOWN : apic_ids_right(snap->vcpus, snap->n_vcpus);
	e->large_ids = apic_ids_large(snap->vcpus, snap->n_vcpus);
	return 0;
}

/* 1 and *ret_since: APIC_ID_MODIFIED is set. */
static bool has_id_modified(const struct manager *m, int32_t tgid, unsigned *ret_bit, uint64_t *ret_since)
{
	int bit = m->tracker.numbering.bit[REASON_APIC_ID_MODIFIED];
	const struct vm *vm = tracker_find(&m->tracker, tgid);

	if (!vm || bit < 0 || !(vm->mask >> bit & 1))
		return false;
	/* in the middle of a reset ids are in transit */
	if (vm->verdict.condition == CONDITION_SETTLING)
		return false;
	*ret_bit = (unsigned)bit;
	*ret_since = vm->reason[bit].since;
	return true;
}

static void take_evidence(struct manager *m, struct watched *w)
{
	struct evidence e = { .ids_right = TRI_UNKNOWN };
	_cleanup_free_ char *stack = NULL;
	unsigned bit;

	if (!has_id_modified(m, w->id.tgid, &bit, &w->evidence_since))
		return;
	w->evidence_at = now_ns();
	if (trace_snapshot(m->sources.current, w->id.tgid, true, on_evidence, &e) < 0)
		e.ids_right = TRI_UNKNOWN;
	if (trace_stack(m->sources.current, w->id.tgid, bit, &stack) < 0)
		stack = NULL;
	/* The registers of a vCPU are not read in one moment: a wrong id accuses the guest only when it is wrong twice. */
	if (e.ids_right == TRI_NO && !w->ids_wrong_once) {
		w->ids_wrong_once = true;
		w->evidence_at = 0;
		snapshots_want_evidence(m, w);
		return;
	}
	w->ids_wrong_once = false;
	tracker_evidence(&m->tracker, w->id.tgid, e.ids_right, e.large_ids, stack_origin(stack), manager_now(m));
	/* the cause may be another one now */
	remedying_soon(m);
}

void snapshots_want_evidence(struct manager *m, struct watched *w)
{
	uint64_t since;
	unsigned bit;

	if (w->want_evidence || !has_id_modified(m, w->id.tgid, &bit, &since))
		return;
	/* once for each stretch and boot, and again with each resync: a guest may write its ids at any time */
	if (w->evidence_at && w->evidence_since == since && w->evidence_at >= tracker_find(&m->tracker, w->id.tgid)->boot_at &&
	    now_ns() - w->evidence_at < m->settings.resync_interval / 2)
		return;
	enlist(m, w);
	w->want_evidence = true;
	arm(m, GATHER_NS);
}

/* VMs whose struct kvm contradicted their entry, or was not there: the entry first, which may have caught up. */
static void look_again(struct manager *m)
{
	_cleanup_tgids_ struct tgids differ = {};

	HASH_FOREACH(&m->tracker.vms, slot) {
		const struct vm *vm = slot->value;

		if (vm->differs_at || vm->missing)
			tgids_add(&differ, vm->id.tgid);
	}
	for (size_t i = 0; i < differ.n; i++) {
		struct watched *w;

		entries_read(m, differ.v[i]);
		w = vms_find(m, differ.v[i]);
		if (w) {
			enlist(m, w);
			w->want_snapshot = true;
		}
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	struct snapshots *s = &m->snapshots;
	_cleanup_tgids_ struct tgids todo = {};
	size_t n_snapshots = 0;

	if (!m->sources.current)
		return 0;
	look_again(m);
	if (s->want_all)
		entries_read_all(m);
	todo = s->wanted;
	s->wanted = (struct tgids){};
	for (size_t i = 0; i < todo.n; i++) {
		struct watched *w = vms_find(m, todo.v[i]);

		n_snapshots += w && w->want_snapshot;
	}
	if (s->want_all || n_snapshots > MANY) {
		s->want_all = false;
		snapshots_take(m, 0);
		n_snapshots = 0;
	}
	for (size_t i = 0; i < todo.n; i++) {
		struct watched *w = vms_find(m, todo.v[i]);
		bool evidence = w && w->want_evidence;

		if (!w)
			continue;
		if (n_snapshots && w->want_snapshot)
			snapshots_take(m, todo.v[i]);
		w = vms_find(m, todo.v[i]); /* the snapshot may have shown that it is gone */
		if (!w)
			continue;
		w->want_snapshot = w->want_evidence = false;
		if (evidence)
			take_evidence(m, w);
	}
	return 0;
}

void snapshots_done(struct snapshots *s)
{
	event_source_drop(&s->timer);
	tgids_done(&s->wanted);
}
