/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sub-verbs of avicctl remedy. */
#ifndef AVICCTL_REMEDY_H
#define AVICCTL_REMEDY_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ctl/asking.h"

#define REMEDY_RISKS_MAX 16

/* What was asked for, as verb_remedy() has read it. */
struct remedy_request {
	const char *arg;	     /* behind the sub-verb, or NULL */
	const char *remedy, *target; /* NULL: not named */
	bool dry_run, no_wait;
	const char *risks[REMEDY_RISKS_MAX];
	size_t n_risks;
};

/* All return one of enum ctl_exit, or the exit status of a result of avicd/job.h. */
int remedy_plan_verb(const struct remedy_request *rq);
int remedy_run(const struct remedy_request *rq);
int remedy_cancel(const struct remedy_request *rq);
int remedy_jobs(const struct remedy_request *rq);
int remedy_show(const struct remedy_request *rq);

/* remedy_describe() - the job with this object path, as JSON. 0; a negative errno with @error. */
int remedy_describe(sd_bus *bus, const char *path, json_object **ret, sd_bus_error *error);
/*
 * remedy_find() - the object path of the job @who: its id, or, if it is under way, the name or UUID of its domain. CTL_OK with *@ret, which the caller
 * frees; CTL_FAILED, said.
 */
int remedy_find(sd_bus *bus, const char *who, char **ret);

#endif
