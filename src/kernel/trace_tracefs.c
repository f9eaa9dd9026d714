/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `tracefs` trace source: for kernels without BPF or BTF.
 *
 * DOC: Theory of Operation
 *
 * A tracing instance of our own (instance.c) collects two events per CPU; they are read raw, put into one order by
 * time, and folded into entries as the BPF program does it (fold.c). The masks of a VM are right only in the right
 * order, and a record of one CPU may be read after a later one of another: so records younger than the moment at
 * which the reading began wait for the next round, which reads all CPUs again.
 *
 * The reader is woken through one epoll descriptor by a quiet host's first record. While records keep coming it looks
 * every PAUSE_NS instead, so that a storm costs a hundred rounds a second whatever its rate. Now and then it looks
 * whether the event is still there: kvm may be unloaded under us, as an enabled event does not pin it.
 *
 * There is no snapshot: VMs older than the source are seen with their next record.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <x86intrin.h>

#include <kbuffer.h>

#include "avicd/clock.h"
#include "kernel/fold.h"
#include "kernel/instance.h"
#include "kernel/layout.h"
#include "kernel/threads.h"

#define PAUSE_NS    (10 * NSEC_PER_MSEC)
#define LOOK_NS	    (5 * NSEC_PER_SEC)
/* Pages of one CPU read in one round: twice its buffer. */
#define PAGES_MAX   64
#define WAITING_MAX 1048576

struct sample {
	uint64_t at, order; /* order: of reading, for records of the same time */
	int32_t tid;
	bool is_tsc, set;
	int32_t reason;
	uint64_t value; /* mask, or the new TSC offset */
};

struct trace_tracefs {
	struct trace_source source;
	struct fold fold;
	struct threads threads;
	struct hash excluded; /* tgid, */
	struct fold aside;    /* and their entries, for who asks for one by name */
	struct instance *instance;
	int epoll_fd, cpus_fd, timer_fd;
	bool pausing; /* cpus_fd is not in epoll_fd; the timer brings us back */
	struct layout layout;
	struct kbuffer *kbuf;
	char *page;
	struct sample *waiting;
	size_t n_waiting, size_waiting;
	uint64_t n_read;
	uint64_t tsc, tsc_at; /* the host's clock when the source was opened */
};

static struct trace_tracefs *tracefs_of(struct trace_source *s)
{
	return (struct trace_tracefs *)s;
}

static void tracefs_close(struct trace_source *s)
{
	struct trace_tracefs *t = tracefs_of(s);

	close_p(&t->epoll_fd);
	close_p(&t->cpus_fd);
	close_p(&t->timer_fd);
	instance_close(t->instance);
	if (t->kbuf)
		kbuffer_free(t->kbuf);
	threads_done(&t->threads);
	hash_done(&t->excluded);
	fold_done(&t->fold);
	fold_done(&t->aside);
	free(t->page);
	free(t->waiting);
	free(t);
}

static struct trace_tracefs *trace_tracefs_free(struct trace_tracefs *t)
{
	tracefs_close(&t->source);
	return NULL;
}
DEFINE_CLEANUP(struct trace_tracefs, trace_tracefs_free)

static int tracefs_fd(struct trace_source *s)
{
	return tracefs_of(s)->epoll_fd;
}

