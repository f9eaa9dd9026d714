/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_unit= after a report.
 *
 * A storm that makes all VMs of a host stuck at once is one case for whoever gets the mail: beyond UNITS_MAX a minute no unit is started, and
 * one line says for how many reports.
 */
#include "avicd/log.h"
#include "daemon/manager.h"

#define UNITS_MAX 20
#define MINUTE_NS (60 * NSEC_PER_SEC)

static void unit_failed(struct manager *m, const char *why)
{
	if (!m->reporting.said_unit)
		log_warning("Cannot start report_unit=%s: %s; the reports are in %s", m->settings.report_unit, why,
			    m->reporting.bundles.dir);
	m->reporting.said_unit = true;
}

static int on_started(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(reply);

	if (e)
		unit_failed(m, e->message ?: e->name);
	else
		m->reporting.said_unit = false;
	return 0;
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
	const char *template = m->settings.report_unit;
	char unit[UNIT_NAME_MAX];
	int r;

	if (!template || !*template)
		return;
	if (!y->started)
		timer_arm(m->event, &y->minute, MINUTE_NS, on_minute, m);
	if (y->started == UNITS_MAX) {
		y->skipped++;
		return;
	}
	y->started++;
	r = unit_instance(template, instance, unit);
	if (r >= 0)
		r = unit_call(m, "StartUnit", unit, NULL, on_started, m);
	if (r < 0)
		unit_failed(m, r == -ENOTCONN ? "there is no bus" : strerror(-r));
}
