/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracker: VMs, and what became of them.
 *
 * DOC: Theory of Operation
 *
 * A VM is made by the first fact about it: an entry of the trace source, a snapshot, or libvirt's word that the process is a domain. It is
 * announced (vm-appeared) at the next tick, so that facts which arrive together (mask, command line, libvirt) make one line.
 *
 * The mask has two witnesses. The entry follows events and is right unless records were lost; the snapshot reads struct kvm itself, but may
 * be a moment older than the entry's last event, since the event precedes the store. So the entry wins a first disagreement, and the VM is
 * looked at again after 10 ms; a disagreement that lasts is a lost record, and the snapshot wins until the next event.
 *
 * Every input ends in evaluate(): it asks the verdict, compares with the last answer and acts the difference, in the order appearance,
 * boot, episode, storm, condition. evaluate.c holds that, boots.c counts guest resets, witness.c holds the snapshot's side.
 */
#include <stdlib.h>
#include <string.h>

#include "avicd/tracker.h"
#include "core/tracker-private.h"

void tracker_init(struct tracker *t, const struct numbering *n, const struct core_settings *s, const struct host_facts_core *h,
		  action_fn act, void *userdata)
{
	*t = (struct tracker){
		.numbering = *n, .settings = *s, .host = *h, .act = act, .userdata = userdata, .health = HEALTH_UNKNOWN,
	};
}

void tracker_done(struct tracker *t)
{
	HASH_FOREACH(&t->vms, slot)
		free(slot->value);
	hash_done(&t->vms);
}

struct vm *tracker_find(const struct tracker *t, int32_t tgid)
{
	return hash_get(&t->vms, (uint32_t)tgid);
}

struct vm *tracker_find_uuid(const struct tracker *t, const char *uuid)
{
	if (*uuid)
		HASH_FOREACH(&t->vms, slot) {
			struct vm *vm = slot->value;

			if (streq(vm->domain.uuid, uuid))
				return vm;
		}
	return NULL;
}

uint64_t vm_inhibited_ns(const struct vm *vm, unsigned bit, uint64_t now)
{
	const struct reason_stats *r;

	if (bit >= REASON_BITS)
		return 0;
	r = &vm->reason[bit];
	return r->total + (r->since && now > r->since ? now - r->since : 0);
}

/* In which condition is it known whether AVIC is inhibited? */
static bool judged(const struct vm *vm)
{
	return vm->verdict.condition != CONDITION_UNKNOWN && vm->verdict.condition != CONDITION_OFF;
}

static uint64_t unaccounted(const struct vm *vm, uint64_t now)
{
	return judged(vm) && vm->accounted_at && now > vm->accounted_at ? now - vm->accounted_at : 0;
}

uint64_t vm_known_ns(const struct vm *vm, uint64_t now)
{
	return vm->known_ns + unaccounted(vm, now);
}

uint64_t vm_episodes_ns(const struct vm *vm, uint64_t now)
{
	return vm->episodes_ns + (vm->episode_at ? unaccounted(vm, now) : 0);
}

void tracker_act(struct tracker *t, const struct action *a)
{
	if (t->act)
		t->act(a, t->userdata);
}

/* Make a VM, or return the one that is there. An entry of an earlier process of the same number makes room first. */
struct vm *tracker_vm(struct tracker *t, const struct vm_id *id, uint64_t now)
{
	struct vm *vm = tracker_find(t, id->tgid);

	if (vm && vm_id_equal(&vm->id, id))
		return vm;
	if (vm)
		tracker_gone(t, &vm->id, "its process ended", now);
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return NULL;
	*vm = (struct vm){
		.id = *id, .running = true, .seen_at = now, .condition_at = now, .ids_right = TRI_UNKNOWN,
		.verdict = { .headline = -1, .deadline = TIME_NEVER },
	};
	if (hash_put(&t->vms, (uint32_t)id->tgid, vm) < 0) {
		free(vm);
		return NULL;
	}
	t->n_condition[CONDITION_UNKNOWN]++;
	return vm;
}

