/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_unit= after a report.
 *
 * A storm that makes all VMs of a host stuck at once is one case for whoever gets the mail: beyond UNITS_MAX a minute no unit is started, and
 * one line says for how many reports.
 */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "daemon/manager.h"

#define UNITS_MAX   20
#define MINUTE_NS   (60 * NSEC_PER_SEC)
#define PATIENCE_NS (600 * NSEC_PER_SEC)

/* One that was started, and has not ended as far as is known. */
struct report_run {
	struct report_run *next;
	struct manager *manager;
	char instance[BUNDLE_INSTANCE_MAX], unit[UNIT_NAME_MAX];
	bool again;  /* there was news meanwhile: systemd does not start what is being started */
	uint64_t at; /* monotonic */
	sd_bus_slot *start;
};

static void unit_failed(struct manager *m, const char *why)
{
	if (!m->reporting.said_unit)
		log_warning("Cannot start report_unit=%s: %s; the reports are in %s", m->settings.report_unit ?: "",
			    why, m->reporting.bundles.dir);
	m->reporting.said_unit = true;
}

static void drop(struct manager *m, struct report_run *run)
{
	for (struct report_run **at = &m->reporting.runs; *at; at = &(*at)->next)
		if (*at == run) {
			*at = run->next;
			break;
		}
	sd_bus_slot_unref(run->start);
	free(run);
}

static int on_started(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct report_run *run = userdata;
	struct manager *m = run->manager;
	const sd_bus_error *e = sd_bus_message_get_error(reply);

	if (e) {
		unit_failed(m, e->message ?: e->name);
		drop(m, run);
	} else {
		m->reporting.said_unit = false;
	}
	return 0;
}

void reporting_unit_ended(struct manager *m, const char *unit)
{
	char instance[BUNDLE_INSTANCE_MAX];

	for (struct report_run *run = m->reporting.runs; run; run = run->next) {
		bool again = run->again;

		if (!streq(run->unit, unit))
			continue;
		memcpy(instance, run->instance, sizeof(instance));
		drop(m, run);
		if (again)
			reporting_start_unit(m, instance);
		return;
	}
}

/* Is it running for this one? What has taken too long is not waited for: whoever would have told of its end may have been away. */
static bool is_running(struct manager *m, const char *instance)
{
	uint64_t now = now_ns();

	for (struct report_run *run = m->reporting.runs, *next; run; run = next) {
		next = run->next;
		if (now - run->at > PATIENCE_NS) {
			drop(m, run);
		} else if (streq(run->instance, instance)) {
			run->again = true;
			return true;
		}
	}
	return false;
}

static int start(struct manager *m, const char *instance)
{
	struct report_run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return -ENOMEM;
	run->manager = m;
	run->at = now_ns();
	snprintf(run->instance, sizeof(run->instance), "%s", instance);
	run->next = m->reporting.runs;
	m->reporting.runs = run;
	r = unit_instance(m->settings.report_unit, instance, run->unit);
	if (r >= 0)
		r = unit_listen(m);
	if (r >= 0)
		r = unit_call(m, "StartUnit", run->unit, &run->start, on_started, run);
	if (r < 0)
		drop(m, run);
	return r;
}

void reporting_units_lost(struct manager *m)
{
	while (m->reporting.runs)
		drop(m, m->reporting.runs);
}

static int on_minute(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	struct reporting *y = &m->reporting;

	if (y->skipped && m->settings.report_unit)
		log_warning("%u more reports within a minute: %s was not started for them; they are in %s", y->skipped,
			    m->settings.report_unit, y->bundles.dir);
	y->started = y->skipped = 0;
	return 0;
}

void reporting_start_unit(struct manager *m, const char *instance)
{
	struct reporting *y = &m->reporting;
	int r;

	if (!m->settings.report_unit || !*m->settings.report_unit || is_running(m, instance))
		return;
	if (!y->started)
		timer_arm(m->event, &y->minute, MINUTE_NS, on_minute, m);
	if (y->started == UNITS_MAX) {
		y->skipped++;
		return;
	}
	y->started++;
	r = start(m, instance);
	if (r < 0)
		unit_failed(m, r == -ENOTCONN ? "there is no bus" : strerror(-r));
}
