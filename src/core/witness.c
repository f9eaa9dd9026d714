/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot's side of the tracker: fills what events did not show, finds what they cannot (see tracker.c). */
#include <stdlib.h>
#include <string.h>

#include "core/tracker-private.h"

/* A disagreement of entry and struct kvm must last so long: the event precedes the store. */
#define SNAP_AGREE_NS (10 * NSEC_PER_MSEC)

void tracker_snapshot_begin(struct tracker *t, uint64_t now)
{
	t->round_at = now;
	t->round++;
}

static void take_mask(struct vm *vm, uint64_t mask, uint64_t now)
{
	for (unsigned i = 0; i < REASON_BITS; i++) {
		struct reason_stats *r = &vm->reason[i];
		bool set = mask >> i & 1;

		if (set && !r->since) {
			r->since = now;
			r->since_exact = false;
		} else if (!set && r->since) {
			r->total += now - r->since;
			r->since = 0;
		}
	}
	vm->mask = mask;
	vm->mask_seen = vm->known = true;
}

static void compare_mask(struct tracker *t, struct vm *vm, uint64_t mask, uint64_t now)
{
	uint64_t quiet = numbering_class_mask(&t->numbering, CLASS_TRANSIENT, UINT64_MAX);

	/* transient bits differ all the time under load, and mend themselves */
	if (!((vm->mask ^ mask) & ~quiet)) {
		vm->differs_at = 0;
		vm->known = true;
	} else if (!vm->differs_at) {
		vm->differs_at = now;
	} else if (now - vm->differs_at >= SNAP_AGREE_NS) {
		vm->differs_at = 0;
		vm->overruled = vm->entry_events;
		take_mask(vm, mask, now);
	}
}

int tracker_snapshot_vm(struct tracker *t, const struct snap_vm *s, uint64_t now)
{
	struct vm *vm = tracker_vm(t, &s->id, now);

	if (!vm)
		return -ENOMEM;
	if (vm->seen_round != t->round) {
		vm->seen_round = t->round;
		vm->round_kvms = 0;
		vm->round_kvm = s->kvm;
		vm->round_mask = s->mask;
		vm->round_vcpus = s->created_vcpus;
	}
	vm->round_kvms++;
	if (s->comm[0])
		memcpy(vm->comm, s->comm, sizeof(vm->comm));
	return 0;
}

/* A VM that this round saw: how many it is, whether it is the one we knew, what its mask is. */
static void settle_round(struct tracker *t, struct vm *vm, uint64_t now)
{
	bool mixed = vm->n_kvms > 1, was = vm->ambiguous;

	/* One now: after several, or by another address, or by a creation event since: not the one that we knew. */
	if (vm->round_kvms == 1 && vm->n_kvms &&
	    (mixed || vm->kvm != vm->round_kvm || (vm->settled_inits && vm->entry_inits != vm->settled_inits))) {
		vm_replaced(t, vm, now);
		if (mixed)
			vm->overruled = vm->entry_events; /* its mask may be of the VM that left */
	}
	vm->settled_inits = vm->entry_inits;
	vm->n_kvms = vm->round_kvms;
	vm->ambiguous = vm->n_kvms > 1;
	vm->kvm = vm->round_kvm;
	vm->created_vcpus = vm->round_vcpus;
	if (!vm->ambiguous && vm->entry_seen && !vm->overruled) {
		compare_mask(t, vm, vm->round_mask, now);
	} else {
		vm->differs_at = 0;
		if (vm->ambiguous)
			vm->known = vm->mask_seen = true; /* the verdict says why it is unknown */
		else
			take_mask(vm, vm->round_mask, now);
	}
	if (vm->ambiguous && !was && vm->announced)
		tracker_act(t, &(struct action){ .event = EVENT_VM_AMBIGUOUS, .vm = vm });
	evaluate(t, vm, now);
}

void tracker_snapshot_end(struct tracker *t, bool whole_host, int32_t tgid, uint64_t now)
{
	struct vm_id *gone = calloc(t->vms.n + 1, sizeof(*gone));
	size_t n_gone = 0;

	HASH_FOREACH(&t->vms, slot) {
		struct vm *vm = slot->value;
		uint64_t grown = MAX(vm->seen_at, vm->created_at) + TRACKER_GRACE_NS;

		if (vm->seen_round == t->round) {
			vm->missing = false;
			settle_round(t, vm, now);
		} else if (whole_host || vm->id.tgid == tgid) {
			/* the first event comes a moment before there is a file, and the walk may have been where it came from before */
			vm->missing = t->round_at <= grown;
			if (gone && !vm->missing)
				gone[n_gone++] = vm->id;
		}
	}
	for (size_t i = 0; i < n_gone; i++)
		tracker_gone(t, &gone[i], "closed by its process", now);
	free(gone);
}

bool tracker_differs(const struct tracker *t)
{
	HASH_FOREACH(&t->vms, slot)
		if (((const struct vm *)slot->value)->differs_at)
			return true;
	return false;
}

bool tracker_missing(const struct tracker *t)
{
	HASH_FOREACH(&t->vms, slot)
		if (((const struct vm *)slot->value)->missing)
			return true;
	return false;
}