/* Another VM took the place of the one that we knew, in the same process: start anew, keep what names the process. */
void vm_replaced(struct tracker *t, struct vm *vm, uint64_t now)
{
	struct vm old = *vm;

	*vm = (struct vm){
		.id = old.id, .domain = old.domain, .managed = old.managed, .running = old.running, .seen_at = now,
		.condition_at = now, .ids_right = TRI_UNKNOWN, .verdict = { .headline = -1, .deadline = TIME_NEVER },
		.entry_inits = old.entry_inits, .entry_resets = old.entry_resets, .entry_events = old.entry_events,
		.entry_created = old.entry_created, .seen_round = old.seen_round, .round_kvms = old.round_kvms,
		.round_kvm = old.round_kvm, .round_mask = old.round_mask, .round_vcpus = old.round_vcpus,
	};
	memcpy(vm->comm, old.comm, sizeof(vm->comm));
	if (old.entry_created > old.created_at) {
		vm->created_at = vm->boot_at = old.entry_created;
		vm->boots_exact = true;
	}
	t->n_condition[old.verdict.condition]--;
	t->n_condition[CONDITION_UNKNOWN]++;
}

void tracker_gone(struct tracker *t, const struct vm_id *id, const char *why, uint64_t now)
{
	struct vm *vm = tracker_find(t, id->tgid);
	struct action a = { .event = EVENT_VM_GONE, .vm = vm, .detail = why };

	if (!vm || !vm_id_equal(&vm->id, id))
		return;
	hash_remove(&t->vms, (uint32_t)id->tgid);
	t->n_condition[vm->verdict.condition]--;
	a.old_condition = vm->verdict.condition;
	a.duration = now > vm->seen_at ? now - vm->seen_at : 0;
	tracker_act(t, &a);
	free(vm);
	tracker_health(t);
}

int tracker_exists(struct tracker *t, const struct vm_id *id, const char *comm, uint64_t now)
{
	struct vm *vm = tracker_vm(t, id, now);

	if (!vm)
		return -ENOMEM;
	if (!vm->comm[0])
		strncpy(vm->comm, comm, sizeof(vm->comm) - 1);
	evaluate(t, vm, now);
	return 0;
}

/* Copy what the entry says of mask and reasons. */
static void take_entry(struct vm *vm, const struct entry *e)
{
	for (unsigned i = 0; i < REASON_BITS; i++) {
		const struct entry_reason *er = &e->reason[i];
		struct reason_stats *r = &vm->reason[i], old = *r;
		/* a record that set it was lost: the next one of any bit tells it as set just now */
		bool late = vm->overruled || (!old.since_exact && er->count == old.count);

		*r = (struct reason_stats){ er->since, er->count > 0, er->count, er->total };
		if (!(e->mask >> i & 1)) {
			r->since = 0;
		} else if (!r->since) {
			r->since = e->changed_at ? e->changed_at : e->seen_at;
		} else if (old.since && (!er->count || late) && old.since < r->since) {
			r->since = old.since; /* a snapshot, or an earlier source, saw it set before the first record did */
			r->since_exact = false;
		}
	}
	vm->mask = e->mask;
	vm->mask_seen = vm->known = true;
	vm->entry_seen = true;
}

