/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restore: the VM is saved to a file and restored from it, on this host; so it gets a new struct kvm, and its guest notices a gap in time.
 *
 * DOC: Theory of Operation
 *
 * Between the two calls the VM is in the file and nowhere else. So the name of the file is in the state of the job before it is made, and the file is
 * only removed when libvirt says that the VM runs. What to do next is never concluded from what a call returned, which may be that libvirtd
 * ended, but from where the VM is: it is the same for a job that is killed and started again.
 *
 * The phase is RUNNING until the file is complete, and VERIFYING from the moment before the first attempt to restore. From then on the guest may have
 * run since, and written to its disks: a VM that is found off is then restored only if libvirt's reason shows that it has not run.
 */
#include <stdio.h>

#include "avicd/clock.h"
#include "job/deed.h"
#include "job/pit.h"
#include "job/restore.h"

#define ATTEMPTS_MAX 2

enum { AGAIN = 1 };

static bool may_restore(const struct restoring *g, const struct place *p)
{
	bool never = g->never_ran || g->r->state.phase != PHASE_VERIFYING;

	if (p->reason == VIR_DOMAIN_SHUTOFF_SAVED || p->reason == VIR_DOMAIN_SHUTOFF_FAILED)
		return true;
	if (p->reason == VIR_DOMAIN_SHUTOFF_CRASHED || p->reason == VIR_DOMAIN_SHUTOFF_DAEMON)
		return g->never_ran;
	return p->reason == VIR_DOMAIN_SHUTOFF_UNKNOWN && never;
}

static int attempt(struct restoring *g)
{
	struct run *r = g->r;
	_cleanup_free_ char *xml = NULL;
	_cleanup_deed_ struct deed *d = NULL;
	int x = -ENOENT;

	(void)run_phase(r, PHASE_VERIFYING, "Restoring it from %s", r->state.image);
	if (r->job->discard_pit && g->attempts == 0)
		x = pit_of_image(r, r->state.image, &xml);
	if (x < 0 && x != -ENOENT)
		run_log(r, LOG_WARNING, "Its PIT cannot be changed: %s", *r->said ? r->said : strerror(-x));
	g->attempts++;
	d = deed_new(r, r->state.image, xml,
		     VIR_DOMAIN_SAVE_RUNNING | (g->image.direct ? VIR_DOMAIN_SAVE_BYPASS_CACHE : 0));
	x = deed_run(r, deed_restore, &d, TIME_NEVER / 2);
	if (x == 0) {
		g->back_at = wall_us();
		return AGAIN;
	}
	restore_keep_said(g);
	g->never_ran = virConnectIsAlive(r->conn) == 1;
	run_log(r, LOG_ERR, "It could not be restored%s: %s", xml ? " with the changed PIT" : "", g->said);
	return AGAIN;
}

/* While libvirt restores from it, the image may belong to QEMU's user; then libvirt is asked, which refuses one that is not complete. */
static int look_at_image(struct restoring *g)
{
	struct run *r = g->r;
	_cleanup_deed_ struct deed *d = NULL;
	int x = image_do(r, image_look, r->state.image, RESTORE_IMAGE_NS, &g->image);

	if (x != -EACCES)
		return x;
	d = deed_new(r, r->state.image, NULL, 0);
	x = deed_run(r, deed_image_xml, &d, RUN_ASK_NS);
	g->image = (struct image){.state = IMAGE_COMPLETE};
	return x;
}

static int bring_back(struct restoring *g, const struct place *p)
{
	struct run *r = g->r;
	char what[CALL_SAID_MAX + 64];

	if (look_at_image(g) < 0) {
		snprintf(what, sizeof(what), "The VM is off, and the image cannot be read (%s)", r->said);
		return restore_alarm(g, what);
	}
	if (g->image.state != IMAGE_COMPLETE)
		return r->state.phase == PHASE_VERIFYING
			       ? restore_alarm(g, "The VM is off, and somebody changed or removed the image")
			       : restore_off(g, p);
	if (!p->known || !may_restore(g, p))
		return restore_alarm(g, "The VM is off, and not because it was saved");
	if (g->attempts < ATTEMPTS_MAX)
		return attempt(g);
	snprintf(what, sizeof(what), "The VM is off: libvirt cannot restore it: %s", g->said);
	return restore_alarm(g, what);
}

