/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VM that is to be migrated: what libvirt here says of it, what keeps it here, and what a target needs to have. */
#ifndef AVICD_JOB_SUBJECT_H
#define AVICD_JOB_SUBJECT_H

#include "avicd/text.h"
#include "job/run.h"

/* On the heap, and never freed when a call that uses it was left behind. */
struct subject {
	virConnectPtr conn; /* not ours to close */
	virDomainPtr dom;
	/* as libvirt says */
	char *xml; /* live, migratable */
	int state;
	bool persistent;
	bool job; /* libvirt does one for it already */
	int snapshots;
	char block_job[32]; /* disk that has one; "" */
	char host_uuid[DOMAIN_UUID_MAX];
	/* by the XML */
	char type[16], arch[32], machine[64], emulator[256];
	char *cpu;     /* <cpu> that a target has to have; NULL: any */
	bool host_cpu; /* it is the CPU of this host: virConnectCompareCPU() */
	struct target_need need;
};

/* subject_read() - asks libvirt, 20 s at most. -ETIMEDOUT, -EIO, -ENOMEM with r->said. subject_free() - after every call has ended. */
int subject_read(struct run *r, struct subject **ret);
struct subject *subject_free(struct subject *s);
DEFINE_CLEANUP(struct subject, subject_free)

/*
 * subject_blockers() - everything that is known to keep the VM from live migration, each with its remedy, separated by "; ", into @why. Returns
 * how many. Pure but for statfs() of local disks. -ENOMEM, -EBADMSG (no XML).
 */
int subject_blockers(const struct subject *s, struct text *why);

#endif
