/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What restore and cold-reboot ask of libvirt and of the disk, each as a call (call.h) with what it needs. */
#ifndef AVICD_JOB_DEED_H
#define AVICD_JOB_DEED_H

#include "job/run.h"

/* Zero-initialise; path, xml and flags are the caller's, the rest is filled in. */
struct deed {
	virConnectPtr conn;
	virDomainPtr dom;
	char *path, *xml;
	unsigned flags;
	/* results */
	char *text;
	uint64_t result;
	bool yes;
};
/*
 * deed_new() - with references of its own to r->conn and r->dom, and copies of @path and @xml (NULL), so that it may be left behind.
 * NULL: -ENOMEM. deed_free() - NULL is fine.
 */
struct deed *deed_new(const struct run *r, const char *path, const char *xml, unsigned flags);
struct deed *deed_free(struct deed *d);
DEFINE_CLEANUP(struct deed, deed_free)
#define _cleanup_deed_ _cleanup_(deed_free_p)

/* deed_run() - run_call(); after -ETIMEDOUT *@d is the call's, and NULL here. -ENOMEM, too, if *@d is NULL. */
int deed_run(struct run *r, call_fn fn, struct deed **d, uint64_t limit_ns);
/*
 * deed_ask() - @fn with @flags in RUN_ASK_NS; *@ret (NULL) is to be freed by deed_free(). deed_do() - the same, and only its errno is wanted.
 */
int deed_ask(struct run *r, call_fn fn, unsigned flags, struct deed **ret);
int deed_do(struct run *r, call_fn fn, unsigned flags);

/* Calls on a domain. -EIO: libvirt says why. */
int deed_save(void *arg, char said[static CALL_SAID_MAX]);  /* into path, by flags */
int deed_abort(void *arg, char said[static CALL_SAID_MAX]); /* of a save */
int deed_resume(void *arg, char said[static CALL_SAID_MAX]);
int deed_create(void *arg, char said[static CALL_SAID_MAX]);
int deed_on_reboot(void *arg,
		   char said[static CALL_SAID_MAX]);	  /* flags: VIR_DOMAIN_LIFECYCLE_ACTION_*, of the running VM */
int deed_xml(void *arg, char said[static CALL_SAID_MAX]); /* by flags -> text */
int deed_persistent(void *arg, char said[static CALL_SAID_MAX]); /* -> yes */
int deed_busy(void *arg, char said[static CALL_SAID_MAX]);	 /* -> yes: a job of libvirt's own is under way */
int deed_memory(void *arg, char said[static CALL_SAID_MAX]);	 /* -> result: KiB, the most it can have */
/* Calls on the connection. */
int deed_restore(void *arg, char said[static CALL_SAID_MAX]);	/* path, xml (NULL), by flags */
int deed_image_xml(void *arg, char said[static CALL_SAID_MAX]); /* path -> text, with secrets */
int deed_define(void *arg, char said[static CALL_SAID_MAX]);	/* xml */

#endif
