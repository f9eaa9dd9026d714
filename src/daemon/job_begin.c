/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a job, and its cancelling: see jobs.c. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "daemon/configuration.h"
#include "daemon/manager.h"

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
		jobs_end_as(m, t, o == OUTCOME_DONE ? RESULT_DONE : RESULT_FAILED, "%s",
			    o == OUTCOME_DONE ? "APIC_ID_MODIFIED is cleared" : why);
}

/* What is begun here ends by jobs_end_as(), whatever comes of it. */
static void begin(struct manager *m, struct tended *t)
{
	int r;

	t->state.phase = PHASE_NEW;
	if (t->job.remedy == REMEDY_HEAL && t->job.dry_run) {
		jobs_end_as(m, t, RESULT_DONE, "nothing speaks against it");
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
			r = job_unit_start(m, t);
	}
	if (r < 0)
		jobs_end_as(m, t, RESULT_FAILED, "it cannot be begun: %s",
			    r == -ENOTCONN ? "there is no bus, to ask systemd for its unit" : strerror(-r));
}

int jobs_start(struct manager *m, const struct vm *vm, enum remedy r, enum remedy_asker asker,
	       const struct job_options *o, struct tended **ret, const char **why)
{
	struct remedy_book *b = &m->remedying.book;
	struct remedy_job entry = {.remedy = r, .asker = asker, .dry_run = o->dry_run, .begun_at = now_ns()};
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
	t = res < 0 ? NULL : jobs_add(m, &j);
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
