/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reporting: a stuck VM gets a report, once for each time that it becomes stuck, and the report is completed when that is over. report_unit= is
 * started after each.
 */
#ifndef AVICD_DAEMON_REPORTING_H
#define AVICD_DAEMON_REPORTING_H

#include <systemd/sd-event.h>

#include "avicd/hash.h"
#include "daemon/bundles.h"

struct manager;
struct report_run;

struct reporting {
	bool begun;
	struct bundles bundles;
	struct hash open; /* tgid -> struct reported: not over yet */
	bool said_failed;
	uint64_t again_at;	   /* monotonic: after a failure nothing is written before */
	uint64_t tidied_at;	   /* monotonic */
	unsigned started, skipped; /* units, in the minute that ends with @minute */
	bool said_unit;
	unsigned burst; /* reports begun or completed until @later */
	sd_event_source *later;
	sd_event_source *minute;
	struct report_run *runs;
};

/* reporting_begin() - before the first VM is seen: what an earlier run reported, and is not over. */
void reporting_begin(struct manager *m);
/* reporting_saw() - something is told of @vm. reporting_gone() - @a, a vm-gone, is. */
void reporting_saw(struct manager *m, const struct vm *vm);
void reporting_gone(struct manager *m, const struct action *a);
/* reporting_look() - at all VMs: for what could not be written before, and for ends that nobody told. */
void reporting_look(struct manager *m);
/*
 * reporting_start_unit() - report_unit= for @instance, whose report is written; unless there were too many within a minute. While one runs for it,
 * when that has ended. reporting_unit_ended() - systemd says so of any unit. reporting_units_lost() - it will not say so any more.
 */
void reporting_start_unit(struct manager *m, const char *instance);
void reporting_unit_ended(struct manager *m, const char *unit);
void reporting_units_lost(struct manager *m);
void reporting_done(struct manager *m);

#endif
