/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: from the wish to the end.
 *
 * DOC: Theory of Operation
 *
 * What counts is written first, and synced: the book in the duty state (a limit must hold over a crash), then the job's file, then systemd is
 * asked for the unit. From then on the job belongs to its unit, and avicd only reads its state: inotify tells of each change, and a tick asks
 * systemd whether the unit is still there, because a program that was killed for good writes no last word.
 *
 * After a restart of avicd all *.job files are jobs that were under way, whatever the book says; and what the book has without a file was a heal,
 * or had not begun.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/log.h"
#include "daemon/configuration.h"
#include "daemon/bus_job.h"
#include "daemon/manager.h"

/* how often systemd is asked while a job is under way */
#define TICK_NS (5 * NSEC_PER_SEC)
/* an ended job can be asked for so long */
#define KEEP_NS (600 * NSEC_PER_SEC)

static int on_tick(sd_event_source *s, uint64_t usec, void *userdata);

struct tended *jobs_find(struct manager *m, const char *id)
{
	for (size_t i = 0; i < m->jobs.n; i++)
		if (streq(m->jobs.list[i]->job.id, id))
			return m->jobs.list[i];
	return NULL;
}

struct tended *jobs_find_path(struct manager *m, const char *path)
{
	for (size_t i = 0; i < m->jobs.n; i++)
		if (streq(m->jobs.list[i]->path, path))
			return m->jobs.list[i];
	return NULL;
}

struct tended *jobs_of(struct manager *m, const char *uuid)
{
	for (size_t i = 0; i < m->jobs.n; i++)
		if (!m->jobs.list[i]->ended_at && streq(m->jobs.list[i]->job.uuid, uuid))
			return m->jobs.list[i];
	return NULL;
}

static void tended_free(struct tended *t)
{
	sd_bus_slot_unref(t->start);
	job_done(&t->job);
	job_state_done(&t->state);
	free(t);
}

/* Takes @job over. NULL: -ENOMEM, and @job is done with. */
struct tended *jobs_add(struct manager *m, struct job *job)
{
	struct jobs *js = &m->jobs;
	struct tended **more = reallocarray(js->list, js->n + 1, sizeof(*more)), *t = calloc(1, sizeof(*t));

	if (more)
		js->list = more;
	if (!more || !t) {
		free(t);
		job_done(job);
		return NULL;
	}
	t->manager = m;
	t->job = *job;
	t->state.begun_us = t->state.changed_us = wall_us();
	job_bus_path(t->job.id, t->path);
	js->list[js->n++] = t;
	job_bus_added(m, t);
	timer_soon(m->event, &js->tick, TICK_NS, on_tick, m);
	return t;
}

static void drop(struct manager *m, size_t i)
{
	struct jobs *js = &m->jobs;

	job_bus_removed(m, js->list[i]);
	tended_free(js->list[i]);
	memmove(js->list + i, js->list + i + 1, (--js->n - i) * sizeof(*js->list));
}

/* The job has ended: its state says how. */
static void end(struct manager *m, struct tended *t)
{
	const struct job_state *s = &t->state;
	const struct job_end how = {
		.cured = s->result == RESULT_DONE && !t->job.dry_run,
		.departed = s->departed,
		.neutral = t->job.dry_run || s->result == RESULT_CANCELLED || s->result == RESULT_GONE,
	};

	if (t->ended_at)
		return;
	t->ended_at = now_ns();
	t->start = sd_bus_slot_unref(t->start);
	remedying_ended(m, t, &how);
	metering_ended(m, t->job.remedy, s->result);
	job_bus_changed(m, t);
	/* an image that must not be lost is named in the files, too, until a person has looked */
	if (t->job.remedy != REMEDY_HEAL && !s->image[0])
		(void)job_remove(m->jobs.dir, t->job.id);
}

void jobs_end_as(struct manager *m, struct tended *t, enum job_result r, const char *fmt, ...)
{
	va_list ap;

	t->state.phase = PHASE_ENDED;
	t->state.result = r;
	t->state.changed_us = wall_us();
	va_start(ap, fmt);
	vsnprintf(t->state.why, sizeof(t->state.why), fmt, ap);
	va_end(ap);
	end(m, t);
}