/* Saving stops a VM, and restoring leaves it so when the last step fails. */
static int unpause(struct restoring *g, const struct place *p)
{
	struct run *r = g->r;

	if (p->reason != VIR_DOMAIN_PAUSED_USER && g->resumes++ < ATTEMPTS_MAX) {
		run_log(r, LOG_WARNING, "It was left paused: resuming it");
		if (deed_do(r, deed_resume, 0) < 0)
			run_log(r, LOG_ERR, "It cannot be resumed: %s", r->said);
		return AGAIN;
	}
	if (p->old)
		(void)restore_remove_image(g);
	return run_end(r, RESULT_ALARM, "The VM is paused%s%s%s: virsh -c '%s' resume '%s'",
		       p->reason == VIR_DOMAIN_PAUSED_USER ? " by somebody" : "",
		       *r->state.image ? ", and its memory is still in " : "", r->state.image, r->job->uri,
		       r->job->name);
}

static int ran(struct restoring *g, const struct place *p)
{
	return p->old ? restore_back(g) : restore_finish(g, p);
}

static int stray(struct restoring *g, const struct place *p)
{
	char what[96];

	snprintf(what, sizeof(what), "The VM is in a state of libvirt's that should not be (%d, %d)", p->state,
		 p->reason);
	return restore_alarm(g, what);
}

/* By where the VM is, until it is at an end. */
static int carry_on(struct restoring *g, const struct place *first)
{
	static int (*const by_state[])(struct restoring * g, const struct place *p) = {
		[VIR_DOMAIN_RUNNING] = ran,	   [VIR_DOMAIN_BLOCKED] = ran,	   [VIR_DOMAIN_PAUSED] = unpause,
		[VIR_DOMAIN_SHUTOFF] = bring_back, [VIR_DOMAIN_PMSUSPENDED] = ran,
	};
	struct place p;
	int x = AGAIN;

	if (first)
		x = by_state[first->state](g, first);
	while (x == AGAIN) {
		if (restore_settle(g->r, &p) < 0)
			return restore_alarm(g, "libvirt does not tell where the VM is");
		x = (size_t)p.state < ARRAY_SIZE(by_state) && by_state[p.state] ? by_state[p.state](g, &p)
										: stray(g, &p);
	}
	return x;
}

static int begin(struct restoring *g)
{
	static const struct place saved = {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED, .known = true};
	struct run *r = g->r;
	int x;

	if (run_phase(r, PHASE_CHECKING, "Checking whether it can be saved and restored") < 0)
		return run_end(r, RESULT_REFUSED, "The state of the job cannot be written: make room in %s", r->dir);
	if (restore_check(r, &g->image) != 0)
		return 0;
	g->direct = g->image.direct;
	if (r->cancelled)
		return run_end(r, RESULT_CANCELLED, "Cancelled before anything was done");
	if (r->job->dry_run)
		return run_end(r, RESULT_DONE, "Nothing speaks against it; this was a dry run");
	snprintf(r->state.image, sizeof(r->state.image), "%s/%s.save", r->job->images, r->job->id);
	x = run_phase(r, PHASE_RUNNING, "Saving it to %s", r->state.image);
	if (x < 0) {
		r->state.image[0] = '\0';
		return run_end(r, RESULT_REFUSED, "The state of the job cannot be written: make room in %s", r->dir);
	}
	/* where it is after a save that went well need not be asked: each moment counts now */
	x = carry_on(g, restore_save(g) == 0 ? &saved : NULL);
	restore_reap(g);
	return x;
}

int job_restore(struct run *r)
{
	struct restoring g = {.r = r};

	/* of an earlier process of the job */
	if (r->resumed && *r->state.image) {
		run_log(r, LOG_NOTICE, "The job was interrupted: looking where the VM is");
		return carry_on(&g, NULL);
	}
	return begin(&g);
}
