/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cold reboot: when the guest reboots the next time, its process ends and a new one is started; so it gets a new struct kvm at its own pace.
 *
 * DOC: Theory of Operation
 *
 * libvirt is told to end the VM when its guest reboots. To libvirt that end looks as if the guest had powered off; QEMU alone says which it was,
 * and says it once. So the VM is armed only while somebody listens to QEMU, and everything that leaves nobody listening disarms it first. An end
 * that nobody heard the reason of is never followed by a start: the owner may have powered it off.
 *
 * The phase is ARMED from before libvirt is told, RUNNING when QEMU has said that the guest rebooted, and VERIFYING from before the start.
 */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/domxml.h"
#include "avicd/text.h"
#include "job/cold.h"
#include "job/deed.h"
#include "job/ground.h"

#define RETRY_NS (2 * NSEC_PER_SEC)

static int check(struct run *r)
{
	_cleanup_domxml_ struct domxml_facts f;
	_cleanup_free_ char *xml = NULL;
	int x = ground_check(r, &xml);

	domxml_init(&f);
	if (x)
		return x;
	x = domxml_read(xml, strlen(xml), &f);
	if (x < 0)
		return refuse(r, "The XML of the VM cannot be read: %s", strerror(-x));
	if (*f.on_reboot && !streq(f.on_reboot, "restart"))
		return refuse(r, "Its XML has <on_reboot>%s</on_reboot>: whoever wants that starts it himself",
			      f.on_reboot);
	return 0;
}

/* Off, and nobody heard why. */
int cold_unheard(struct cold *c)
{
	struct run *r = c->r;

	return run_end(r, RESULT_ALARM,
		       "The VM is off, and nobody heard whether its guest rebooted or powered off: if it shall run: "
		       "virsh -c '%s' start '%s'",
		       r->job->uri, r->job->name);
}

/*
 * Listen, look, and only then arm. 0: it is armed. 1: run_end() was called. Negative errno: libvirt does not answer, or refuses (-EPERM).
 * What happens after the events are subscribed is told by them, what happened before is seen.
 */
static int arm(struct cold *c)
{
	struct run *r = c->r;
	int state, reason, x = run_open(r);

	if (x == 0)
		x = run_find(r);
	if (x == 0)
		x = watch_open(r);
	if (x == 0)
		x = run_state(r, &state, &reason);
	if (x == -ENOENT || (x == 0 && state == VIR_DOMAIN_SHUTOFF))
		return cold_last_news(c) ? 1 : cold_unheard(c) + 1;
	if (x < 0)
		return x;
	if (run_process(r) < 0 && !ground_new_process(r))
		return -EAGAIN;
	if (run_process(r) < 0)
		return run_end(r, RESULT_GONE,
			       "Somebody has started the VM in a new process meanwhile: nothing to do") +
		       1;
	x = deed_do(r, deed_on_reboot, VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY);
	if (x != -EIO || virConnectIsAlive(r->conn) != 1)
		return x;
	/* of one that has just ended, the events tell */
	return run_state(r, &state, &reason) == 0 && state == VIR_DOMAIN_SHUTOFF ? 0 : -EPERM;
}

/* The connection is gone, or was not there: until it is armed again. Result of arm() but never an error of the connection. */
static int arm_again(struct cold *c)
{
	struct run *r = c->r;
	bool said = false;

	while (!r->cancelled && now_ns() < r->deadline) {
		int x;

		watch_close(r);
		x = arm(c);
		if (x >= 0 || x == -EPERM)
			return x;
		if (!said)
			run_log(r, LOG_WARNING,
				"libvirt cannot be asked: %s: the VM is armed, and nobody listens until it answers",
				r->said);
		said = true;
		run_sleep(r, RETRY_NS);
	}
	return 0;
}

/* It ended without being about to reboot. */
static int end_stopped(struct cold *c, int detail)
{
	struct run *r = c->r;
	const char *reason = c->reason;

	if (detail == VIR_DOMAIN_EVENT_STOPPED_MIGRATED || detail == VIR_DOMAIN_EVENT_STOPPED_SAVED)
		return run_end(r, RESULT_ALARM,
			       "The VM was %s while it was armed: where it runs next, a reboot ends it: there: virsh "
			       "set-lifecycle-action "
			       "'%s' reboot restart --live",
			       detail == VIR_DOMAIN_EVENT_STOPPED_SAVED ? "saved" : "migrated", r->job->name);
	if (streq(reason, "guest-shutdown"))
		return run_end(
			r, RESULT_GONE,
			"The VM was powered off by its guest (or by virsh reboot, which powers an armed VM off): it "
			"stays off");
	if (startswith(reason, "host-"))
		return run_end(r, RESULT_GONE, "The VM was ended on the host (%s): it stays off", reason);
	if (detail == VIR_DOMAIN_EVENT_STOPPED_DESTROYED)
		return run_end(r, RESULT_GONE, "The VM was destroyed by its owner: it stays off");
	if (*reason)
		return run_end(r, RESULT_ALARM, "The VM ended (%s): it stays off until: virsh -c '%s' start '%s'",
			       reason, r->job->uri, r->job->name);
	return cold_unheard(c);
}

