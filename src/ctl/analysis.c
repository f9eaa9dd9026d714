/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From records to verdicts.
 *
 * DOC: Theory of Operation
 *
 * Records go to the VMs that they belong to (trace_vms_of()), each VM's are folded into an entry as the kernel's side
 * would (entry.h), and the tracker gets the entries at the records' own times: so a recording is judged by the rules
 * of the running daemon.
 *
 * One thing is different. A daemon waits stuck_after before it speaks; a recording may be seconds long. What is set
 * when it ends counts as stuck at once if waiting could not change it: the reason was set before the first record and
 * in all of them, or no kernel of this numbering ever clears it. Otherwise the times in the recording decide.
 *
 * Times of the tracker are those of the recording and a day more, so that "long before the recording" is a time, too.
 */
#include <stdio.h>

#include "avicd/entry.h"
#include "avicd/text.h"
#include "ctl/analysis.h"

#define DAY_NS	     (86400 * NSEC_PER_SEC)
/* Stretches kept of one VM; what comes later is merged into the last. */
#define SEGMENTS_MAX 4096

char *analysis_label(const struct analysis_vm *v, char *buf)
{
	if (v->comm[0])
		snprintf(buf, ANALYSIS_LABEL_MAX, "VM %d (%s)", (int)v->key, v->comm);
	else
		snprintf(buf, ANALYSIS_LABEL_MAX, "VM %d", (int)v->key);
	return buf;
}

static int vm_of(struct analysis *a, const struct trace_vm_ref *ref, const struct trace_record *r,
		 struct analysis_vm **ret)
{
	struct analysis_vm *v = hash_get(&a->by_key, (uint32_t)ref->key), **more;
	_cleanup_free_ char *comm = NULL;
	int k;

	if (v) {
		*ret = v;
		return 0;
	}
	if (a->n_vms == a->size_vms) {
		more = reallocarray(a->vms, a->size_vms ? 2 * a->size_vms : 16, sizeof(*more));
		if (!more)
			return -ENOMEM;
		a->vms = more;
		a->size_vms = a->size_vms ? 2 * a->size_vms : 16;
	}
	k = text_clean(r->comm, sizeof(v->comm) - 1, &comm);
	if (k < 0)
		return k;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	k = hash_put(&a->by_key, (uint32_t)ref->key, v);
	if (k < 0) {
		free(v);
		return k;
	}
	a->vms[a->n_vms++] = v;
	*v = (struct analysis_vm){.key = ref->key, .by_tgid = ref->by_tgid, .first_at = r->at, .held = UINT64_MAX};
	v->entry.seen_at = r->at + DAY_NS;
	snprintf(v->comm, sizeof(v->comm), "%s", comm);
	*ret = v;
	return 0;
}

static uint64_t lasting(const struct analysis *a, uint64_t mask)
{
	return mask & ~a->params.quiet_mask;
}

/* The stretch that the record belongs to; a new one where the non-transient reasons changed. */
static int segment_of(struct analysis *a, struct analysis_vm *v, const struct trace_record *r,
		      struct analysis_segment **ret)
{
	struct analysis_segment *s = v->n_segments ? &v->segments[v->n_segments - 1] : NULL, *more;
	uint64_t mask = r->kind == RECORD_INHIBIT ? lasting(a, r->mask) : s ? s->mask : 0;

	if (s)
		s->to = r->at;
	if (s && (s->mask == mask || v->n_segments == SEGMENTS_MAX)) {
		v->cut_segments += s->mask != mask;
		s->mask = mask;
		*ret = s;
		return 0;
	}
	if (v->n_segments == v->size_segments) {
		more = reallocarray(v->segments, v->size_segments + 64, sizeof(*more));
		if (!more)
			return -ENOMEM;
		v->segments = more;
		v->size_segments += 64;
	}
	s = &v->segments[v->n_segments++];
	*s = (struct analysis_segment){.from = r->at, .to = r->at, .mask = mask, .after_loss = v->after_loss};
	*ret = s;
	return 0;
}