int tracker_entry(struct tracker *t, int32_t tgid, const struct entry *e, uint64_t now)
{
	struct vm *vm = tracker_vm(t, &(struct vm_id){ tgid, e->start }, now);
	bool was_ambiguous;

	if (!vm)
		return -ENOMEM;
	was_ambiguous = vm->ambiguous;
	if (!vm->entry_inits && !vm->entry_seen && e->created_at) {
		vm->created_at = vm->boot_at = e->created_at;
		vm->boots_exact = true;
	} else if (e->inits != vm->entry_inits && e->inits > 1 && !t->watch_has_snapshot) {
		/* Nobody can tell whether the earlier VM of this process is still there. */
		vm->ambiguous = true;
		vm->n_kvms = e->inits;
		if (vm->announced && !was_ambiguous)
			tracker_act(t, &(struct action){ .event = EVENT_VM_AMBIGUOUS, .vm = vm });
	}
	vm->entry_inits = e->inits;
	vm->entry_created = e->created_at;
	boots_by_trace(t, vm, e);
	vm->events = e->events;
	vm->changes = e->changes;
	vm->storm_at = e->storm_at;
	/* a snapshot overruled this entry, and no record came since */
	if (e->mask_known && !(vm->overruled && vm->overruled == e->events)) {
		take_entry(vm, e);
		vm->overruled = 0;
	}
	vm->entry_events = e->events;
	evaluate(t, vm, now);
	return 0;
}

void tracker_sight(struct tracker *t, bool watching, bool has_snapshot, uint64_t now)
{
	t->watching = watching;
	t->watch_has_snapshot = has_snapshot;
	HASH_FOREACH(&t->vms, slot) {
		struct vm *vm = slot->value;

		/* entries of the old source are gone with it; a new one counts from zero */
		vm->known = vm->entry_seen = vm->trace_sees = false;
		vm->entry_inits = vm->entry_resets = vm->settled_inits = 0;
		vm->entry_events = vm->entry_created = vm->overruled = vm->differs_at = 0;
		/* a new source will show most of them in a moment: tracker_tick() judges the others */
		if (!watching)
			evaluate(t, vm, now);
	}
	tracker_health(t);
}

void tracker_host(struct tracker *t, const struct host_facts_core *h, uint64_t now)
{
	t->host = *h;
	HASH_FOREACH(&t->vms, slot)
		evaluate(t, slot->value, now);
	tracker_health(t);
}

void tracker_settings(struct tracker *t, const struct core_settings *s, uint64_t now)
{
	t->settings = *s;
	HASH_FOREACH(&t->vms, slot)
		evaluate(t, slot->value, now);
}

int tracker_domain(struct tracker *t, int32_t tgid, const struct domain *d, bool managed, uint64_t now)
{
	struct vm *vm = tracker_find(t, tgid);
	char old[DOMAIN_NAME_MAX];
	bool renamed;

	if (!vm)
		return -ENOENT;
	renamed = vm->managed && managed && streq(vm->domain.uuid, d->uuid) && !streq(vm->domain.name, d->name);
	memcpy(old, vm->domain.name, sizeof(old));
	vm->domain = *d;
	vm->managed = managed;
	/* without libvirt nothing else is known */
	vm->running = managed ? d->running : true;
	if (renamed && vm->announced)
		tracker_act(t, &(struct action){ .event = EVENT_DOMAIN_RENAMED, .vm = vm, .detail = old });
	evaluate(t, vm, now);
	return 0;
}

void tracker_evidence(struct tracker *t, int32_t tgid, enum tristate ids_right, bool large_ids, enum stack_origin stack,
		      uint64_t now)
{
	struct vm *vm = tracker_find(t, tgid);

	if (!vm)
		return;
	vm->ids_right = ids_right;
	vm->large_ids = large_ids;
	vm->id_stack = stack;
	evaluate(t, vm, now);
}

static int vm_compare(const void *a, const void *b)
{
	const struct vm *x = *(struct vm *const *)a, *y = *(struct vm *const *)b;
	int r = (x->domain.name[0] == '\0') - (y->domain.name[0] == '\0');

	if (!r)
		r = strcmp(x->domain.name, y->domain.name);
	return r ? r : (x->id.tgid > y->id.tgid) - (x->id.tgid < y->id.tgid);
}

int tracker_sorted(const struct tracker *t, struct vm ***ret, size_t *ret_n)
{
	struct vm **list = calloc(t->vms.n + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	HASH_FOREACH(&t->vms, slot)
		list[n++] = slot->value;
	qsort(list, n, sizeof(*list), vm_compare);
	*ret = list;
	*ret_n = n;
	return 0;
}