/* Only the first reason counts: what comes after it is how the process ends. */
static void on_shutdown(struct cold *c, const struct news *news)
{
	if (c->heard)
		return;
	c->heard = true;
	memcpy(c->reason, news->reason, sizeof(c->reason));
	c->down_at = news->at;
	if (streq(c->reason, "guest-reset"))
		(void)run_phase(c->r, PHASE_RUNNING, "The guest reboots: its process ends now, and it is started anew");
	else
		(void)run_phase(c->r, PHASE_ARMED, "The VM ends: %s", *c->reason ? c->reason : "QEMU does not say why");
}

int cold_news(struct cold *c, const struct news *news)
{
	if (news->kind == NEWS_SHUTDOWN)
		on_shutdown(c, news);
	if (c->r->state.phase == PHASE_RUNNING)
		return cold_start(c) + 1;
	if (news->kind == NEWS_STOPPED)
		return end_stopped(c, news->detail) + 1;
	return 0;
}

/* Armed, until it ends, one way or the other. */
static int listen_on(struct cold *c)
{
	struct run *r = c->r;
	int x = 0;

	while (x == 0) {
		struct news news;

		watch_next(r, TIME_NEVER, &news);
		x = cold_news(c, &news);
		/* a connection that is lost is opened again by arm_again(), which ends for the same two reasons */
		if (x == 0 && news.kind == NEWS_CLOSED)
			x = arm_again(c);
		if (x == 0 && news.kind != NEWS_SHUTDOWN && (r->cancelled || now_ns() >= r->deadline))
			return cold_disarm(c);
	}
	if (x == -EPERM)
		return run_end(r, RESULT_FAILED, "libvirt does not arm the VM again: %s: it runs where it did",
			       r->said);
	return x < 0 ? x : 0;
}

static int arm_first(struct cold *c)
{
	struct run *r = c->r;
	int x;

	if (run_phase(r, PHASE_CHECKING, "Checking whether a reboot of its guest can end it") < 0)
		return run_end(r, RESULT_REFUSED, "The state of the job cannot be written: make room in %s", r->dir) +
		       1;
	x = check(r);
	if (x)
		return x;
	if (r->cancelled)
		return run_end(r, RESULT_CANCELLED, "Cancelled before anything was done") + 1;
	if (r->job->dry_run)
		return run_end(r, RESULT_DONE, "Nothing speaks against it; this was a dry run") + 1;
	x = watch_open(r);
	if (x < 0)
		return refuse(r, "libvirt does not tell of the VM's end: %s", *r->said ? r->said : strerror(-x));
	if (run_phase(r, PHASE_ARMED, "Armed: the next reboot of its guest starts it in a new process") < 0)
		return refuse(r, "The state of the job cannot be written: make room in %s", r->dir);
	x = arm(c);
	if (x == -EPERM)
		return refuse(r, "libvirt cannot arm it: %s: QEMU 6.0 or newer is needed", r->said);
	return x < 0 ? arm_again(c) : x;
}

int job_cold_reboot(struct run *r)
{
	struct cold c = {.r = r};
	enum job_phase before = r->state.phase;
	int x;

	if (r->resumed && (before == PHASE_RUNNING || before == PHASE_VERIFYING)) {
		x = cold_start(&c);
	} else {
		if (r->resumed && before == PHASE_ARMED)
			run_log(r, LOG_NOTICE, "The job was interrupted while the VM was armed: looking where it is");
		x = r->resumed && before == PHASE_ARMED ? arm_again(&c) : arm_first(&c);
		if (x == 0)
			x = listen_on(&c);
		else if (x == -EPERM)
			x = run_end(r, RESULT_FAILED, "libvirt does not arm the VM again: %s: it runs where it did",
				    r->said);
	}
	watch_close(r);
	return x < 0 ? x : 0;
}