static int fold_inhibit(struct analysis *a, struct analysis_vm *v, const struct trace_record *r, uint64_t now,
			int *flags)
{
	uint64_t hint = BIT64(r->reason & 63), before = v->entry.mask;
	bool known = v->entry.mask_known;
	struct analysis_segment *s;
	__u64 new_bits;
	int k;

	*flags = entry_update(&v->entry, now, r->reason, r->set, r->mask, &a->params, &new_bits);
	if (!known)
		before = r->set ? r->mask & ~hint : r->mask;
	v->held &= before & r->mask;
	v->max_rate = MAX(v->max_rate, v->entry.window_n);
	k = segment_of(a, v, r, &s);
	if (k < 0)
		return k;
	/* a reset or a loss before the first mask is no stretch without reasons */
	s->toggles += (uint64_t)__builtin_popcountll(r->mask & ~before & a->params.quiet_mask);
	v->after_loss = false;
	return 0;
}

static int fold_reset(struct analysis *a, struct analysis_vm *v, const struct trace_record *r, bool reset, uint64_t now,
		      int *flags)
{
	uint32_t resets = v->entry.resets;
	struct analysis_segment *s;
	int k;

	*flags = entry_reset(&v->entry, now, reset);
	if (v->entry.resets == resets || !v->n_segments)
		return 0;
	k = segment_of(a, v, r, &s);
	if (k == 0)
		s->resets++;
	return k;
}

static int count_thread(struct analysis *a, struct analysis_vm *v, int32_t tid)
{
	if (tid < 0 || hash_get(&a->threads, (uint32_t)tid) == v)
		return 0;
	v->n_threads++;
	return hash_put(&a->threads, (uint32_t)tid, v);
}

static void on_action(const struct action *action, void *userdata)
{
}

/* Time passes in the tracker up to @now, with all that only time decides. */
static void pass_time(struct analysis *a, uint64_t now)
{
	uint64_t at;

	while ((at = tracker_deadline(&a->tracker)) <= now) {
		a->now = MAX(at, a->now);
		tracker_tick(&a->tracker, a->now);
		if (tracker_deadline(&a->tracker) <= a->now)
			break;
	}
	a->now = now;
}

/* The tracker reads an entry as the daemon does: when woken, and again after a while. */
static int feed_tracker(struct analysis *a, struct analysis_vm *v, uint64_t now, int flags)
{
	if (!(flags & ENTRY_WAKE) && now - v->fed_at < ENTRY_WAKE_NS)
		return 0;
	v->fed_at = now;
	pass_time(a, now);
	return tracker_entry(&a->tracker, v->key, &v->entry, now);
}

static int add_record(struct analysis *a, const struct trace_record *r)
{
	uint64_t now = r->at + DAY_NS;
	struct trace_vm_ref ref;
	struct analysis_vm *v = NULL;
	int k, flags = 0;

	k = trace_vms_of(a->chains, r, &ref);
	if (k == -ENOENT) {
		a->unassigned += r->kind == RECORD_INHIBIT || r->kind == RECORD_TSC;
		return 0;
	}
	if (k == 0)
		k = vm_of(a, &ref, r, &v);
	if (k == 0)
		k = count_thread(a, v, r->tid);
	if (k < 0)
		return k;
	v->last_at = r->at;
	v->misfits += ref.misfit;
	if (r->kind == RECORD_TSC)
		k = fold_reset(a, v, r, ref.reset, now, &flags);
	else
		k = fold_inhibit(a, v, r, now, &flags);
	v->records += r->kind == RECORD_INHIBIT;
	return k < 0 ? k : feed_tracker(a, v, now, flags);
}

static void add_loss(struct analysis *a, const struct trace_record *r)
{
	a->losses++;
	a->lost += r->mask;
	for (size_t i = 0; i < a->n_vms; i++)
		a->vms[i]->after_loss = true;
}

/* No kernel of this line clears the reason. */
static bool is_for_ever(const struct analysis *a, unsigned bit)
{
	enum reason r = numbering_reason(&a->tracker.numbering, bit);

	return r == REASON_APIC_BASE_MODIFIED || (r == REASON_APIC_ID_MODIFIED && a->tracker.numbering.line < LINE_6_3);
}

/* The verdict at the end of the trace, by what cannot change any more. */
static void judge(struct analysis *a, struct analysis_vm *v, uint64_t now)
{
	const struct vm *vm = tracker_find(&a->tracker, v->key);
	struct verdict_in in = {
		.numbering = &a->tracker.numbering,
		.settings = &a->tracker.settings,
		.host = &a->tracker.host,
		.running = true,
		.ids_right = TRI_UNKNOWN,
		.id_stack = STACK_NONE,
		.now = now,
	};

	if (!vm)
		return;
	v->vm = *vm;
	in.known = vm->known && vm->mask_seen;
	in.ambiguous = vm->ambiguous;
	in.mask = vm->mask;
	in.boot_at = vm->boot_at;
	for (unsigned bit = 0; bit < REASON_BITS; bit++) {
		bool set = vm->mask >> bit & 1;
		bool for_ever = set && numbering_class(in.numbering, bit) == CLASS_STICKY &&
				(v->held >> bit & 1 || is_for_ever(a, bit));

		in.since[bit] = for_ever ? 1 : vm->reason[bit].since;
		v->final |= for_ever;
	}
	if (v->final)
		in.boot_at = 0;
	verdict_of(&in, &v->vm.verdict);
}

