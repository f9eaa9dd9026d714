/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicd-job@ID.service: started, and looked after. A program that was killed for good writes no last word. */
#include <stdio.h>

#include "daemon/manager.h"

/* not running when asked so often in a row: it is not about to be started either */
#define SILENT_MAX 2

static int on_started(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct tended *t = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(reply);

	if (e)
		jobs_end_as(t->manager, t, RESULT_FAILED, "systemd does not start " JOB_UNIT ": %s", t->job.id,
			    e->message ?: e->name);
	return 0;
}

int job_unit_start(struct manager *m, struct tended *t)
{
	char unit[JOB_ID_MAX + 32];

	snprintf(unit, sizeof(unit), JOB_UNIT, t->job.id);
	t->start = sd_bus_slot_unref(t->start);
	return unit_call(m, "StartUnit", unit, &t->start, on_started, t);
}

/* It is not there, and has not said how it ended: once more, because it may know what to do; then a person has to look. */
static void missing(struct manager *m, struct tended *t)
{
	jobs_look(m, t);
	if (t->ended_at || ++t->silent < SILENT_MAX)
		return;
	t->silent = 0;
	if (!t->restarted && job_unit_start(m, t) >= 0) {
		t->restarted = true;
		return;
	}
	jobs_end_as(m, t, RESULT_ALARM, "it ended without a word, in phase %s: journalctl -u " JOB_UNIT,
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

void job_units_ask(struct manager *m)
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
