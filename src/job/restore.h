/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the remedy restore share. */
#ifndef AVICD_JOB_RESTORE_H
#define AVICD_JOB_RESTORE_H

#include "job/image.h"
#include "job/run.h"

struct deed;

struct restoring {
	struct run *r;
	bool direct;	     /* without the page cache */
	uint64_t begun_at;   /* of the save, monotonic; 0: by an earlier process */
	uint64_t back_at;    /* when it was restored, wall clock; 0: not by this process */
	const char *aborted; /* why the save was; NULL */
	struct call *abort, *look;
	struct deed *aborting; /* as looked */
	struct image *looked;  /* by look, which owns it meanwhile */
	struct image image;    /* as last looked at */
	unsigned attempts, resumes;
	bool never_ran;		  /* the last attempt ended with an error of a libvirt that is still there */
	char said[CALL_SAID_MAX]; /* about the save or the attempt that failed */
};
#define RESTORE_IMAGE_NS (30 * NSEC_PER_SEC)

/* restore_check() - may it be done, and is it worth it? 0; 1: no, run_end() was called. *ret: the folder as it was measured. */
int restore_check(struct run *r, struct image *ret);

/* Where the VM is, once libvirt has come to rest. */
struct place {
	int state, reason; /* VIR_DOMAIN_* */
	bool known;	   /* libvirt has the domain */
	bool old;	   /* it is in the process that the job is for */
};
/* restore_settle() - waits for libvirt to be there and to have ended what it does with the VM. -ETIMEDOUT: after an hour. */
int restore_settle(struct run *r, struct place *ret);

/*
 * restore_save() - into r->state.image; negative errno: it did not come to its end, look where the VM is. restore_keep_said() - r->said into g->said.
 * restore_reap() - what restore_save() may have left under way; in the end.
 */
int restore_save(struct restoring *g);
void restore_keep_said(struct restoring *g);
void restore_reap(struct restoring *g);

/* restore_remove_image() - and forget its name. Negative errno, said in the journal; the name stays in the state then. */
int restore_remove_image(struct restoring *g);
/*
 * The ends; each returns 0.
 * restore_back() - it runs in the process where it was, what was written is of no use. restore_finish() - it runs in a new process.
 * restore_off() - it ended before the image was complete. restore_alarm() - @what, and what to do with the image, which is kept.
 */
int restore_back(struct restoring *g);
int restore_finish(struct restoring *g, const struct place *p);
int restore_off(struct restoring *g, const struct place *p);
int restore_alarm(struct restoring *g, const char *what);

#endif
