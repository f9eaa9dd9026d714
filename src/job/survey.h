/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The targets of a migration: what each is asked, and what is found of it. */
#ifndef AVICD_JOB_SURVEY_H
#define AVICD_JOB_SURVEY_H

#include "job/subject.h"

#define TARGET_URI_MAX sizeof(((struct job_candidate *)NULL)->uri)

/* target_split() - a word of job.targets into its URI and the way of the memory ("" = libvirt's). -EINVAL: too long, or no URI. */
int target_split(const char *target, char uri[static TARGET_URI_MAX], char migrate[static TARGET_URI_MAX]);

/*
 * survey() - asks all targets of the job, some at a time, 30 s each at most, and judges them: r->state.candidates, the best first, then those
 * that were refused, in their order. Returns how many are good; -ENOMEM. *ret_behind: a call that uses @s was left behind.
 */
int survey(struct run *r, const struct subject *s, bool *ret_behind);

#endif
