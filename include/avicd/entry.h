/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.h - the truth about one VM, and the one function that changes it.
 *
 * DOC: Theory of Operation
 *
 * kvm:kvm_apicv_inhibit_changed may fire 100,000 times a second and fires when nothing changed (from 6.3 on each APIC map
 * recalculation prints three "cleared"). So the events are folded where they happen: one entry a VM holds the mask, since when, how
 * often and how long each bit was set. The entry is the truth; a wake-up only tells user space to read it.
 *
 * This header is compiled twice: by clang for BPF (src/kernel/bpf/avic.bpf.c), where the entry lives in a hash map, and by the C
 * compiler for the sources `tracefs` and `recorded`, where it lives in memory. Both therefore count alike, and a test feeds both the
 * same records.
 *
 * Who calls: within one VM events are serialized by kvm->arch.apicv_update_lock (kvm_apicv_init, the first, has no rival), so plain
 * arithmetic does. `reason` and `set` of the record are only hints: the masks are diffed (kernel.md: from 6.3 on "cleared reason=5"
 * does not mean that 5 was set). `reason` is used as the number of the changed bit only after diff == BIT(reason) proved it.
 *
 * Wake-ups are limited per VM by a generic cell rate algorithm (GCRA): ENTRY_WAKE_BURST at once, then one per ENTRY_WAKE_NS. The reader
 * must read the entry again ENTRY_WAKE_NS after each wake-up: changes in between made none, later ones make their own.
 */
#ifndef AVICD_ENTRY_H
#define AVICD_ENTRY_H

#include <linux/types.h>
#ifdef __bpf__
#include <bpf/bpf_helpers.h>
#endif

#define ENTRY_BITS 32               /* == REASON_BITS */
#define ENTRY_WAKE_NS 250000000ULL  /* at most 4 wake-ups a second and VM in the long run */
#define ENTRY_WAKE_BURST 8
#define ENTRY_WINDOW_NS 1000000000ULL /* storm_rate is counted over windows of a second */
#define ENTRY_RESET_NS 2000000000ULL  /* debounce of guest resets */
#define ENTRY_BURST_NS 500000000ULL   /* QEMU writes the TSC twice or three times a reset, up to 240 ms apart */

struct entry_reason {
	__u64 since; /* ktime of the last 0->1; 0 when not set now */
	__u64 total; /* ns set, without the time since `since` */
	__u64 count; /* times set; 0 with `since` != 0: was set before the first record, `since` is when that came */
};

struct entry {
	__u32 seq_done;    /* == seq_start: no update was under way. First and last in the struct, for a reader that copies upwards */
	__u32 mask_known;  /* 0: only a reset was seen yet, the mask is not known */
	__u64 start;       /* start time of the process, ns since boot; with the tgid it names the process */
	__u64 mask;        /* inhibits of the last event */
	__u64 seen_at;     /* ktime when the entry was made */
	__u64 changed_at;  /* ktime of the last change of the mask; 0 = none yet */
	__u64 created_at;  /* ktime of the last KVM_CREATE_VM; 0 = VM older than the watch */
	__u64 events;      /* records, with those that changed nothing */
	__u64 changes;     /* records that changed the mask */
	__u64 window_at;   /* storm window: its start, changes in it, */
	__u64 window_n;
	__u64 storm_at;    /* ktime when the rate was last above storm_rate; 0 = never */
	__u64 wake_tat;    /* GCRA: theoretical arrival time */
	__u64 reset_at;    /* ktime of the last counted guest reset; 0 = none */
	__u64 tick_at;     /* BPF: last reading of the exact clock, and */
	__u64 tick;        /* jiffies then */
	__u64 tsc_at;      /* ktime of the last write of a TSC near 0 to vCPU 0; 0 = none */
	__u32 resets;      /* guest resets, debounced */
	__u32 inits;       /* KVM_CREATE_VM events in this process */
	struct entry_reason reason[ENTRY_BITS];
	__u32 pad;
	__u32 seq_start;
};

