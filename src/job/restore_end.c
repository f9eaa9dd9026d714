/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of restore: what is removed, what is kept, and what is said. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "job/deed.h"
#include "job/pit.h"
#include "job/restore.h"

int restore_remove_image(struct restoring *g)
{
	struct run *r = g->r;
	int x = image_do(r, image_remove, r->state.image, RESTORE_IMAGE_NS, NULL);

	if (x == 0)
		r->state.image[0] = '\0';
	else
		run_log(r, LOG_ERR, "The image cannot be removed: %s: remove it by hand, it is of no use any more",
			r->said);
	return x;
}

int restore_back(struct restoring *g)
{
	struct run *r = g->r;

	(void)restore_remove_image(g);
	if (g->aborted && r->cancelled)
		return run_end(r, RESULT_CANCELLED, "Cancelled while it was saved: the VM runs where it did");
	if (g->aborted)
		return run_end(r, RESULT_FAILED, "Given up: %s: the VM runs where it did", g->aborted);
	if (!g->begun_at)
		return run_end(r, RESULT_FAILED, "The job was interrupted while it saved: the VM runs where it did");
	return run_end(r, RESULT_FAILED, "It cannot be saved: %s: the VM runs where it did",
		       *g->said ? g->said : "no memory for it");
}

int restore_alarm(struct restoring *g, const char *what)
{
	struct run *r = g->r;

	return run_end(
		r, RESULT_ALARM,
		"%s: its memory is kept in %s: if it has not run since, try: virsh -c '%s' restore --running '%s'",
		what, r->state.image, r->job->uri, r->state.image);
}

int restore_off(struct restoring *g, const struct place *p)
{
	struct run *r = g->r;
	bool meant = !p->known || p->reason == VIR_DOMAIN_SHUTOFF_SHUTDOWN || p->reason == VIR_DOMAIN_SHUTOFF_DESTROYED;

	(void)restore_remove_image(g);
	if (meant)
		return run_end(r, RESULT_GONE, "The VM was ended while it was saved");
	return run_end(r, RESULT_ALARM,
		       "The VM ended by itself while it was saved, and is off: virsh -c '%s' start '%s'", r->job->uri,
		       r->job->name);
}

static void set_downtime(struct restoring *g)
{
	uint64_t ms = 0;

	if (!g->back_at)
		return;
	if (g->begun_at)
		ms = (g->back_at - wall_of(g->begun_at)) / 1000;
	else if (g->image.birth_us && g->back_at > g->image.birth_us)
		ms = (g->back_at - g->image.birth_us) / 1000;
	g->r->state.downtime_ms = (uint32_t)MIN(ms, UINT32_MAX);
}

/* The PIT that was wished for: "" or what a person should know, in *ret_well whether it has it. */
static void finish_pit(struct restoring *g, bool *ret_well, char *note, size_t size)
{
	struct run *r = g->r;
	enum pit pit = PIT_DISCARDS;
	int x = 0;

	*ret_well = true;
	*note = '\0';
	if (!r->job->discard_pit)
		return;
	x = pit_of_vm(r, &pit);
	if (x == 0 && pit != PIT_DISCARDS) {
		*ret_well = false;
		snprintf(note, size, "libvirt refused tickpolicy='discard' for its PIT%s%s", *g->said ? ": " : "",
			 g->said);
		return;
	}
	if (x == 0)
		x = pit_define(r);
	if (x < 0)
		snprintf(note, size,
			 "its definition still has another tickpolicy of the PIT: %s: change it by virsh edit",
			 *r->said ? r->said : strerror(-x));
}

int restore_finish(struct restoring *g, const struct place *p)
{
	struct run *r = g->r;
	char note[CALL_SAID_MAX + 128], took[DURATION_MAX] = "an unknown time";
	bool well;

	if (p->reason == VIR_DOMAIN_RUNNING_BOOTED)
		return run_end(r, RESULT_ALARM,
			       "Somebody started the VM anew while it was saved: do not restore it from %s, its "
			       "disks have gone on: remove that file",
			       r->state.image);
	set_downtime(g);
	finish_pit(g, &well, note, sizeof(note));
	(void)restore_remove_image(g);
	if (r->state.downtime_ms)
		format_duration(r->state.downtime_ms * NSEC_PER_MSEC, took, sizeof(took));
	return run_end(r, well ? RESULT_DONE : RESULT_FAILED, "Restored in a new process; it did not run for %s%s%s",
		       took, *note ? "; but " : "", note);
}
