/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `bpf` trace source: loads bpf/avic.bpf.c, reads its hash of entries, runs its iterators.
 *
 * Raw tracepoint links pin kvm.ko while they are attached: `systemctl stop avicd` before `modprobe -r kvm`.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <x86intrin.h>

#include "avicd/btf.h"
#include "avicd/clock.h"
#include "avicd/text.h"
#include "avicd/trace.h"
#include "kernel/bpf/shared.h"
#include "kernel/snap.h"

#include "avic.skel.h"

#define BATCH 128

struct trace_bpf {
	struct trace_source source;
	struct avic_bpf *skel;
	struct ring_buffer *ring;
	struct bpf_link *inhibit_link, *tsc_link, *snapshot_link, *stacks_link;
	uint32_t max_vms;
	uint64_t lost_seen;    /* losses that dispatch has told already */
	uint64_t retired;      /* events of forgotten entries */
	uint64_t tsc, tsc_at;  /* first calibration point */
	trace_changed_fn fn;   /* valid during dispatch */
	void *userdata;
};

static struct trace_bpf *trace_bpf_of(struct trace_source *s)
{
	return (struct trace_bpf *)s;
}

/* The first warning of libbpf is the cause; the later ones follow from it. One thread opens sources, so a static buffer does. */
static char libbpf_said[256];

_printf_(2, 0) static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !libbpf_said[0]) {
		vsnprintf(libbpf_said, sizeof(libbpf_said), fmt, ap);
		libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
	}
	return 0;
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
	free(b);
}

static struct trace_bpf *trace_bpf_free(struct trace_bpf *b)
{
	bpf_close(&b->source);
	return NULL;
}
DEFINE_CLEANUP(struct trace_bpf, trace_bpf_free)

static int on_wake(void *ctx, void *data, size_t size)
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
static void tsc_calibrate(struct trace_bpf *b)
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
			if (!entry_whole(&entries[i]) && bpf_read(s, (int32_t)keys[i], &entries[i]) < 0)
				continue;
			r = fn((int32_t)keys[i], &entries[i], userdata);
			if (r)
				return r;
		}
	}
	return 0;
}

static int bpf_forget(struct trace_source *s, int32_t tgid)
{
	struct trace_bpf *b = trace_bpf_of(s);
	uint32_t key = (uint32_t)tgid;
	struct entry e;
	int r;

	if (bpf_read(s, tgid, &e) >= 0)
		b->retired += e.events;
	r = bpf_map__delete_elem(b->skel->maps.vms, &key, sizeof(key), 0);
	for (uint32_t bit = 0; bit < ENTRY_BITS; bit++) {
		struct stack_key k = { .tgid = key, .bit = bit };

		if (b->skel->rodata->stack_mask >> bit & 1)
			bpf_map__delete_elem(b->skel->maps.stack_map, &k, sizeof(k), 0);
	}
	return r;
}