/* What the job says of itself now. */
void jobs_look(struct manager *m, struct tended *t)
{
	struct job_state s;
	int r;

	if (t->ended_at || t->job.remedy == REMEDY_HEAL)
		return;
	r = job_state_read(m->jobs.dir, t->job.id, &s);
	if (r < 0) {
		if (r != -ENOENT)
			log_errno(LOG_WARNING, r, "Cannot read how far job %s is", t->job.id);
		return;
	}
	job_state_done(&t->state);
	t->state = s;
	if (s.phase == PHASE_ENDED)
		end(m, t);
	else
		job_bus_changed(m, t);
}

static int on_tick(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	uint64_t now = now_ns();

	for (size_t i = m->jobs.n; i-- > 0;) {
		jobs_look(m, m->jobs.list[i]);
		if (m->jobs.list[i]->ended_at && now - m->jobs.list[i]->ended_at > KEEP_NS)
			drop(m, i);
	}
	job_units_ask(m);
	if (m->jobs.n)
		timer_soon(m->event, &m->jobs.tick, TICK_NS, on_tick, m);
	return 0;
}

/* ---- an earlier run's ---- */

static int on_file(sd_event_source *s, const struct inotify_event *e, void *userdata)
{
	struct manager *m = userdata;
	const char *dot = e->len ? strrchr(e->name, '.') : NULL;
	char id[JOB_ID_MAX];
	struct tended *t;

	if (!dot || !streq(dot, ".state") || (size_t)(dot - e->name) >= sizeof(id))
		return 0;
	memcpy(id, e->name, (size_t)(dot - e->name));
	id[dot - e->name] = '\0';
	t = jobs_find(m, id);
	if (t)
		jobs_look(m, t);
	return 0;
}

/* Whatever the book says, even where the host was started anew meanwhile: avicd-job finds out what became of it. */
static void adopt(struct manager *m, const char *id)
{
	struct remedy_book *b = &m->remedying.book;
	struct tended *t;
	struct job j;
	int r = job_read(m->jobs.dir, id, &j);

	if (r < 0) {
		log_errno(LOG_WARNING, r, "Cannot read the job %s, which is left alone", id);
		return;
	}
	t = jobs_add(m, &j);
	if (!t)
		return;
	/* one that has ended begins nothing; a person was told, and has not removed its files, which name an image: told again */
	jobs_look(m, t);
	if (t->ended_at)
		return;
	if (!book_job(b, id)) {
		struct remedy_job entry = {
			.remedy = t->job.remedy,
			.asker = t->job.asker,
			.dry_run = t->job.dry_run,
			.begun_at = now_ns(),
		};

		memcpy(entry.id, t->job.id, sizeof(entry.id));
		remedy_key(t->job.uuid, &t->job.vm, entry.uuid);
		(void)book_begin(b, &entry);
	}
	log_notice("Job %s of domain %s is picked up again, in phase %s", id, t->job.name,
		   job_phase_to_string(t->state.phase));
}

void jobs_begin(struct manager *m)
{
	_cleanup_(strv_p) char **ids = NULL;
	struct remedy_book *b = &m->remedying.book;
	int r;

	if (asprintf(&m->jobs.dir, "%s/jobs", dir_state()) < 0)
		m->jobs.dir = NULL;
	r = m->jobs.dir ? mkdir_p(m->jobs.dir, 0700) : -ENOMEM;
	if (r >= 0)
		r = sd_event_add_inotify(m->event, &m->jobs.inotify, m->jobs.dir, IN_MOVED_TO, on_file, m);
	if (r >= 0)
		r = job_list(m->jobs.dir, &ids);
	if (r < 0)
		log_errno(LOG_WARNING, r, "Cannot look for jobs in %s", m->jobs.dir ?: "the folder of state");
	for (char **id = ids; id && *id; id++)
		adopt(m, *id);
	/* heals, and what had not begun; or everything, and then the limits still know when it began */
	for (size_t i = b->n_jobs; i-- > 0;)
		if (!jobs_find(m, b->jobs[i].id)) {
			char id[JOB_ID_MAX];

			memcpy(id, b->jobs[i].id, sizeof(id));
			book_end(b, &m->remedying.limits, id, &(struct job_end){.neutral = true}, now_ns());
		}
}

void jobs_done(struct manager *m)
{
	struct jobs *js = &m->jobs;

	event_source_drop(&js->inotify);
	event_source_drop(&js->tick);
	js->asking = sd_bus_slot_unref(js->asking);
	for (size_t i = 0; i < js->n; i++)
		tended_free(js->list[i]);
	free_p(&js->list);
	free_p(&js->dir);
	js->n = 0;
}