static int wait_for(struct trace_tracefs *t, const struct sample *s)
{
	if (t->n_waiting == t->size_waiting) {
		size_t n = t->size_waiting ? 2 * t->size_waiting : 1024;
		struct sample *more = n > WAITING_MAX ? NULL : reallocarray(t->waiting, n, sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->waiting = more;
		t->size_waiting = n;
	}
	t->waiting[t->n_waiting++] = *s;
	return 0;
}

static void take_record(struct trace_tracefs *t, const char *rec, int size, uint64_t at)
{
	const struct layout *l = &t->layout;
	struct sample s = {.at = at, .order = t->n_read++};
	uint64_t type, tid, reason, set, vcpu;

	if (!place_read(l->type, rec, size, &type) || !place_read(l->pid, rec, size, &tid))
		return;
	s.tid = (int32_t)tid;
	if ((int)type == l->inhibit_id) {
		if (!place_read(l->reason, rec, size, &reason) || !place_read(l->set, rec, size, &set) ||
		    !place_read(l->mask, rec, size, &s.value))
			return;
		s.reason = (int32_t)reason;
		s.set = set;
	} else if ((int)type == l->tsc_id) {
		if (!place_read(l->vcpu, rec, size, &vcpu) || vcpu != 0 || !place_read(l->offset, rec, size, &s.value))
			return;
		s.is_tsc = true;
	} else {
		return;
	}
	if (wait_for(t, &s) < 0)
		fold_lost(&t->fold, 1);
}

/* Everything of one CPU. Returns how many pages were read. */
static int read_cpu(struct trace_tracefs *t, int fd)
{
	int pages = 0;

	for (; pages < PAGES_MAX; pages++) {
		ssize_t n = read(fd, t->page, t->layout.page_size);
		unsigned long long at;
		char *rec;
		int missed;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		memset(t->page + n, 0, t->layout.page_size - (size_t)n);
		if (kbuffer_load_subbuffer(t->kbuf, t->page) < 0)
			break;
		missed = kbuffer_missed_events(t->kbuf);
		if (missed)
			fold_lost(&t->fold, missed > 0 ? (uint64_t)missed : 1);
		for (rec = kbuffer_read_event(t->kbuf, &at); rec; rec = kbuffer_next_event(t->kbuf, &at))
			take_record(t, rec, kbuffer_event_size(t->kbuf), at);
	}
	return pages;
}

static int by_time(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* What vCPU 0 reads now, if its offset was set at @at: near 0 at QEMU's system_reset, not at stop and cont. */
static bool is_near_zero(const struct trace_tracefs *t, uint64_t at, uint64_t offset)
{
	uint64_t now = now_ns(), tsc = __rdtsc();
	double hz = (double)(tsc - t->tsc) * 1e9 / (double)MAX(now - t->tsc_at, 1U);
	double ago = ((double)now - (double)at) / 1e9;
	double guest = (double)(int64_t)(tsc + offset) - ago * hz;

	return hz > 0 && guest > -hz && guest < hz;
}

static struct fold *fold_of(struct trace_tracefs *t, int32_t tgid)
{
	return hash_get(&t->excluded, (uint32_t)tgid) ? &t->aside : &t->fold;
}

static void fold_sample(struct trace_tracefs *t, const struct sample *s)
{
	const struct trace_record r = {.kind = RECORD_INHIBIT, .reason = s->reason, .set = s->set, .mask = s->value};
	uint64_t now = now_ns();
	struct fold *f;
	struct vm_id id;

	/* a thread that is gone belonged to a VM that is gone, or is on its way */
	if (threads_find(&t->threads, s->tid, s->at, &id) < 0) {
		t->fold.stats.events++;
		return;
	}
	f = fold_of(t, id.tgid);
	if (!s->is_tsc)
		fold_inhibit(f, id.tgid, id.start, s->at, &r);
	else if (is_near_zero(t, s->at, s->value))
		fold_reset(f, id.tgid, id.start, s->at, thread_ran_guest(&id, s->tid, now - MIN(now, s->at)));
}

/* One round. Returns how many pages were read. */
static int read_all_cpus(struct trace_tracefs *t)
{
	uint64_t began = now_ns();
	size_t n = 0;
	int pages = 0;

	for (size_t i = 0; i < t->instance->n_cpus; i++)
		pages += read_cpu(t, t->instance->cpu_fds[i]);
	if (!t->n_waiting)
		return pages;
	qsort(t->waiting, t->n_waiting, sizeof(*t->waiting), by_time);
	while (n < t->n_waiting && t->waiting[n].at <= began)
		fold_sample(t, &t->waiting[n++]);
	t->n_waiting -= n;
	memmove(t->waiting, t->waiting + n, t->n_waiting * sizeof(*t->waiting));
	return pages;
}

static int set_pausing(struct trace_tracefs *t, bool pausing)
{
	uint64_t ns = pausing ? PAUSE_NS : LOOK_NS;
	struct itimerspec it = {.it_value = {(time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC)}};
	struct epoll_event e = {.events = EPOLLIN};

	if (pausing != t->pausing &&
	    epoll_ctl(t->epoll_fd, pausing ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, t->cpus_fd, &e) < 0)
		return -errno;
	t->pausing = pausing;
	return timerfd_settime(t->timer_fd, 0, &it, NULL) < 0 ? -errno : 0;
}

static int tracefs_dispatch(struct trace_source *s, trace_changed_fn fn, void *userdata)
{
	struct trace_tracefs *t = tracefs_of(s);
	uint64_t wakeups = t->fold.stats.wakeups, expirations;
	bool look = !t->pausing;
	int r;

	look &= read(t->timer_fd, &expirations, sizeof(expirations)) > 0;
	if (look && !instance_event_on(t->instance))
		return -ENODEV;
	t->fold.fn = fn;
	t->fold.userdata = userdata;
	r = read_all_cpus(t);
	t->fold.fn = NULL;
	r = set_pausing(t, r > 0 || t->n_waiting);
	return r < 0 ? r : (int)(t->fold.stats.wakeups - wakeups);
}

static int tracefs_read(struct trace_source *s, int32_t tgid, struct entry *ret)
{
	return fold_read(fold_of(tracefs_of(s), tgid), tgid, ret);
}

static int tracefs_read_all(struct trace_source *s, trace_entry_fn fn, void *userdata)
{
	return fold_read_all(&tracefs_of(s)->fold, fn, userdata);
}

static int tracefs_forget(struct trace_source *s, int32_t tgid)
{
	return fold_forget(&tracefs_of(s)->fold, tgid);
}

static int tracefs_exclude(struct trace_source *s, int32_t tgid, bool on)
{
	struct trace_tracefs *t = tracefs_of(s);

	if (on)
		return hash_put(&t->excluded, (uint32_t)tgid, t);
	fold_forget(&t->aside, tgid);
	/* what it did last may not be read yet, and would make a VM of it; it has ended, and so /proc does not know it any more */
	threads_forget(&t->threads, tgid);
	hash_remove(&t->excluded, (uint32_t)tgid);
	return 0;
}

static int tracefs_stats(struct trace_source *s, struct trace_stats *ret)
{
	fold_stats(&tracefs_of(s)->fold, ret);
	return 0;
}

static uint64_t tracefs_now(struct trace_source *s)
{
	return now_ns();
}

static const struct trace_ops tracefs_ops = {
	.name = "tracefs",
	.close = tracefs_close,
	.fd = tracefs_fd,
	.dispatch = tracefs_dispatch,
	.read = tracefs_read,
	.read_all = tracefs_read_all,
	.forget = tracefs_forget,
	.exclude = tracefs_exclude,
	.stats = tracefs_stats,
	.now = tracefs_now,
};

static int make_page(struct trace_tracefs *t)
{
	t->page = malloc(t->layout.page_size);
	t->kbuf = kbuffer_alloc(sizeof(long) == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4, KBUFFER_ENDIAN_LITTLE);
	return t->page && t->kbuf ? 0 : -ENOMEM;
}

static int watch_fds(struct trace_tracefs *t)
{
	struct epoll_event e = {.events = EPOLLIN};

	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->cpus_fd = epoll_create1(EPOLL_CLOEXEC);
	t->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->epoll_fd < 0 || t->cpus_fd < 0 || t->timer_fd < 0 ||
	    epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, t->timer_fd, &e) < 0)
		return -errno;
	for (size_t i = 0; i < t->instance->n_cpus; i++)
		if (epoll_ctl(t->cpus_fd, EPOLL_CTL_ADD, t->instance->cpu_fds[i], &e) < 0)
			return -errno;
	/* set_pausing() puts cpus_fd in */
	t->pausing = true;
	return set_pausing(t, false);
}

