/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which VM a record of a recorded trace belongs to.
 *
 * DOC: Theory of Operation
 *
 * kvm_apicv_inhibit_changed names no VM; the process does. With a tgid that is all. Text of ftrace without the option
 * record-tgid, and trace.dat, know only threads, and a VM has one a vCPU and one more that makes the machine. But
 * each record carries the whole mask of the VM, and differs from the record before it of that VM by its own reason at
 * most. So the first record of a new thread tells which VMs it may belong to; if that is exactly one, the thread is
 * joined to it. Two things speak against it whatever the mask: the record is that of a new VM (kvm_apicv_init()), or
 * the names show another VM ("CPU 0/KVM" twice, or a thread that is neither of the same name nor a vCPU's).
 *
 * Guest resets: QEMU writes the TSC of each vCPU when it makes it and at each system_reset, so that the guest reads
 * 0. In a recording the host's TSC is not known; but a guest's TSC that goes back to 0 has an offset smaller than
 * before. The first burst of writes to vCPU 0 is its creation if the offset was 0 before; what comes more than
 * ENTRY_RESET_NS later with a smaller offset is a reset.
 */
#include <stdio.h>

#include "avicd/entry.h"
#include "avicd/hash.h"
#include "avicd/tracetext.h"

/* More threads than any host has; a hostile trace must not take all memory. */
#define MAX_THREADS 4194304U

struct chain {
	int32_t key;
	bool by_tgid;
	bool mask_known;
	bool created; /* in the recording; else it is older */
	bool lossy;   /* records were lost since the last one: anything may follow */
	uint64_t mask;
	uint64_t tsc_at; /* first write to vCPU 0 since the VM was created, 0 = none */
	char comm[32];	 /* of the first thread */
	struct thread *threads;
	struct chain *next;
};

struct thread {
	struct chain *chain;
	char comm[32];
	struct thread *next; /* of the same chain */
};

struct trace_vms {
	uint64_t start_bits; /* ABSENT and DISABLED: only kvm_apicv_init() sets them */
	struct hash threads; /* tid -> thread */
	struct hash by_tgid; /* tgid -> chain */
	struct chain *chains;
	uint64_t ambiguous;
};

int trace_vms_new(const struct numbering *n, struct trace_vms **ret)
{
	struct trace_vms *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->start_bits = numbering_mask(n, REASON_ABSENT) | numbering_mask(n, REASON_DISABLED);
	*ret = v;
	return 0;
}

struct trace_vms *trace_vms_free(struct trace_vms *v)
{
	if (!v)
		return NULL;
	HASH_FOREACH (&v->threads, slot)
		free(slot->value);
	hash_done(&v->threads);
	hash_done(&v->by_tgid);
	while (v->chains) {
		struct chain *c = v->chains;

		v->chains = c->next;
		free(c);
	}
	free(v);
	return NULL;
}

uint64_t trace_vms_ambiguous(const struct trace_vms *v)
{
	return v->ambiguous;
}

static bool is_vcpu(const char *comm)
{
	unsigned id;
	int n = 0;

	return sscanf(comm, "CPU %u/KVM%n", &id, &n) == 1 && n && !comm[n];
}

/* Could a thread of this name be one of the VM? */
static bool name_fits(const struct chain *c, const char *comm)
{
	if (is_vcpu(comm)) {
		for (const struct thread *t = c->threads; t; t = t->next)
			if (streq(t->comm, comm))
				return false; /* a VM has one vCPU of each number */
		return true;
	}
	return streq(c->comm, comm) || is_vcpu(c->comm);
}

/* Is this record that of kvm_apicv_init()? On 6.9 and older it sets ABSENT, then DISABLED beside it. */
static bool is_creation(const struct trace_vms *v, const struct trace_record *r)
{
	return r->kind == RECORD_INHIBIT && r->set && BIT64(r->reason & 63) & v->start_bits &&
	       r->mask == BIT64(r->reason & 63);
}

static bool mask_follows(const struct chain *c, const struct trace_record *r)
{
	return !c->mask_known || c->lossy || !((c->mask ^ r->mask) & ~BIT64(r->reason & 63));
}

/* The one VM that a new thread can belong to; NULL: none, or several (*several). */
static struct chain *fitting(const struct trace_vms *v, const struct trace_record *r, bool *several)
{
	struct chain *found = NULL;

	*several = false;
	if (is_creation(v, r))
		return NULL;
	for (struct chain *c = v->chains; c; c = c->next) {
		if (c->by_tgid || !name_fits(c, r->comm))
			continue;
		/* the offset of a TSC says nothing about the VM */
		if (r->kind == RECORD_INHIBIT && !mask_follows(c, r))
			continue;
		if (found) {
			*several = true;
			return NULL;
		}
		found = c;
	}
	return found;
}

static struct chain *chain_new(struct trace_vms *v, int32_t key, bool by_tgid, const struct trace_record *r)
{
	struct chain *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->key = key;
	c->by_tgid = by_tgid;
	snprintf(c->comm, sizeof(c->comm), "%s", r->comm);
	if (by_tgid && hash_put(&v->by_tgid, (uint32_t)key, c) < 0) {
		free(c);
		return NULL;
	}
	c->next = v->chains;
	v->chains = c;
	return c;
}

static int thread_new(struct trace_vms *v, struct chain *c, const struct trace_record *r)
{
	struct thread *t = hash_get(&v->threads, (uint32_t)r->tid);
	int k;

	if (t) {
		/* known before by another VM: the number was used again */
		t->chain = c;
		return 0;
	}
	if (v->threads.n >= MAX_THREADS)
		return -ENOENT;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->chain = c;
	snprintf(t->comm, sizeof(t->comm), "%s", r->comm);
	k = hash_put(&v->threads, (uint32_t)r->tid, t);
	if (k < 0) {
		free(t);
		return k;
	}
	t->next = c->threads;
	c->threads = t;
	return 0;
}

/* The VM of the record; made when it is a new one. */
static int find_chain(struct trace_vms *v, const struct trace_record *r, struct chain **ret)
{
	struct thread *t = r->tid >= 0 ? hash_get(&v->threads, (uint32_t)r->tid) : NULL;
	struct chain *c = NULL;
	bool several;

	if (r->tgid >= 0) {
		c = hash_get(&v->by_tgid, (uint32_t)r->tgid);
		if (!c) {
			c = chain_new(v, r->tgid, true, r);
			if (!c)
				return -ENOMEM;
		}
		*ret = c;
		return t && t->chain == c ? 0 : r->tid >= 0 ? thread_new(v, c, r) : 0;
	}
	if (r->tid < 0)
		return -ENOENT;
	if (t) {
		*ret = t->chain;
		return 0;
	}
	c = fitting(v, r, &several);
	if (!c) {
		if (r->kind != RECORD_INHIBIT)
			return -ENOENT;
		c = chain_new(v, r->tid, false, r);
		if (!c)
			return -ENOMEM;
		v->ambiguous += several;
	}
	*ret = c;
	return thread_new(v, c, r);
}

static bool is_reset(struct chain *c, const struct trace_record *r)
{
	bool back = (int64_t)r->tsc_offset < (int64_t)r->tsc_prev;

	if (r->vcpu_id != 0)
		return false;
	if (!c->tsc_at) {
		c->tsc_at = r->at ? r->at : 1;
		/* a vCPU is made with offset 0; any other before it means that it was there already */
		return back && !c->created && r->tsc_prev;
	}
	return back && r->at > c->tsc_at + ENTRY_RESET_NS;
}

int trace_vms_of(struct trace_vms *v, const struct trace_record *r, struct trace_vm_ref *ret)
{
	struct trace_vm_ref ref = {};
	struct chain *c;
	int k;

	if (r->kind == RECORD_LOST) {
		for (c = v->chains; c; c = c->next)
			c->lossy = true;
		return -ENOENT;
	}
	if (r->kind == RECORD_OLD)
		return -ENOENT;
	k = find_chain(v, r, &c);
	if (k < 0)
		return k;
	ref.key = c->key;
	ref.by_tgid = c->by_tgid;
	if (r->kind == RECORD_TSC) {
		ref.reset = is_reset(c, r);
	} else {
		if (is_creation(v, r)) {
			c->created = true;
			c->tsc_at = 0;
			c->mask = 0;
		} else {
			ref.misfit = !mask_follows(c, r);
		}
		c->mask_known = true;
		c->lossy = false;
		c->mask = r->mask;
	}
	*ret = ref;
	return 0;
}
