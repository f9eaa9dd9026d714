/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics: what avicd knows, as the text exposition format 0.0.4 of Prometheus, for metrics.prom, the exporter and node_exporter's textfile
 * collector. One table of families; avicd-metrics(7) is made from it.
 *
 * No time stamps at samples: the textfile collector would drop the whole file. A family has one HELP and one TYPE. Reasons have series only once
 * they were set, VMs only while they are there, and no more than METRICS_VMS_MAX of them.
 */
#ifndef AVICD_METRICS_H
#define AVICD_METRICS_H

#include "avicd/report.h"
#include "avicd/text.h"

/* Some 35 series each; the sums of the host are of all VMs. */
#define METRICS_VMS_MAX 4096

enum metric_type { METRIC_GAUGE, METRIC_COUNTER };
/* One row of the table, as the manual has it. */
struct metric_family {
	const char *name, *labels; /* "domain, uuid, reason"; "" none */
	enum metric_type type;
	const char *help; /* one sentence, with full stop */
};
/* metrics_family() - row @i of the table, in the order of the file; NULL behind the last one. */
const struct metric_family *metrics_family(size_t i);

/* What neither tracker nor report_host know. Counts are since @started_us. */
struct metrics_extra {
	bool up;			     /* false: avicd is about to stop */
	uint64_t started_us;		     /* wall clock */
	uint64_t looked_us;		     /* when all VMs were last looked at; wall clock, 0 = not yet */
	const char *const *livepatch_states; /* all words of report_livepatch.state, NULL at the end */
	const char *const *results;	     /* all words of the result of a job, NULL at the end */
	uint64_t *jobs;			     /* under way, by enum remedy */
	uint64_t *job_ends;		     /* by remedy, then result: [_REMEDY_MAX][number of @results] */
};

/* metrics_text() - all of it, into @t, whose error says whether there was memory. @now: on the tracker's clock. */
void metrics_text(struct text *t, const struct tracker *tracker, const struct report_host *h,
		  const struct metrics_extra *x, uint64_t now);

#endif
