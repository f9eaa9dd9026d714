/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One target, looked at: by its libvirt, and by what avicd says there. */
#ifndef AVICD_JOB_LOOK_H
#define AVICD_JOB_LOOK_H

#include "job/reports.h"
#include "job/survey.h"

struct look {
	const struct subject *subject;
	char uri[TARGET_URI_MAX], migrate[TARGET_URI_MAX];
	char *reports;
	struct target_facts facts;
	char why[_TARGET_MAX][REPORTS_WHY_MAX]; /* what was said about what a rule looks at; "" */
};

/* look_new() - @s must outlive it; the rest is copied. NULL without memory. look_there() - for call_start(); always 0. */
struct look *look_new(const struct subject *s, const char *reports, const char *target);
struct look *look_free(struct look *l);
int look_there(void *arg, char said[static CALL_SAID_MAX]);

#endif
