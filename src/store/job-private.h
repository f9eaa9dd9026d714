/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writer and the reader of jobs share. */
#ifndef AVICD_STORE_JOB_PRIVATE_H
#define AVICD_STORE_JOB_PRIVATE_H

#include "avicd/job.h"
#include "avicd/jsonc.h"

#define JOB_SCHEMA   "avicd-job/1"
#define STATE_SCHEMA "avicd-job-state/1"

/* job_path() - DIR/ID.SUFFIX; the caller frees. -EINVAL: @id is none; -ENOMEM. */
int job_path(const char *dir, const char *id, const char *suffix, char **ret);

#endif
