/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `recorded` trace source: plays a file at the pace at which it was recorded.
 *
 * The first record happens when the source is opened, each later one as much later as in the recording; all times are
 * CLOCK_MONOTONIC. At the end trace_dispatch() says -ENODEV, and the entries stay. Its processes do not exist here,
 * so their start is 0 and nobody may look for them in /proc. Numbers mean what settings->numbering says; where it
 * says nothing, what the file tells.
 */
#include <stdio.h>
#include <sys/timerfd.h>

#include "avicd/clock.h"
#include "kernel/fold.h"

/* At most so many records in one dispatch, so that the caller's loop goes on. */
#define BATCH 8192

struct trace_recorded {
	struct trace_source source;
	struct fold fold;
	struct trace_file *file;
	struct trace_vms *vms;
	int timer_fd;
	uint64_t opened_at; /* CLOCK_MONOTONIC */
	uint64_t first_at;  /* the recording's clock */
	uint64_t last_at;   /* mapped: time does not go back */
	bool have;	    /* `next` is the record that comes next */
	bool over_said;
	struct trace_record next;
};

static struct trace_recorded *recorded_of(struct trace_source *s)
{
	return (struct trace_recorded *)s;
}

static void recorded_close(struct trace_source *s)
{
	struct trace_recorded *p = recorded_of(s);

	fold_done(&p->fold);
	trace_vms_free(p->vms);
	trace_file_close(p->file);
	close_p(&p->timer_fd);
	free(p);
}

static struct trace_recorded *trace_recorded_free(struct trace_recorded *p)
{
	recorded_close(&p->source);
	return NULL;
}
DEFINE_CLEANUP(struct trace_recorded, trace_recorded_free)

static int recorded_fd(struct trace_source *s)
{
	return recorded_of(s)->timer_fd;
}

/* CLOCK_MONOTONIC of a record. */
static uint64_t mapped(struct trace_recorded *p, uint64_t at)
{
	uint64_t now = p->opened_at + (at > p->first_at ? at - p->first_at : 0);

	return MAX(now, p->last_at);
}

/* For the next record; once more after the last, so that the reader learns of the end. */
static int arm(struct trace_recorded *p)
{
	uint64_t at = p->have ? mapped(p, p->next.at) : p->over_said ? 0 : p->last_at;
	struct itimerspec t = {.it_value = {(time_t)(at / NSEC_PER_SEC), (long)(at % NSEC_PER_SEC)}};

	return timerfd_settime(p->timer_fd, TFD_TIMER_ABSTIME, &t, NULL) < 0 ? -errno : 0;
}

static int advance(struct trace_recorded *p)
{
	int r = trace_file_next(p->file, &p->next);

	p->have = r > 0;
	return r;
}

static void play(struct trace_recorded *p, const struct trace_record *r)
{
	uint64_t now = mapped(p, r->at);
	struct trace_vm_ref ref;

	p->last_at = now;
	if (r->kind == RECORD_LOST)
		fold_lost(&p->fold, r->mask);
	if (trace_vms_of(p->vms, r, &ref) < 0)
		return;
	if (r->kind == RECORD_INHIBIT)
		fold_inhibit(&p->fold, ref.key, 0, now, r);
	else if (r->kind == RECORD_TSC)
		fold_reset(&p->fold, ref.key, 0, now, ref.reset);
}

static int recorded_dispatch(struct trace_source *s, trace_changed_fn fn, void *userdata)
{
	struct trace_recorded *p = recorded_of(s);
	uint64_t now = now_ns(), wakeups = p->fold.stats.wakeups, expirations;
	int r = 0;

	/* empty the timer; there is nothing to learn from it */
	if (read(p->timer_fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	if (!p->have) {
		p->over_said = true;
		arm(p);
		return -ENODEV;
	}
	p->fold.fn = fn;
	p->fold.userdata = userdata;
	for (int i = 0; i < BATCH && p->have && mapped(p, p->next.at) <= now; i++) {
		play(p, &p->next);
		r = advance(p);
	}
	p->fold.fn = NULL;
	/* a damaged file ends where the damage begins */
	if (r < 0 && r != -EBADMSG)
		return r;
	r = arm(p);
	return r < 0 ? r : (int)(p->fold.stats.wakeups - wakeups);
}

static int recorded_read(struct trace_source *s, int32_t tgid, struct entry *ret)
{
	return fold_read(&recorded_of(s)->fold, tgid, ret);
}

static int recorded_read_all(struct trace_source *s, trace_entry_fn fn, void *userdata)
{
	return fold_read_all(&recorded_of(s)->fold, fn, userdata);
}

static int recorded_forget(struct trace_source *s, int32_t tgid)
{
	return fold_forget(&recorded_of(s)->fold, tgid);
}

static int recorded_stats(struct trace_source *s, struct trace_stats *ret)
{
	fold_stats(&recorded_of(s)->fold, ret);
	return 0;
}

static uint64_t recorded_now(struct trace_source *s)
{
	return now_ns();
}

static const struct trace_ops recorded_ops = {
	.name = "recorded",
	.close = recorded_close,
	.fd = recorded_fd,
	.dispatch = recorded_dispatch,
	.read = recorded_read,
	.read_all = recorded_read_all,
	.forget = recorded_forget,
	.stats = recorded_stats,
	.now = recorded_now,
};

static int recorded_start(struct trace_recorded *p, const struct trace_settings *settings, char **why)
{
	struct trace_settings set = *settings;
	int r = trace_file_open(settings->file, &p->file, why);

	if (r == -EBADMSG || r == -EISDIR)
		return -EINVAL;
	if (r < 0)
		return r;
	if (set.numbering.origin == NUMBERING_NONE) {
		struct numbering_guess g;

		r = trace_file_numbering(p->file, &g);
		if (r == -ENODATA &&
		    asprintf(why, "%s holds no record of kvm_apicv_inhibit_changed", settings->file) < 0)
			*why = NULL;
		if (r < 0)
			return r == -ENODATA ? -EINVAL : r;
		set.numbering = g.numbering;
	}
	fold_init(&p->fold, &set);
	r = trace_vms_new(&set.numbering, &p->vms);
	if (r < 0)
		return r;
	r = advance(p);
	if (r < 0 && r != -EBADMSG)
		return r;
	p->opened_at = p->last_at = now_ns();
	p->first_at = p->next.at;
	return arm(p);
}

int trace_recorded_open(const struct trace_settings *settings, struct trace_source **ret, char **why)
{
	_cleanup_(trace_recorded_free_p) struct trace_recorded *p = calloc(1, sizeof(*p));
	int r;

	*why = NULL;
	if (!p)
		return -ENOMEM;
	p->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->timer_fd < 0)
		return -errno;
	if (!settings->file || !settings->file[0]) {
		*why = strdup("the source `recorded` needs a file to play: trace_file=");
		return -EINVAL;
	}
	r = recorded_start(p, settings, why);
	if (r < 0)
		return r;
	p->source = (struct trace_source){.ops = &recorded_ops, .kind = TRACE_RECORDED};
	*ret = &TAKE_PTR(p)->source;
	return 0;
}