static int start(struct trace_tracefs *t, char **why)
{
	int r = instance_open(&t->instance, why);

	if (r < 0)
		return r;
	t->tsc_at = now_ns();
	t->tsc = __rdtsc();
	r = layout_read(t->instance, &t->layout);
	if (r == 0)
		r = make_page(t);
	if (r == 0)
		r = watch_fds(t);
	if (r == 0 && t->layout.tsc_id >= 0) {
		/* vCPU 0 alone tells of resets; where the filter is refused, take_record() drops the others */
		instance_write(t->instance, "events/kvm/" EVENT_TSC "/filter", "vcpu_id == 0");
		if (instance_write(t->instance, "events/kvm/" EVENT_TSC "/enable", "1") < 0)
			t->layout.tsc_id = -1;
	}
	if (r == 0)
		r = instance_write(t->instance, "events/kvm/" EVENT_INHIBIT "/enable", "1");
	if (r < 0 && asprintf(why, "tracefs source: %s",
			      r == -EOPNOTSUPP ? "the event's format is not known" : strerror(-r)) < 0)
		*why = NULL;
	return r;
}

int trace_tracefs_open(const struct trace_settings *settings, struct trace_source **ret, char **why)
{
	_cleanup_(trace_tracefs_free_p) struct trace_tracefs *t = calloc(1, sizeof(*t));
	int r;

	*why = NULL;
	if (!t)
		return -ENOMEM;
	t->epoll_fd = t->cpus_fd = t->timer_fd = -EBADF;
	fold_init(&t->fold, settings);
	fold_init(&t->aside, settings);
	r = start(t, why);
	if (r < 0)
		return r;
	t->source = (struct trace_source){.ops = &tracefs_ops, .kind = TRACE_TRACEFS};
	*ret = &TAKE_PTR(t)->source;
	return 0;
}
