/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries in memory: what bpf/avic.bpf.c does in the kernel, by the same functions of entry.h. */
#include "kernel/fold.h"

void fold_init(struct fold *f, const struct trace_settings *settings)
{
	const struct numbering *n = &settings->numbering;

	*f = (struct fold){
		.params =
			{
				.quiet_mask = numbering_class_mask(n, CLASS_TRANSIENT, UINT64_MAX),
				.absent_bit = numbering_mask(n, REASON_ABSENT),
				.disabled_bit = numbering_mask(n, REASON_DISABLED),
				.storm_rate = MAX(settings->storm_rate, 1U),
			},
		.stats.vms_max = settings->max_vms,
	};
}

void fold_done(struct fold *f)
{
	HASH_FOREACH (&f->vms, slot)
		free(slot->value);
	hash_done(&f->vms);
}

static int entry_of(struct fold *f, int32_t tgid, uint64_t start, uint64_t now, struct entry **ret)
{
	struct entry *e = hash_get(&f->vms, (uint32_t)tgid);
	int r;

	if (!e) {
		if (f->stats.vms_max && f->vms.n >= f->stats.vms_max) {
			f->stats.lost++;
			return -ENOSPC;
		}
		e = calloc(1, sizeof(*e));
		r = e ? hash_put(&f->vms, (uint32_t)tgid, e) : -ENOMEM;
		if (r < 0) {
			free(e);
			f->stats.lost++;
			return r;
		}
	} else if (e->start == start) {
		*ret = e;
		return 0;
	}
	*e = (struct entry){.start = start, .seen_at = now};
	*ret = e;
	return 0;
}

static void wake(struct fold *f, int32_t tgid, int flags)
{
	if (!(flags & ENTRY_WAKE))
		return;
	f->stats.wakeups++;
	if (f->fn)
		f->fn(tgid, f->userdata);
}

int fold_inhibit(struct fold *f, int32_t tgid, uint64_t start, uint64_t now, const struct trace_record *r)
{
	struct entry *e;
	__u64 new_bits;
	int k;

	f->stats.events++;
	k = entry_of(f, tgid, start, now, &e);
	if (k < 0)
		return k;
	wake(f, tgid, entry_update(e, now, r->reason, r->set, r->mask, &f->params, &new_bits));
	return 0;
}

int fold_reset(struct fold *f, int32_t tgid, uint64_t start, uint64_t now, bool ran)
{
	struct entry *e;
	int k;

	k = entry_of(f, tgid, start, now, &e);
	if (k < 0)
		return k;
	wake(f, tgid, entry_reset(e, now, ran));
	return 0;
}

void fold_lost(struct fold *f, uint64_t n)
{
	f->stats.lost += MAX(n, 1U);
	if (f->fn)
		f->fn(0, f->userdata);
}

int fold_read(const struct fold *f, int32_t tgid, struct entry *ret)
{
	const struct entry *e = hash_get(&f->vms, (uint32_t)tgid);

	if (!e)
		return -ENOENT;
	*ret = *e;
	return 0;
}

int fold_read_all(const struct fold *f, trace_entry_fn fn, void *userdata)
{
	HASH_FOREACH (&f->vms, slot) {
		int r = fn((int32_t)slot->key, slot->value, userdata);

		if (r != 0)
			return r;
	}
	return 0;
}

int fold_forget(struct fold *f, int32_t tgid)
{
	struct entry *e = hash_remove(&f->vms, (uint32_t)tgid);

	free(e);
	return e ? 0 : -ENOENT;
}

void fold_stats(const struct fold *f, struct trace_stats *ret)
{
	*ret = f->stats;
	ret->vms = f->vms.n;
}
