/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The migration itself, from the call to the word where the VM is. */
#ifndef AVICD_JOB_MIGRATION_H
#define AVICD_JOB_MIGRATION_H

#include "job/run.h"

/*
 * migration_run() - of r->dom to r->state.target, by the way @migrate ("" = libvirt's). migration_resume() - an earlier process of this job began
 * it: waits for it, if it is under way. Both end the job.
 */
int migration_run(struct run *r, const char *migrate, bool persistent);
int migration_resume(struct run *r);

#endif
