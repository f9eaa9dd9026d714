/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of metrics. */
#include <stdio.h>
#include <unistd.h>

#include "avicd/clock.h"
#include "avicd/deploy.h"
#include "avicd/file.h"
#include "avicd/log.h"
#include "avicd/metrics.h"
#include "daemon/manager.h"

#define AGAIN_NS (15 * NSEC_PER_SEC)

/* A directory that is away is said once, and once more when it is back. */
static void put(const char *path, const struct text *t, bool *said)
{
	int r = t->error ? t->error : file_write_atomic(path, t->s, t->len, 0644, false);

	if (r < 0 && !*said)
		log_errno(LOG_WARNING, r, "Cannot write %s; trying again every 15 s", path);
	else if (r >= 0 && *said)
		log_notice("%s can be written again", path);
	*said = r < 0;
}

static void describe(struct manager *m, bool up, struct text *t)
{
	const char *states[_DEPLOY_MAX + 1] = {0}, *results[_RESULT_MAX + 1] = {0};
	uint64_t ends[_REMEDY_MAX][_RESULT_MAX - 1], jobs[_REMEDY_MAX] = {0};
	struct report_host h;
	struct metrics_extra x = {
		.up = up,
		.started_us = m->metering.started_us,
		.looked_us = m->looked_at ? wall_of(m->looked_at) : 0,
		.livepatch_states = states,
		.results = results,
		.jobs = jobs,
		.job_ends = ends[0],
	};

	for (int i = 0; i < _DEPLOY_MAX; i++)
		states[i] = deploy_state_to_string((enum deploy_state)i);
	/* "none": it has not ended */
	for (int i = RESULT_NONE + 1; i < _RESULT_MAX; i++)
		results[i - 1] = job_result_to_string((enum job_result)i);
	for (int r = 0; r < _REMEDY_MAX; r++)
		memcpy(ends[r], &m->metering.ends[r][RESULT_NONE + 1], sizeof(ends[r]));
	for (size_t i = 0; i < m->jobs.n; i++)
		jobs[m->jobs.list[i]->job.remedy] += !m->jobs.list[i]->ended_at;
	manager_report_host(m, &h);
	metrics_text(t, &m->tracker, &h, &x, manager_now(m));
}

static void write_both(struct manager *m, bool up)
{
	_cleanup_text_ struct text t = {0};
	const char *dir = m->settings.textfile_directory; /* NULL: none */

	describe(m, up, &t);
	put(m->metering.path, &t, &m->metering.said);
	if (dir) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/avicd.prom", dir) < 0)
			path = NULL;
		else
			put(path, &t, &m->metering.said_textfile);
	}
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	metering_write(userdata);
	return 0;
}

int metering_start(struct manager *m)
{
	m->metering.started_us = wall_us();
	if (asprintf(&m->metering.path, "%s/metrics.prom", dir_runtime()) < 0) {
		m->metering.path = NULL;
		return -ENOMEM;
	}
	return 0;
}

void metering_write(struct manager *m)
{
	/* quiet VMs wake nobody, and count all the same */
	manager_refresh(m);
	write_both(m, true);
	manager_trim(m);
	timer_arm(m->event, &m->metering.timer, AGAIN_NS, on_timer, m);
}

/* A copy that nobody renews would say for ever that avicd is up. */
void metering_settings(struct manager *m, const char *old)
{
	const char *dir = m->settings.textfile_directory;
	_cleanup_free_ char *path = NULL;

	if (!old || (dir && streq(old, dir)))
		return;
	if (asprintf(&path, "%s/avicd.prom", old) < 0)
		path = NULL;
	else if (unlink(path) < 0 && errno != ENOENT)
		log_errno(LOG_WARNING, -errno, "Cannot remove %s; remove it, or it goes on saying that avicd is up",
			  path);
	m->metering.said_textfile = false;
}

void metering_ended(struct manager *m, enum remedy r, enum job_result result)
{
	m->metering.ends[r][result]++;
}

void metering_end(struct manager *m)
{
	timer_disarm(m->metering.timer);
	write_both(m, false);
}

void metering_done(struct metering *g)
{
	event_source_drop(&g->timer);
	free_p(&g->path);
}