/* What does not change while a source is open. */
struct entry_params {
	__u64 quiet_mask;   /* bits whose changes alone do not wake: the transient reasons */
	__u64 absent_bit;   /* BIT(ABSENT) and */
	__u64 disabled_bit; /* BIT(DISABLED): set only by kvm_apicv_init(), so they tell a new VM */
	__u64 storm_rate;   /* changes a second */
};

/* entry_update() and entry_reset() return these */
#define ENTRY_WAKE   1 /* tell user space */
#define ENTRY_STACK  2 /* a non-quiet bit was set for the first time: worth a kernel stack; bits in *new_bits */

/* entry_may_wake() - GCRA; 1 if a wake-up may be sent now. */
static inline __attribute__((always_inline)) int entry_may_wake(struct entry *e, __u64 now)
{
	__u64 tat = e->wake_tat > now ? e->wake_tat : now;

	if (tat - now > (ENTRY_WAKE_BURST - 1) * ENTRY_WAKE_NS)
		return 0;
	e->wake_tat = tat + ENTRY_WAKE_NS;
	return 1;
}

/* One bit of the mask changed. Return 1 if it was set for the first time. */
static inline __attribute__((always_inline)) int entry_flip(struct entry *e, __u64 now, __u64 mask, unsigned int bit)
{
	struct entry_reason *r;

	if (bit >= ENTRY_BITS)
		return 0;
	r = &e->reason[bit];
	if (mask >> bit & 1) {
		r->since = now;
		return r->count++ == 0;
	}
	/* in a storm BPF reads a coarser clock (see entry_busy()), which may lag behind the `since` of before */
	if (r->since && now > r->since)
		r->total += now - r->since;
	r->since = 0;
	return 0;
}

/* Several bits at once: rare. In BPF by bpf_loop() (5.17), whose body is verified once instead of once per bit and branch. */
struct entry_flips {
	struct entry *e;
	__u64 now, mask, diff, new_bits;
	int adopt; /* the bits were set before the first record: no setting to count */
};

static inline __attribute__((unused)) long entry_flip_one(__u32 bit, void *data)
{
	struct entry_flips *f = data;

	if (bit >= ENTRY_BITS || !(f->diff >> bit & 1))
		return 0;
	if (f->adopt)
		f->e->reason[bit].since = f->now;
	else if (entry_flip(f->e, f->now, f->mask, bit))
		f->new_bits |= 1ULL << bit;
	return 0;
}

static inline __attribute__((always_inline)) void entry_flip_all(struct entry_flips *f)
{
#ifdef __bpf__
	bpf_loop(ENTRY_BITS, entry_flip_one, f, 0);
#else
	for (__u32 bit = 0; bit < ENTRY_BITS; bit++)
		entry_flip_one(bit, f);
#endif
}

/* Whether the record tells of a new struct kvm: only kvm_apicv_init() sets ABSENT or DISABLED, alone. */
static inline __attribute__((always_inline)) int entry_is_init(int reason, int set, __u64 mask, const struct entry_params *p)
{
	__u64 hint = 1ULL << (reason & 63);

	return set && mask == hint && (hint == p->absent_bit || hint == p->disabled_bit);
}

/* Records that change nothing are normal from 6.3 on: they need no clock. Return 1 if that was all. */
static inline __attribute__((always_inline)) int entry_same(struct entry *e, int reason, int set, __u64 mask,
							    const struct entry_params *p)
{
	if (e->mask != mask || !e->mask_known || entry_is_init(reason, set, mask, p))
		return 0;
	e->events++;
	return 1;
}

/*
 * entry_busy() - transient bits changed ENTRY_BUSY times in this second already: from now on a clock of tick resolution does, whose reading
 * costs a tenth. The sum of many short windows is still right in the mean: a window meets a tick as often as it is long.
 */
