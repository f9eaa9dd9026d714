/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many hosts as one report: sums, the worst, who does not answer, how far a livepatch has come, what changed since an
 * earlier report, and the waves of a rollout. Pure: the host reports are read by who has them (src/ctl). Of each host a
 * row is kept, of the VMs the worst alone.
 */
#ifndef AVICD_FLEET_H
#define AVICD_FLEET_H

#include <stdio.h>

#include "avicd/jsonc.h"
#include "avicd/verdict.h"

#define FLEET_SCHEMA	  "avicd-fleet/1"
#define FLEET_PLAN_SCHEMA "avicd-deploy-plan/1"
/* How old a host report may be: reports may be gathered once an hour. */
#define FLEET_MAX_AGE_US  (2 * 3600 * USEC_PER_SEC)

/* How far the livepatch has come on a host. */
enum rollout {
	ROLLOUT_UNKNOWN,     /* the host does not answer, or nothing is proved */
	ROLLOUT_NOT_NEEDED,  /* it is proved that the bugs are not there, without a livepatch */
	ROLLOUT_PATCHED,     /* loaded, and proved */
	ROLLOUT_NOT_PATCHED, /* a bug is proved, and no livepatch is loaded */
	ROLLOUT_TRYING,	     /* on its way in or out, or not proved yet */
	ROLLOUT_FAILED,	     /* the last try did not cure */
	_ROLLOUT_MAX,
};
const char *rollout_to_string(enum rollout r);

struct fleet_host {
	char *name, *kernel, *version;
	char *why;	     /* why it does not answer, a phrase; or NULL */
	uint64_t written_at; /* us; 0 = not known */
	enum health health;
	enum rollout rollout;
	bool answering, exposed;
	uint64_t counts[_CONDITION_MAX], causes[_CAUSE_MAX];
};
struct fleet_vm {
	const struct fleet_host *host;
	char *name, *uuid;
	enum cause cause;
	uint64_t stuck_us, vcpus;
};

struct fleet;
/* fleet_new() - @max_age_us: how old a report may be; 0: FLEET_MAX_AGE_US. NULL: -ENOMEM. */
struct fleet *fleet_new(uint64_t now_us, uint64_t max_age_us);
struct fleet *fleet_free(struct fleet *f);
DEFINE_CLEANUP(struct fleet, fleet_free)
/*
 * fleet_add() - a host report, which may be anybody's. 0; -EBADMSG: of another schema, or it names no host; -EEXIST: there is a
 * report of this host already, and the newer of them counts; -ENOMEM.
 */
int fleet_add(struct fleet *f, json_object *report);
/* fleet_host() - the row of a host, made where there is none: not answering, all unknown. NULL: -ENOMEM. */
struct fleet_host *fleet_host(struct fleet *f, const char *name);
/* fleet_find() - NULL where there is none. fleet_each(): row @i, NULL behind the last. */
struct fleet_host *fleet_find(struct fleet *f, const char *name);
struct fleet_host *fleet_each(struct fleet *f, size_t i);
/* fleet_add_vm() - that is stuck; only the worst are kept. -ENOMEM. */
int fleet_add_vm(struct fleet *f, const struct fleet_host *host, const char *name, const char *uuid, enum cause cause,
		 uint64_t stuck_us, uint64_t vcpus);
/* fleet_bad() - @file could not be used, because of @why. -ENOMEM. */
int fleet_bad(struct fleet *f, const char *file, const char *why);
/* fleet_expect() - a host that has to be there. -ENOMEM. */
int fleet_expect(struct fleet *f, const char *name);
/* fleet_finish() - the report of schema FLEET_SCHEMA. NULL: -ENOMEM. */
json_object *fleet_finish(struct fleet *f, const char *source);

/* fleet_compare() - {since, worse, better, new, gone}, each an array of {host, text}. -EBADMSG: @earlier is no fleet report; -ENOMEM. */
int fleet_compare(json_object *earlier, json_object *report, json_object **ret);
/* fleet_plan() - waves over the hosts that are not patched, of schema FLEET_PLAN_SCHEMA. NULL: -ENOMEM. */
json_object *fleet_plan(json_object *report);
/* fleet_html() - 0, -EIO. */
int fleet_html(json_object *report, FILE *out);
/* fleet_status() - 0: all well; 3: something is degraded, exposed, unknown or not answering; 4: nothing is known. */
int fleet_status(json_object *report);

#endif
