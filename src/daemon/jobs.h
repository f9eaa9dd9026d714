/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: remedies that are under way, and those that ended a moment ago.
 *
 * A job is a unit of its own, avicd-job@ID.service, so that it outlives avicd; its files (avicd/job.h) say how far it is. A heal is a job,
 * too, but done by avicd and the livepatch's unit, in a moment, and leaves no files.
 */
#ifndef AVICD_DAEMON_JOBS_H
#define AVICD_DAEMON_JOBS_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "avicd/job.h"
#include "avicd/jsonc.h"
#include "avicd/livepatch.h"
#include "avicd/tracker.h"

struct manager;

#define JOB_PATH_MAX (JOB_ID_MAX * 3 + 32)

struct tended {
	struct manager *manager;
	struct job job;
	struct job_state state;
	uint64_t ended_at; /* monotonic; 0 = not */
	unsigned silent;   /* how often its unit was found not running, in a row */
	bool restarted;
	char path[JOB_PATH_MAX]; /* on the bus */
	sd_bus_slot *start;
};

struct jobs {
	char *dir;
	struct tended **list;
	size_t n;
	sd_event_source *inotify, *tick;
	sd_bus_slot *asking;
};

/* What a person may say about a job beyond the settings; zero: nothing. */
struct job_options {
	const char *target; /* one URI instead of migrate_targets=; NULL */
	bool dry_run;
};

/* jobs_begin() - at avicd's start: those of an earlier run go on. */
void jobs_begin(struct manager *m);
/*
 * jobs_start() - @vm gets @r. It stands in the duty state, on the disk, before anything is begun. On failure *@why says what. *@ret lives until some
 * minutes after its end.
 */
int jobs_start(struct manager *m, const struct vm *vm, enum remedy r, enum remedy_asker asker,
	       const struct job_options *o, struct tended **ret, const char **why);
/* jobs_cancel() - its end is told as that of any other. -EOPNOTSUPP: a heal cannot be; -EALREADY: it has ended; -ENOTCONN. */
int jobs_cancel(struct manager *m, struct tended *t);
struct tended *jobs_find(struct manager *m, const char *id);
struct tended *jobs_find_path(struct manager *m, const char *path);
/* jobs_of() - under way for this domain; NULL. */
struct tended *jobs_of(struct manager *m, const char *uuid);
/* jobs_json() - Describe(). NULL: -ENOMEM. */
json_object *jobs_json(const struct tended *t);
/* jobs_progress() - 0 to 1; -1: not known */
double jobs_progress(const struct tended *t);
void jobs_done(struct manager *m);

/* Between the files. jobs_add() - takes @job over; NULL: -ENOMEM, and @job is done with. jobs_look() - what the job says of itself now. jobs_end_as() - it has ended so, whatever it says. */
struct tended *jobs_add(struct manager *m, struct job *job);
void jobs_look(struct manager *m, struct tended *t);
void jobs_end_as(struct manager *m, struct tended *t, enum job_result r, const char *fmt, ...) _printf_(4, 5);
/* job_unit_start() - -ENOTCONN. job_units_ask() - systemd is asked which of those under way are there. */
int job_unit_start(struct manager *m, struct tended *t);
void job_units_ask(struct manager *m);

#endif
