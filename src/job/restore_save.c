/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving a VM, until it is done, or somebody or the time is against it. */
#include <stdio.h>

#include "avicd/clock.h"
#include "job/deed.h"
#include "job/restore.h"

void restore_keep_said(struct restoring *g)
{
	snprintf(g->said, sizeof(g->said), "%s", *g->r->said ? g->r->said : "libvirt did not say why");
}

static const char *abort_reason(const struct restoring *g)
{
	uint64_t now = now_ns();

	if (g->r->cancelled)
		return "asked to cancel";
	if (now > g->r->deadline)
		return "it took longer than the deadline of the job";
	if (now - g->begun_at > g->r->job->max_downtime_ns)
		return "saving alone took longer than restore_max_downtime=";
	return NULL;
}

/* Of a call that nobody waits for: 1: it ended well, 0: not, or there is none. */
static int reap(struct call **c)
{
	int x;

	if (!*c || !call_ended(*c))
		return 0;
	x = call_end(*c, NULL);
	*c = NULL;
	return x == 0;
}

/* How far it is, read in a thread: the folder may be one that hangs. */
static void show_progress(struct restoring *g)
{
	struct job_state *s = &g->r->state;
	const struct image *i = g->looked;

	if (g->look && reap(&g->look)) {
		s->rate_kib = i->kib > s->done_kib ? i->kib - s->done_kib : 0;
		s->done_kib = i->kib;
		(void)run_save(g->r);
	}
	if (g->look)
		return;
	if (!g->looked)
		g->looked = calloc(1, sizeof(*g->looked));
	if (!g->looked)
		return;
	memcpy(g->looked->path, s->image, sizeof(g->looked->path));
	(void)call_start(image_look, g->looked, &g->look);
}

static void reap_abort(struct restoring *g)
{
	reap(&g->abort);
	if (!g->abort)
		g->aborting = deed_free(g->aborting);
}

/* An abort may come before libvirt has begun, and fail: so again, until the save ends. */
static void on_tick(struct run *r, void *arg)
{
	struct restoring *g = arg;

	show_progress(g);
	reap_abort(g);
	if (!g->aborted) {
		g->aborted = abort_reason(g);
		if (g->aborted)
			run_log(r, LOG_NOTICE, "The save is aborted: %s", g->aborted);
	}
	if (!g->aborted || g->abort)
		return;
	g->aborting = deed_new(r, NULL, NULL, 0);
	if (g->aborting && call_start(deed_abort, g->aborting, &g->abort) < 0)
		g->aborting = deed_free(g->aborting);
}

void restore_reap(struct restoring *g)
{
	/* what still runs keeps what it uses */
	reap_abort(g);
	reap(&g->look);
	if (!g->look)
		free(TAKE_PTR(g->looked));
}

int restore_save(struct restoring *g)
{
	struct run *r = g->r;
	_cleanup_deed_ struct deed *d = NULL;
	struct call *c;
	int x;

	d = deed_new(r, r->state.image, NULL, VIR_DOMAIN_SAVE_RUNNING | (g->direct ? VIR_DOMAIN_SAVE_BYPASS_CACHE : 0));
	if (!d)
		return -ENOMEM;
	g->begun_at = now_ns();
	x = call_start(deed_save, d, &c);
	if (x < 0)
		return x;
	/* no limit but that of on_tick(): a libvirt that hangs is given up by keepalive */
	(void)run_wait(r, &c, 1, TIME_NEVER, on_tick, g);
	x = call_end(c, r->said);
	if (x == 0)
		return 0;
	restore_keep_said(g);
	/* or it would be of no use by the time it comes; while the VM is in the image alone, nothing waits */
	if (g->abort)
		(void)run_wait(r, &g->abort, 1, now_ns() + RUN_ASK_NS, NULL, NULL);
	return x;
}
