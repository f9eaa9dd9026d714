/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `bpf` trace source: reads the hash of entries of bpf/avic.bpf.c, runs its iterators. trace_bpf_open.c loads it.
 *
 * Raw tracepoint links pin kvm.ko while they are attached: `systemctl stop avicd` before `modprobe -r kvm`.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <x86intrin.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "kernel/bpf/shared.h"
#include "kernel/snap.h"
#include "kernel/trace_bpf.h"

#include "avic.skel.h"

#define BATCH 128

static struct trace_bpf *trace_bpf_of(struct trace_source *s)
{
	return (struct trace_bpf *)s;
}

static void bpf_close(struct trace_source *s)
{
	struct trace_bpf *b = trace_bpf_of(s);

	ring_buffer__free(b->ring);
	bpf_link__destroy(b->inhibit_link);
	bpf_link__destroy(b->tsc_link);
	bpf_link__destroy(b->snapshot_link);
	bpf_link__destroy(b->stacks_link);
	avic_bpf__destroy(b->skel);
	hash_done(&b->excluded);
	free(b);
}

int trace_bpf_on_wake(void *ctx, void *data, size_t size)
{
	struct trace_bpf *b = ctx;
	const struct wake *w = data;

	if (size >= sizeof(*w) && w->tgid)
		b->fn((int32_t)w->tgid, b->userdata);
	return 0;
}

static int bpf_fd(struct trace_source *s)
{
	return ring_buffer__epoll_fd(trace_bpf_of(s)->ring);
}

static uint64_t bpf_lost(const struct trace_bpf *b)
{
	return b->skel->bss->lost_full + b->skel->bss->lost_ring;
}

/*
 * A new point (TSC, ktime) for the BPF program's clock, at each dispatch and snapshot: the longer ago the first one was, the better is
 * the frequency known, and the younger the last, the less the two clocks have drifted apart.
 */
void trace_bpf_calibrate(struct trace_bpf *b)
{
	uint64_t at = now_ns(), tsc = __rdtsc();

	if (b->tsc_at && at - b->tsc_at >= 20 * NSEC_PER_MSEC) {
		uint64_t khz = (uint64_t)((double)(tsc - b->tsc) * 1e6 / (double)(at - b->tsc_at)), old = b->skel->bss->tsc_khz;

		/* After a suspend the TSC began anew, or ran on while the clock stood still: begin anew as well. */
		if (tsc < b->tsc || (old && MAX(khz, old) - MIN(khz, old) > old / 100))
			b->tsc_at = 0;
		else
			b->skel->bss->tsc_khz = khz;
	}
	if (!b->tsc_at) {
		b->tsc_at = at;
		b->tsc = tsc;
	}
	b->skel->bss->tsc_ref = tsc;
	b->skel->bss->tsc_ref_at = at;
}

static int bpf_dispatch(struct trace_source *s, trace_changed_fn fn, void *userdata)
{
	struct trace_bpf *b = trace_bpf_of(s);
	uint64_t lost;
	int r;

	b->fn = fn;
	b->userdata = userdata;
	r = ring_buffer__consume(b->ring);
	lost = bpf_lost(b);
	if (lost != b->lost_seen) {
		b->lost_seen = lost;
		fn(0, userdata);
	}
	return r;
}

/* Whether the copy was made while no update was under way; see entry.h. */
static bool entry_whole(const struct entry *e)
{
	return e->seq_done == e->seq_start;
}

static int bpf_read(struct trace_source *s, int32_t tgid, struct entry *ret)
{
	struct trace_bpf *b = trace_bpf_of(s);
	uint32_t key = (uint32_t)tgid;

	/* under a storm of 100,000/s an update is under way 1 % of the time; an entry torn five times is read torn */
	for (int i = 0; i < 5; i++) {
		int r = bpf_map__lookup_elem(b->skel->maps.vms, &key, sizeof(key), ret, sizeof(*ret), 0);

		if (r < 0)
			return r;
		if (entry_whole(ret))
			break;
	}
	return 0;
}

static int bpf_read_all(struct trace_source *s, trace_entry_fn fn, void *userdata)
{
	struct trace_bpf *b = trace_bpf_of(s);
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	int fd = bpf_map__fd(b->skel->maps.vms), r;
	_cleanup_free_ struct entry *entries = calloc(BATCH, sizeof(*entries));
	uint32_t keys[BATCH] = { 0 }, cursor = 0;
	bool first = true, end = false;

	if (!entries)
		return -ENOMEM;
	while (!end) {
		uint32_t n = BATCH;

		r = bpf_map_lookup_batch(fd, first ? NULL : &cursor, &cursor, keys, entries, &n, &opts);
		if (r < 0 && errno == ENOENT)
			end = true;
		else if (r < 0)
			return -errno;
		first = false;
		for (uint32_t i = 0; i < n; i++) {
			if (hash_get(&b->excluded, keys[i]))
				continue;
			if (!entry_whole(&entries[i]) && bpf_read(s, (int32_t)keys[i], &entries[i]) < 0)
				continue;
			r = fn((int32_t)keys[i], &entries[i], userdata);
			if (r)
				return r;
		}
	}
	return 0;
}

