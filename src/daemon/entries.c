/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the trace source: when they are read, and told to the tracker. */
#include "avicd/clock.h"
#include "avicd/log.h"
#include "avicd/proc.h"
#include "daemon/manager.h"
#include "daemon/tgids.h"

/* A named VM is read once more when changes that made no wake-up of their own are over (entry.h); and a little later than that. */
#define REREAD_NS (ENTRY_WAKE_NS + 10 * NSEC_PER_MSEC)
/* A storm is quiet between its first wake-up and its end: look at its figures now and then. */
#define STORM_NS NSEC_PER_SEC

/*
 * A VM that is healed at once has its event in the process that asked for it, which has no VM. That process lives for some
 * 10 ms, and may have ended by now.
 */
static bool is_healer(struct manager *m, int32_t tgid, const struct entry *e)
{
	char comm[16];

	if (e->inits)
		return false;
	return proc_comm(tgid, comm) < 0 ? m->deploying.healing : streq(comm, "avicd-livepatch");
}

static int tell(int32_t tgid, const struct entry *e, void *userdata)
{
	struct manager *m = userdata;
	struct vm_id id = { tgid, e->start };
	struct watched *w;
	int r;

	if (!vms_find(m, tgid) && is_healer(m, tgid, e)) {
		if (sources_live(m))
			trace_forget(m->sources.current, tgid);
		return 0;
	}
	w = vms_saw(m, &id);
	if (!w)
		return -ENOMEM;
	r = tracker_entry(&m->tracker, tgid, e, manager_now(m));
	if (r < 0)
		return r;
	/* how many struct kvm the process has is seen by snapshot only */
	if (e->inits != w->inits) {
		w->inits = e->inits;
		snapshots_want(m, w);
	}
	snapshots_want_evidence(m, w);
	return 0;
}

void entries_read(struct manager *m, int32_t tgid)
{
	struct entry e = {};
	int r;

	if (!m->sources.current || trace_read(m->sources.current, tgid, &e) < 0)
		return;
	r = tell(tgid, &e, m);
	if (r < 0)
		log_errno(LOG_ERR, r, "Cannot take up the state of process %d", (int)tgid);
}

int entries_read_all(struct manager *m)
{
	int r;

	if (!m->sources.current)
		return -ENODEV;
	r = trace_read_all(m->sources.current, tell, m);
	/* it is tried again every few seconds: said once */
	if (r < 0 && !m->entries.said)
		log_errno(LOG_ERR, r, "Cannot read the state of all VMs from trace source %s", sources_name(m));
	else if (r >= 0 && m->entries.said)
		log_notice("The state of all VMs can be read again");
	m->entries.said = r < 0;
	return MIN(r, 0);
}

void entries_read_due(struct manager *m, uint64_t now)
{
	_cleanup_tgids_ struct tgids due = {};

	HASH_FOREACH(&m->tracker.vms, slot) {
		const struct vm *vm = slot->value;

		if (vm->announced && vm->verdict.deadline <= now)
			tgids_add(&due, vm->id.tgid);
	}
	for (size_t i = 0; i < due.n; i++)
		entries_read(m, due.v[i]);
}

static int on_storms(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	_cleanup_tgids_ struct tgids storms = {};

	HASH_FOREACH(&m->tracker.vms, slot) {
		const struct vm *vm = slot->value;

		if (vm->storm)
			tgids_add(&storms, vm->id.tgid);
	}
	for (size_t i = 0; i < storms.n; i++)
		entries_read(m, storms.v[i]);
	if (storms.n)
		timer_arm(m->event, &m->entries.storms, STORM_NS, on_storms, m);
	return 0;
}

static int on_reread(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	struct entries *e = &m->entries;
	uint64_t now = now_ns();

	while (e->head < e->n && e->rereads[e->head].due <= now) {
		int32_t tgid = e->rereads[e->head++].tgid;
		const struct vm *vm;

		entries_read(m, tgid);
		vm = tracker_find(&m->tracker, tgid);
		if (vm && vm->storm)
			timer_soon(m->event, &e->storms, STORM_NS, on_storms, m);
	}
	if (e->head < e->n)
		timer_arm(m->event, &e->reread, e->rereads[e->head].due - now, on_reread, m);
	else
		e->head = e->n = 0;
	return 0;
}

static int reread_later(struct manager *m, int32_t tgid)
{
	struct entries *e = &m->entries;

	if (e->n == e->size && e->head > e->size / 2) {
		memmove(e->rereads, e->rereads + e->head, (e->n - e->head) * sizeof(*e->rereads));
		e->n -= e->head;
		e->head = 0;
	}
	if (e->n == e->size) {
		size_t size = e->size ? e->size * 2 : 64;
		struct reread *p = reallocarray(e->rereads, size, sizeof(*p));

		if (!p)
			return -ENOMEM;
		e->rereads = p;
		e->size = size;
	}
	e->rereads[e->n++] = (struct reread){ tgid, now_ns() + REREAD_NS };
	return timer_soon(m->event, &e->reread, REREAD_NS, on_reread, m);
}

static void on_changed(int32_t tgid, void *userdata)
{
	struct manager *m = userdata;

	if (!tgid) {
		sources_check(m);
		return;
	}
	entries_read(m, tgid);
	if (reread_later(m, tgid) < 0)
		snapshots_want_all(m);
}

int entries_dispatch(struct manager *m)
{
	return trace_dispatch(m->sources.current, on_changed, m);
}

void entries_done(struct entries *e)
{
	event_source_drop(&e->reread);
	event_source_drop(&e->storms);
	free_p(&e->rereads);
	*e = (struct entries){};
}
