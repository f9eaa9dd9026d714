/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of cold-reboot: the start after the reboot, and disarming. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "job/cold.h"
#include "job/deed.h"
#include "job/ground.h"

/* libvirt ends the process at once; it may be away just then */
#define STOP_NS	     (60 * NSEC_PER_SEC)
#define AWAY_NS	     (3600 * NSEC_PER_SEC)
#define LOOK_NS	     (NSEC_PER_SEC / 4)
#define RETRY_NS     (2 * NSEC_PER_SEC)
#define ATTEMPTS_MAX 3
/* systemd waits longer for the end of the job */
#define DISARM_NS    (120 * NSEC_PER_SEC)
/* what QEMU said just before it was disarmed has come by then */
#define LAST_NEWS_NS NSEC_PER_SEC

static int look(struct run *r, int *state, int *reason)
{
	int x = run_open(r);

	if (x == 0)
		x = run_find(r);
	if (x == -ENOENT) {
		*state = VIR_DOMAIN_NOSTATE;
		return 0;
	}
	return x == 0 ? run_state(r, state, reason) : x;
}

/* Until the process of the job is gone. 0, or run_end() was called: 1. */
static int wait_stopped(struct cold *c, int *state, int *reason)
{
	struct run *r = c->r;
	uint64_t until = now_ns() + STOP_NS, away = now_ns() + AWAY_NS;

	for (;;) {
		int x = look(r, state, reason);

		if (x == 0 && (*state == VIR_DOMAIN_SHUTOFF || *state == VIR_DOMAIN_NOSTATE ||
			       (run_process(r) < 0 && ground_new_process(r))))
			return 0;
		if (now_ns() > (x == 0 ? until : away))
			return run_end(r, RESULT_ALARM,
				       "The guest rebooted, and libvirt %s: virsh -c '%s' destroy '%s', then start it",
				       x == 0 ? "does not end its process" : "does not answer", r->job->uri,
				       r->job->name) +
			       1;
		if (x < 0)
			watch_close(r);
		run_pause(r, LOOK_NS);
	}
}

static int end_runs(struct cold *c)
{
	struct run *r = c->r;
	char took[DURATION_MAX];

	if (!c->down_at)
		return run_end(r, RESULT_DONE, "The guest rebooted in a new process");
	r->state.downtime_ms = (uint32_t)MIN((now_ns() - c->down_at) / NSEC_PER_MSEC, UINT32_MAX);
	format_duration(now_ns() - c->down_at, took, sizeof(took));
	return run_end(r, RESULT_DONE,
		       "The guest rebooted in a new process, which came %s after the end of the old one", took);
}

static int end_not_started(struct cold *c, const char *why)
{
	struct run *r = c->r;

	return run_end(r, RESULT_ALARM, "The guest rebooted, and the VM is off: %s: virsh -c '%s' start '%s'", why,
		       r->job->uri, r->job->name);
}

/* Off for another reason than that its guest rebooted? */
static bool other_end(int reason)
{
	return reason != VIR_DOMAIN_SHUTOFF_SHUTDOWN && reason != VIR_DOMAIN_SHUTOFF_UNKNOWN &&
	       reason != VIR_DOMAIN_SHUTOFF_DAEMON;
}