#define ENTRY_BUSY 64
static inline __attribute__((always_inline)) int entry_busy(const struct entry *e, __u64 mask, const struct entry_params *p)
{
	return e->mask_known && e->window_n >= ENTRY_BUSY && !((e->mask ^ mask) & ~p->quiet_mask);
}

/*
 * entry_update() - fold one kvm_apicv_inhibit_changed into @e.
 * @now: ktime, ns. @reason, @set, @mask: the record's fields. @p: parameters. @new_bits: bits that were set for the first time.
 * Return: ENTRY_* flags.
 */
static inline __attribute__((always_inline)) int entry_update(struct entry *e, __u64 now, int reason, int set, __u64 mask,
							      const struct entry_params *p, __u64 *new_bits)
{
	__u64 hint = 1ULL << (reason & 63), diff;
	int first = !e->mask_known, ret = 0;

	*new_bits = 0;
	e->events++;
	e->mask_known = 1;
	if (entry_is_init(reason, set, mask, p)) {
		/* what the entry held belongs to another VM of this process */
		if (!first || e->inits)
			__builtin_memset(e->reason, 0, sizeof(e->reason));
		e->inits++;
		e->created_at = now;
		e->mask = 0;
		ret = ENTRY_WAKE;
	} else if (first) {
		/* An older VM: what this record did not set itself was there before. */
		struct entry_flips f = { e, now, 0, set ? mask & ~hint : mask, 0, 1 };

		entry_flip_all(&f);
		e->mask = f.diff;
		ret = ENTRY_WAKE;
	}
	diff = e->mask ^ mask;
	if (!diff)
		goto out;
	e->mask = mask;
	e->changed_at = now;
	e->changes++;

	if (diff == hint) {
		if (entry_flip(e, now, mask, reason & 63))
			*new_bits = diff;
	} else {
		struct entry_flips f = { e, now, mask, diff, 0, 0 };

		entry_flip_all(&f);
		*new_bits = f.new_bits;
	}

	if (now - e->window_at >= ENTRY_WINDOW_NS) {
		e->window_at = now;
		e->window_n = 0;
	}
	if (++e->window_n == p->storm_rate) {
		/* the first window of a storm is news, the others only keep it alive */
		if (!e->storm_at || now - e->storm_at > 10 * ENTRY_WINDOW_NS)
			ret = ENTRY_WAKE;
		e->storm_at = now;
	}
	*new_bits &= ~p->quiet_mask;
	if (*new_bits)
		ret |= ENTRY_STACK;
	if (diff & ~p->quiet_mask)
		ret |= ENTRY_WAKE;
out:
	if (ret & ENTRY_WAKE && !entry_may_wake(e, now))
		ret &= ~ENTRY_WAKE;
	return ret;
}

/*
 * entry_reset() - user space set the guest's TSC of vCPU 0 to 1 or 0: QEMU does so at each system_reset, not at stop/cont. A 1 brings it near 0. To
 * a 0, which QEMU before 7.1 writes always and later ones at the machine's own first reset, KVM answers with the offset of before
 * (kvm_synchronize_tsc()): the guest's clock goes on.
 *
 * The first write after KVM_CREATE_VM is the machine's own first reset (or, where the source cannot tell ioctls apart, vCPU creation): no
 * reboot, nor are its followers, since nothing has run in between.
 * @ran: whether the vCPU's thread seems to have run guest code yet.
 * Return: ENTRY_WAKE or 0.
 */
static inline __attribute__((always_inline)) int entry_reset(struct entry *e, __u64 now, int ran)
{
	int creation = e->created_at && e->tsc_at <= e->created_at;
	int burst = e->tsc_at && now - e->tsc_at < ENTRY_BURST_NS;

	e->tsc_at = now;
	if (creation || burst || !ran || (e->reset_at && now - e->reset_at < ENTRY_RESET_NS))
		return 0;
	e->reset_at = now;
	e->resets++;
	return entry_may_wake(e, now) ? ENTRY_WAKE : 0;
}

#endif
