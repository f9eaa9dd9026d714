/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt and QEMU tell about the end of the VM of the job, in the order in which they tell it. */
#ifndef AVICD_JOB_WATCH_H
#define AVICD_JOB_WATCH_H

#include "job/run.h"

enum news_kind {
	NEWS_NONE,
	NEWS_SHUTDOWN, /* QEMU: reason, "guest-reset", "guest-shutdown" ...; "" of one that gives none */
	NEWS_STOPPED,  /* libvirt: detail, VIR_DOMAIN_EVENT_STOPPED_* */
	NEWS_CLOSED,   /* the connection is gone, or news were lost */
};
struct news {
	enum news_kind kind;
	int detail;
	char reason[64];
	uint64_t at; /* monotonic */
};

/*
 * watch_open() - from now on r->dom is watched over r->conn; 0 also if it is already. What libvirt refuses ends with -EIO and r->said, and nothing is
 * watched. watch_close() - no more; to be called before r->conn is closed, also when the connection is gone. One VM a process: it has no object.
 */
int watch_open(struct run *r);
void watch_close(struct run *r);
/*
 * watch_next() - the next of the news; NEWS_NONE: there are none until @until, or SIGTERM came, or the deadline of the job. It does not wait when
 * there are some.
 */
void watch_next(struct run *r, uint64_t until, struct news *ret);
/* watch_reason() - of the data of QEMU's event SHUTDOWN, a JSON object; "" when there is none. */
void watch_reason(const char *details, char *ret, size_t size);

#endif
