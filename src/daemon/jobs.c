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
#include <sys/random.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/log.h"
#include "daemon/configuration.h"
#include "daemon/bus_job.h"
#include "daemon/manager.h"

/* how often systemd is asked while a job is under way */
#define TICK_NS	   (5 * NSEC_PER_SEC)
/* not running when asked so often in a row: it is not about to be started either */
#define SILENT_MAX 2
/* an ended job can be asked for so long */
#define KEEP_NS	   (600 * NSEC_PER_SEC)

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
static struct tended *add(struct manager *m, struct job *job)
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
	job_bus_changed(m, t);
	/* an image that must not be lost is named in the files, too, until a person has looked */
	if (t->job.remedy != REMEDY_HEAL && !s->image[0])
		(void)job_remove(m->jobs.dir, t->job.id);
}

static void end_as(struct manager *m, struct tended *t, enum job_result r, const char *fmt, ...) _printf_(4, 5);
static void end_as(struct manager *m, struct tended *t, enum job_result r, const char *fmt, ...)
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
static void look(struct manager *m, struct tended *t)
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

/* ---- the unit ---- */

static int on_started(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct tended *t = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(reply);

	if (e)
		end_as(t->manager, t, RESULT_FAILED, "systemd does not start " JOB_UNIT ": %s", t->job.id,
		       e->message ?: e->name);
	return 0;
}

static int start_unit(struct manager *m, struct tended *t)
{
	char unit[JOB_ID_MAX + 32];

	snprintf(unit, sizeof(unit), JOB_UNIT, t->job.id);
	t->start = sd_bus_slot_unref(t->start);
	return unit_call(m, "StartUnit", unit, &t->start, on_started, t);
}

/* It is not there, and has not said how it ended: once more, because it may know what to do; then a person has to look. */
static void missing(struct manager *m, struct tended *t)
{
	look(m, t);
	if (t->ended_at || ++t->silent < SILENT_MAX)
		return;
	t->silent = 0;
	if (!t->restarted && start_unit(m, t) >= 0) {
		t->restarted = true;
		return;
	}
	end_as(m, t, RESULT_ALARM, "it ended without a word, in phase %s: journalctl -u " JOB_UNIT,
	       job_phase_to_string(t->state.phase), t->job.id);
}

static bool unit_runs(const char *active)
{
	return streq(active, "active") || streq(active, "activating") || streq(active, "deactivating") ||
	       streq(active, "reloading");
}

static int on_units(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	const char *name, *active;
	int r = sd_bus_message_is_method_error(reply, NULL) ? -EIO : 0;

	if (r == 0)
		r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
	while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, NULL, &active, NULL, NULL, NULL,
						  NULL, NULL, NULL)) > 0) {
		for (size_t i = 0; i < m->jobs.n; i++) {
			struct tended *t = m->jobs.list[i];
			char unit[JOB_ID_MAX + 32];

			snprintf(unit, sizeof(unit), JOB_UNIT, t->job.id);
			if (t->ended_at || !streq(unit, name))
				continue;
			if (unit_runs(active))
				t->silent = 0;
			else
				missing(m, t);
		}
	}
	return 0;
}

static void ask_systemd(struct manager *m)
{
	sd_bus_message *ask = NULL;
	size_t n = 0;
	int r;

	if (!m->bus.bus || sd_bus_is_ready(m->bus.bus) <= 0)
		return;
	r = sd_bus_message_new_method_call(m->bus.bus, &ask, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER,
					   "ListUnitsByNames");
	if (r >= 0)
		r = sd_bus_message_open_container(ask, 'a', "s");
	for (size_t i = 0; r >= 0 && i < m->jobs.n; i++) {
		char unit[JOB_ID_MAX + 32];

		if (m->jobs.list[i]->ended_at || m->jobs.list[i]->job.remedy == REMEDY_HEAL)
			continue;
		snprintf(unit, sizeof(unit), JOB_UNIT, m->jobs.list[i]->job.id);
		r = sd_bus_message_append(ask, "s", unit);
		n++;
	}
	if (r >= 0)
		r = sd_bus_message_close_container(ask);
	m->jobs.asking = sd_bus_slot_unref(m->jobs.asking);
	if (r >= 0 && n)
		(void)sd_bus_call_async(m->bus.bus, &m->jobs.asking, ask, on_units, m, 0);
	sd_bus_message_unref(ask);
}

static int on_tick(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	uint64_t now = now_ns();

	for (size_t i = m->jobs.n; i-- > 0;) {
		look(m, m->jobs.list[i]);
		if (m->jobs.list[i]->ended_at && now - m->jobs.list[i]->ended_at > KEEP_NS)
			drop(m, i);
	}
	ask_systemd(m);
	if (m->jobs.n)
		timer_soon(m->event, &m->jobs.tick, TICK_NS, on_tick, m);
	return 0;
}

/* ---- beginning ---- */