int cold_start(struct cold *c)
{
	struct run *r = c->r;
	bool again = r->resumed && r->state.phase == PHASE_VERIFYING;
	int state, reason = 0;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		if (wait_stopped(c, &state, &reason))
			return 0;
		if (state == VIR_DOMAIN_NOSTATE)
			return run_end(r, RESULT_GONE,
				       "The guest rebooted, and its owner has undefined the VM: it stays off");
		if (state != VIR_DOMAIN_SHUTOFF)
			return end_runs(c);
		/* an earlier process of the job was about to start it, and may have; then it has ended since */
		if (again)
			return end_not_started(
				c, "the job was killed while it started it, and cannot know what came of that");
		if (i == 0 && reason == VIR_DOMAIN_SHUTOFF_DESTROYED)
			return run_end(r, RESULT_GONE,
				       "The VM was destroyed by its owner while its guest rebooted: it stays off");
		if (i == 0 && other_end(reason))
			return end_not_started(c, "but not because of that");
		if (i == 0)
			(void)run_phase(r, PHASE_VERIFYING, "Starting the VM anew");
		if (deed_do(r, deed_create, 0) == 0)
			return end_runs(c);
		run_log(r, LOG_ERR, "It could not be started: %s", r->said);
		run_pause(r, RETRY_NS);
	}
	return end_not_started(c, r->said);
}

static int end_disarmed(struct cold *c)
{
	struct run *r = c->r;

	if (r->cancelled)
		return run_end(r, RESULT_CANCELLED, "Disarmed: a reboot of its guest keeps the process again");
	return run_end(r, RESULT_FAILED,
		       "Its guest did not reboot in the time it was given: disarmed, the VM runs where it did");
}

int cold_last_news(struct cold *c)
{
	struct news news;
	uint64_t until = now_ns() + LAST_NEWS_NS;

	while (now_ns() < until) {
		watch_next(c->r, until, &news);
		if (cold_news(c, &news))
			return 1;
		/* it does not wait any more after SIGTERM */
		if (news.kind == NEWS_NONE)
			run_pause(c->r, NSEC_PER_SEC / 10);
	}
	return 0;
}

int cold_disarm(struct cold *c)
{
	struct run *r = c->r;
	uint64_t until = now_ns() + DISARM_NS;

	do {
		int state, reason, x = look(r, &state, &reason);

		if (x == 0 && state != VIR_DOMAIN_SHUTOFF && state != VIR_DOMAIN_NOSTATE) {
			if (run_process(r) < 0 && ground_new_process(r))
				return run_end(r, RESULT_GONE,
					       "Somebody has started the VM in a new process meanwhile");
			x = deed_do(r, deed_on_reboot, VIR_DOMAIN_LIFECYCLE_ACTION_RESTART);
			if (x == 0)
				return cold_last_news(c) ? 0 : end_disarmed(c);
			run_log(r, LOG_WARNING, "It cannot be disarmed: %s", r->said);
		} else if (x == 0) {
			return cold_last_news(c) ? 0 : cold_unheard(c);
		}
		if (cold_last_news(c))
			return 0;
		if (x < 0)
			watch_close(r);
	} while (now_ns() < until);
	return run_end(r, RESULT_ALARM,
		       "The VM is still armed, and nobody listens: libvirt does not disarm it: %s: virsh -c '%s' "
		       "set-lifecycle-action '%s' "
		       "reboot restart --live",
		       r->said, r->job->uri, r->job->name);
}

int job_disarm(struct run *r)
{
	int state, reason, x;

	if (r->job->remedy != REMEDY_COLD_REBOOT || r->state.phase != PHASE_ARMED)
		return 0;
	x = look(r, &state, &reason);
	if (x == 0 && (state == VIR_DOMAIN_SHUTOFF || state == VIR_DOMAIN_NOSTATE)) {
		run_log(r, LOG_ALERT, "The VM ended while nobody listened: it is off");
		return 0;
	}
	if (x == 0 && run_process(r) == 0)
		x = deed_do(r, deed_on_reboot, VIR_DOMAIN_LIFECYCLE_ACTION_RESTART);
	if (x < 0)
		run_log(r, LOG_ALERT,
			"The VM is still armed, and nobody listens: %s: virsh -c '%s' set-lifecycle-action '%s' reboot "
			"restart --live",
			*r->said ? r->said : strerror(-x), r->job->uri, r->job->name);
	else
		run_log(r, LOG_NOTICE, "Disarmed: a reboot of its guest keeps the process again");
	return x;
}