static int bpf_exclude(struct trace_source *s, int32_t tgid, bool on)
{
	struct trace_bpf *b = trace_bpf_of(s);
	uint32_t key = (uint32_t)tgid, one = 1;
	int r;

	if (on)
		return bpf_map__update_elem(b->skel->maps.excluded, &key, sizeof(key), &one, sizeof(one), BPF_ANY);
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

static int bpf_stats(struct trace_source *s, struct trace_stats *ret)
{
	struct trace_bpf *b = trace_bpf_of(s);
	struct trace_stats st = { .events = b->retired, .vms_max = b->max_vms };
	int r = bpf_read_all(s, count_entry, &st);

	if (r < 0)
		return r;
	st.lost = bpf_lost(b);
	st.wakeups = b->skel->bss->wakeups;
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

	tsc_calibrate(b);
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

static const struct trace_ops bpf_ops = {
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

/* Everything that must stand before the programs are loaded. */
static int bpf_configure(struct trace_bpf *b, const struct trace_settings *set, const struct kvm_offsets *o)
{
	const struct numbering *n = &set->numbering;
	struct utsname u;
	uint64_t start_bits = numbering_mask(n, REASON_DISABLED) | numbering_mask(n, REASON_ABSENT);
	uint64_t quiet = numbering_class_mask(n, CLASS_TRANSIENT, UINT64_MAX);
	struct entry_params p = {
		.quiet_mask = quiet,
		.absent_bit = numbering_mask(n, REASON_ABSENT),
		.disabled_bit = numbering_mask(n, REASON_DISABLED),
		.storm_rate = MAX(set->storm_rate, 1U),
	};

	memcpy((void *)&b->skel->rodata->params, &p, sizeof(p));
	b->skel->rodata->stack_mask = ~quiet & ~start_bits;
	b->skel->rodata->off.kvm_mask = o->kvm_mask;
	b->skel->rodata->off.kvm_mm = o->kvm_mm;
	b->skel->rodata->off.kvm_created_vcpus = o->kvm_created_vcpus;
	b->skel->rodata->off.vcpu_kvm = o->vcpu_kvm;
	b->skel->rodata->off.vcpu_id = o->vcpu_id;
	b->skel->rodata->off.vcpu_apic = o->vcpu_apic;
	b->skel->rodata->off.vcpu_apic_base = o->vcpu_apic_base;
	b->skel->rodata->off.vcpu_apicv_active = o->vcpu_apicv_active;
	b->skel->rodata->off.lapic_regs = o->lapic_regs;
	b->skel->rodata->off.lapic_apicv_active = o->lapic_apicv_active;
	b->max_vms = set->max_vms;
	/*
	 * Before 6.1 (96da3f7d489d) the kernel warns of, and with PREEMPT_RT refuses, tracing programs whose maps allocate at run time: there
	 * the maps take their memory at once, 15 MiB for 16,384 VMs.
	 */
	if (uname(&u) >= 0 && !release_at_least(u.release, 6, 1)) {
		bpf_map__set_map_flags(b->skel->maps.vms, 0);
		bpf_map__set_map_flags(b->skel->maps.excluded, 0);
		bpf_map__set_map_flags(b->skel->maps.stack_map, 0);
	}
	return bpf_map__set_max_entries(b->skel->maps.vms, set->max_vms);
}

static int bpf_attach(struct trace_bpf *b)
{
	union bpf_iter_link_info info = { .map.map_fd = (uint32_t)bpf_map__fd(b->skel->maps.stack_map) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));

	b->ring = ring_buffer__new(bpf_map__fd(b->skel->maps.wakes), on_wake, b, NULL);
	if (!b->ring)
		return -errno;
	b->snapshot_link = bpf_program__attach_iter(b->skel->progs.snapshot, NULL);
	if (!b->snapshot_link)
		return -errno;
	b->stacks_link = bpf_program__attach_iter(b->skel->progs.stacks, &opts);
	if (!b->stacks_link)
		return -errno;
	/* Without it boots are counted by libvirt alone. */
	b->tsc_link = bpf_program__attach_raw_tracepoint(b->skel->progs.tsc_written, "kvm_write_tsc_offset");
	b->inhibit_link = bpf_program__attach_raw_tracepoint(b->skel->progs.inhibit_changed, "kvm_apicv_inhibit_changed");
	return b->inhibit_link ? 0 : -errno;
}

static void say_why(int r, const char *step, char **why)
{
	const char *remedy = "";

	if (r == -EPERM || r == -EACCES)
		remedy = "; CAP_BPF and CAP_PERFMON are needed, and lockdown=confidentiality forbids it";
	else if (r == -ENOENT && streq(step, "attach"))
		remedy = "; the event kvm_apicv_inhibit_changed is missing: kvm is not loaded, or the kernel is older than 5.18";
	else if (r == -ENOENT)
		remedy = "; the kernel has no BTF of kvm (CONFIG_DEBUG_INFO_BTF, and kvm loaded)";
	if (asprintf(why, "BPF source: %s: %s%s%s%s", step, strerror(-r), libbpf_said[0] ? ": " : "", libbpf_said, remedy) < 0)
		*why = NULL;
}

int trace_bpf_open(const struct trace_settings *set, struct trace_source **ret, char **why)
{
	_cleanup_(kernel_btf_close) struct kernel_btf btf = {};
	_cleanup_(trace_bpf_free_p) struct trace_bpf *b = NULL;
	struct kvm_offsets o;
	int r;

	libbpf_said[0] = '\0';
	libbpf_set_print(on_libbpf);
	r = kernel_btf_open(&btf);
	if (r >= 0)
		r = btf_offsets(&btf, &o);
	if (r < 0) {
		say_why(r, "kernel BTF", why);
		return r;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->source = (struct trace_source){ &bpf_ops, TRACE_BPF };
	b->skel = avic_bpf__open();
	r = b->skel ? bpf_configure(b, set, &o) : -errno;
	if (r >= 0)
		r = avic_bpf__load(b->skel);
	if (r < 0) {
		say_why(r, "load", why);
		return r;
	}
	tsc_calibrate(b);
	usleep(20000); /* once, at start: the frequency to 0.01 %, so that a reset is known from the first second */
	tsc_calibrate(b);
	r = bpf_attach(b);
	if (r < 0) {
		say_why(r, "attach", why);
		return r;
	}
	*ret = &TAKE_PTR(b)->source;
	return 0;
}