static int drop_entry(struct trace_bpf *b, uint32_t key)
{
	int r = bpf_map__delete_elem(b->skel->maps.vms, &key, sizeof(key), 0);

	for (uint32_t bit = 0; bit < ENTRY_BITS; bit++) {
		struct stack_key k = { .tgid = key, .bit = bit };

		if (b->skel->rodata->stack_mask >> bit & 1)
			bpf_map__delete_elem(b->skel->maps.stack_map, &k, sizeof(k), 0);
	}
	return r;
}

static int bpf_forget(struct trace_source *s, int32_t tgid)
{
	struct trace_bpf *b = trace_bpf_of(s);
	struct entry e;

	if (bpf_read(s, tgid, &e) >= 0)
		b->retired += e.events;
	return drop_entry(b, (uint32_t)tgid);
}

static int bpf_exclude(struct trace_source *s, int32_t tgid, bool on)
{
	struct trace_bpf *b = trace_bpf_of(s);
	uint32_t key = (uint32_t)tgid, one = 1;
	int r;

	if (on) {
		r = hash_put(&b->excluded, key, b);
		if (r >= 0)
			r = bpf_map__update_elem(b->skel->maps.excluded, &key, sizeof(key), &one, sizeof(one), BPF_ANY);
		if (r < 0)
			hash_remove(&b->excluded, key);
		return r;
	}
	/* its events were never counted: it goes without a trace */
	drop_entry(b, key);
	hash_remove(&b->excluded, key);
	r = bpf_map__delete_elem(b->skel->maps.excluded, &key, sizeof(key), 0);
	return r == -ENOENT ? 0 : r;
}

static int count_entry(int32_t tgid, const struct entry *e, void *userdata)
{
	struct trace_stats *st = userdata;

	st->vms++;
	st->events += e->events;
	return 0;
}

/* What watching costs, as far as kernel.bpf_stats_enabled has the kernel count it. */
static void count_runs(const struct trace_bpf *b, struct trace_stats *st)
{
	struct bpf_program *p;

	bpf_object__for_each_program (p, b->skel->obj) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(p);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
			continue;
		st->run_ns += info.run_time_ns;
		st->runs += info.run_cnt;
	}
}

static int bpf_stats(struct trace_source *s, struct trace_stats *ret)
{
	struct trace_bpf *b = trace_bpf_of(s);
	struct trace_stats st = { .events = b->retired, .vms_max = b->max_vms };
	int r = bpf_read_all(s, count_entry, &st);

	if (r < 0)
		return r;
	st.lost = bpf_lost(b);
	st.wakeups = b->skel->bss->wakeups;
	count_runs(b, &st);
	*ret = st;
	return 0;
}

static int bpf_snapshot(struct trace_source *s, int32_t tgid, bool vcpus, trace_snap_fn fn, void *userdata)
{
	struct trace_bpf *b = trace_bpf_of(s);
	union bpf_iter_link_info info = { .task.pid = (uint32_t)tgid };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *one = NULL;
	int fd, r;

	trace_bpf_calibrate(b);
	b->skel->bss->snap_tgid = (uint32_t)tgid;
	b->skel->bss->snap_vcpus = vcpus;
	/* From 6.1 on (commit f0d74c4da1f0) the kernel itself can walk one process; before, our program skips the others. */
	if (tgid) {
		one = bpf_program__attach_iter(b->skel->progs.snapshot, &opts);
		if (!one && errno == ESRCH)
			return 0;
	}
	fd = bpf_iter_create(bpf_link__fd(one ? one : b->snapshot_link));
	r = fd < 0 ? -errno : snap_read(fd, fn, userdata);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(one);
	return r;
}

static int bpf_stack(struct trace_source *s, int32_t tgid, unsigned bit, char **ret)
{
	struct trace_bpf *b = trace_bpf_of(s);
	_cleanup_text_ struct text t = {};
	_cleanup_close_ int fd = -EBADF;
	const char *line;
	char buf[4096];
	ssize_t n;

	b->skel->bss->stacks_tgid = (uint32_t)tgid;
	b->skel->bss->stacks_bit = bit;
	fd = bpf_iter_create(bpf_link__fd(b->stacks_link));
	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		text_addn(&t, buf, (size_t)n);
	if (n < 0)
		return -errno;
	if (t.error)
		return t.error;
	/* the innermost frames are those of the tracepoint and of our own program */
	for (line = t.s ? t.s : ""; startswith(line, "bpf_") || startswith(line, "__bpf_trace_") || startswith(line, "__traceiter_");)
		line += strcspn(line, "\n") + (strchr(line, '\n') != NULL);
	if (!*line)
		return -ENOENT;
	*ret = strdup(line);
	return *ret ? 0 : -ENOMEM;
}

const struct trace_ops trace_bpf_ops = {
	.name = "bpf",
	.close = bpf_close,
	.fd = bpf_fd,
	.dispatch = bpf_dispatch,
	.read = bpf_read,
	.read_all = bpf_read_all,
	.forget = bpf_forget,
	.snapshot = bpf_snapshot,
	.stack = bpf_stack,
	.exclude = bpf_exclude,
	.stats = bpf_stats,
};