static int fill(struct manager *m, const struct vm *vm, enum remedy r, enum remedy_asker asker,
		const struct job_options *o, struct job *ret)
{
	const struct settings *s = &m->settings;
	struct job j = {
		.remedy = r,
		.asker = asker,
		.vm = vm->id,
		.dry_run = o->dry_run,
		.tls = s->migrate_tls,
		.auto_converge = s->auto_converge,
		.bandwidth = s->migrate_bandwidth,
		.max_downtime_ns = s->restore_max_downtime,
		.deadline_ns = r == REMEDY_COLD_REBOOT ? 0 : s->migrate_deadline,
		.reports = strdup(s->target_reports ?: ""),
	};
	uint32_t salt;
	int n = 0;

	if (getrandom(&salt, sizeof(salt), 0) < 0)
		salt = (uint32_t)now_ns();
	snprintf(j.id, sizeof(j.id), "%s-%08x", remedy_to_string(r), salt);
	memcpy(j.uuid, vm->domain.uuid, sizeof(j.uuid));
	memcpy(j.name, vm->domain.name, sizeof(j.name));
	memcpy(j.uri, vm->domain.uri, sizeof(j.uri));
	if (s->restore_directory && *s->restore_directory)
		j.images = strdup(s->restore_directory);
	else if (asprintf(&j.images, "%s/images", dir_state()) < 0)
		j.images = NULL;
	for (size_t i = 0; i < vm->verdict.n; i++)
		j.discard_pit |= vm->verdict.reasons[i].reason == REASON_PIT_REINJ;
	n = configuration_words(o->target ?: s->migrate_targets, &j.targets);
	if (n < 0 || !j.reports || !j.images) {
		job_done(&j);
		return -ENOMEM;
	}
	*ret = j;
	return 0;
}

static void on_healed(struct manager *m, const char *id, enum livepatch_outcome o, const char *why)
{
	struct tended *t = jobs_find(m, id);

	if (t)
		end_as(m, t, o == OUTCOME_DONE ? RESULT_DONE : RESULT_FAILED, "%s",
		       o == OUTCOME_DONE ? "APIC_ID_MODIFIED is cleared" : why);
}

/* What is begun here ends by end_as(), whatever comes of it. */
static void begin(struct manager *m, struct tended *t)
{
	int r;

	t->state.phase = PHASE_NEW;
	if (t->job.remedy == REMEDY_HEAL && t->job.dry_run) {
		end_as(m, t, RESULT_DONE, "nothing speaks against it");
		return;
	}
	if (t->job.remedy == REMEDY_HEAL) {
		t->state.phase = PHASE_RUNNING;
		r = deploying_heal_job(m, t->job.vm.tgid, t->job.id, on_healed);
	} else {
		r = mkdir_p(m->jobs.dir, 0700);
		if (r == 0)
			r = job_write(m->jobs.dir, &t->job);
		if (r == 0)
			r = start_unit(m, t);
	}
	if (r < 0)
		end_as(m, t, RESULT_FAILED, "it cannot be begun: %s",
		       r == -ENOTCONN ? "there is no bus, to ask systemd for its unit" : strerror(-r));
}

int jobs_start(struct manager *m, const struct vm *vm, enum remedy r, enum remedy_asker asker,
	       const struct job_options *o, struct tended **ret, const char **why)
{
	struct remedy_book *b = &m->remedying.book;
	struct remedy_job entry = {.remedy = r, .asker = asker, .begun_at = now_ns()};
	struct tended *t;
	struct job j;
	int res = fill(m, vm, r, asker, o, &j);

	*why = "there is no memory";
	if (res < 0)
		return res;
	memcpy(entry.id, j.id, sizeof(entry.id));
	remedy_key(j.uuid, &j.vm, entry.uuid);
	res = book_begin(b, &entry);
	if (res < 0) {
		job_done(&j);
		*why = res == -EEXIST ? "there is a job for this VM already" : *why;
		return res;
	}
	res = files_duty_now(m);
	t = res < 0 ? NULL : add(m, &j);
	if (!t) {
		if (res < 0)
			job_done(&j);
		book_end(b, &m->remedying.limits, entry.id, &(struct job_end){.neutral = true}, now_ns());
		*why = res < 0 ? "the duty state cannot be written: make room in the folder of state" : *why;
		return res < 0 ? res : -ENOMEM;
	}
	remedying_begun(m, vm, t);
	begin(m, t);
	*ret = t;
	return 0;
}

int jobs_cancel(struct manager *m, struct tended *t)
{
	char unit[JOB_ID_MAX + 32];

	if (t->ended_at)
		return -EALREADY;
	if (t->job.remedy == REMEDY_HEAL)
		return -EOPNOTSUPP;
	snprintf(unit, sizeof(unit), JOB_UNIT, t->job.id);
	return unit_call(m, "StopUnit", unit, NULL, NULL, NULL);
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
		look(m, t);
	return 0;
}

/* One of a boot of the host before this one: nothing of it runs any more. */
static void adopt(struct manager *m, const char *id)
{
	struct remedy_book *b = &m->remedying.book;
	bool known = book_job(b, id);
	struct tended *t;
	struct job j;
	int r = job_read(m->jobs.dir, id, &j);

	if (r < 0) {
		log_errno(LOG_WARNING, r, "Cannot read the job %s, which is left alone", id);
		return;
	}
	if (!known) {
		struct remedy_job entry = {.remedy = j.remedy, .asker = j.asker, .begun_at = now_ns()};

		memcpy(entry.id, j.id, sizeof(entry.id));
		remedy_key(j.uuid, &j.vm, entry.uuid);
		(void)book_begin(b, &entry);
	}
	t = add(m, &j);
	if (!t)
		return;
	look(m, t);
	if (t->ended_at)
		return;
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