static int read_records(struct analysis *a, struct trace_file *f)
{
	struct trace_record r;
	int k;

	while ((k = trace_file_next(f, &r)) > 0) {
		/* time does not go back; what a merge of buffers put a little too late counts as now */
		r.at = MAX(r.at, a->last_at);
		if (!a->records && !a->old_records)
			a->first_at = r.at;
		a->last_at = r.at;
		a->records += r.kind == RECORD_INHIBIT || r.kind == RECORD_TSC;
		if (r.kind == RECORD_OLD) {
			a->old_records++;
			(r.set ? a->old_set : a->old_cleared)[r.reason & 63]++;
			continue;
		}
		if (r.kind == RECORD_LOST)
			add_loss(a, &r);
		k = add_record(a, &r);
		if (k < 0)
			return k;
	}
	a->damaged = k == -EBADMSG;
	return a->damaged ? 0 : k;
}

static int start(struct analysis *a, struct trace_file *f, const struct numbering *forced)
{
	const char *release = trace_file_release(f);
	struct host_facts_core host = {.avic = TRI_UNKNOWN};
	struct core_settings settings;
	const struct numbering *n = &a->guess.numbering;
	int r = trace_file_numbering(f, &a->guess);

	if (r < 0)
		return r;
	if (forced) {
		a->guess.numbering = *forced;
		a->forced = true;
		snprintf(a->guess.why, sizeof(a->guess.why), "%s",
			 a->guess.possible & BIT64(forced->line)
				 ? "as asked for"
				 : "as asked for, though such a kernel does not print all of these records");
	}
	snprintf(a->format, sizeof(a->format), "%s", trace_file_format(f));
	snprintf(a->release, sizeof(a->release), "%s", release ? release : "");
	core_settings_default(&settings);
	tracker_init(&a->tracker, n, &settings, &host, on_action, a);
	tracker_sight(&a->tracker, true, false, 1);
	a->params = (struct entry_params){
		.quiet_mask = numbering_class_mask(n, CLASS_TRANSIENT, UINT64_MAX),
		.absent_bit = numbering_mask(n, REASON_ABSENT),
		.disabled_bit = numbering_mask(n, REASON_DISABLED),
		.storm_rate = (uint64_t)settings.storm_rate,
	};
	return trace_vms_new(n, &a->chains);
}

int analysis_read(struct analysis *a, struct trace_file *f, const char *name, const struct numbering *numbering)
{
	int r;

	*a = (struct analysis){.file = name};
	r = start(a, f, numbering);
	if (r == 0)
		r = read_records(a, f);
	if (r < 0)
		return r;
	for (size_t i = 0; i < a->n_vms; i++) {
		struct analysis_vm *v = a->vms[i];

		/* a VM that is quiet to the end of the trace stays as it is until then */
		if (v->n_segments)
			v->segments[v->n_segments - 1].to = a->last_at;
		r = tracker_entry(&a->tracker, v->key, &v->entry, a->last_at + DAY_NS);
		if (r < 0)
			return r;
	}
	pass_time(a, a->last_at + DAY_NS);
	for (size_t i = 0; i < a->n_vms; i++)
		judge(a, a->vms[i], a->last_at + DAY_NS);
	a->ambiguous = trace_vms_ambiguous(a->chains);
	a->skipped = trace_file_skipped(f);
	return 0;
}

void analysis_done(struct analysis *a)
{
	for (size_t i = 0; i < a->n_vms; i++) {
		free(a->vms[i]->segments);
		free(a->vms[i]);
	}
	free(a->vms);
	hash_done(&a->by_key);
	hash_done(&a->threads);
	trace_vms_free(a->chains);
	tracker_done(&a->tracker);
}

size_t analysis_stuck(const struct analysis *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_vms; i++)
		n += a->vms[i]->vm.verdict.condition == CONDITION_STUCK;
	return n;
}
