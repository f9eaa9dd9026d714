/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicd-livepatch@WORD.service, started over systemd's bus.
 *
 * systemd answers StartUnit() at once with a job, and says by the signal JobRemoved how that ended; the exit status is a property of the unit,
 * which stays as long as the unit has failed.
 */
#include <stdio.h>

#include "avicd/log.h"
#include "daemon/manager.h"

static void end(struct manager *m, enum livepatch_outcome o, const char *fmt, ...) _printf_(3, 4);
static void end(struct manager *m, enum livepatch_outcome o, const char *fmt, ...)
{
	struct units *u = &m->units;
	unit_done_fn done = u->done;
	char why[LIVEPATCH_WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	u->done = NULL;
	u->start = sd_bus_slot_unref(u->start);
	u->status = sd_bus_slot_unref(u->status);
	timer_disarm(u->patience);
	if (done)
		done(m, o, o == OUTCOME_DONE ? NULL : why);
}

static int on_status(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	enum livepatch_outcome o = OUTCOME_FAILED;
	int32_t status = 0;

	if (!sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_enter_container(reply, 'v', "i") >= 0 &&
	    sd_bus_message_read(reply, "i", &status) >= 0 && status != 0)
		o = outcome_from_status(status);
	end(m, o, "%s; 'journalctl -u %s' has its words", outcome_info(o)->text, m->units.name);
	return 0;
}

static void ask_status(struct manager *m)
{
	struct units *u = &m->units;
	_cleanup_free_ char *path = NULL;
	int r = sd_bus_path_encode(SYSTEMD_PATH "/unit", u->name, &path);

	if (r >= 0)
		r = sd_bus_call_method_async(m->bus.bus, &u->status, SYSTEMD, path, "org.freedesktop.DBus.Properties",
					     "Get", on_status, m, "ss", SYSTEMD ".Service", "ExecMainStatus");
	if (r < 0)
		end(m, OUTCOME_FAILED, "systemd cannot be asked how %s ended: %s", u->name, strerror(-r));
}

static int on_removed(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	const char *unit, *result;
	uint32_t id;

	if (sd_bus_message_read(signal, "uoss", &id, NULL, &unit, &result) < 0)
		return 0;
	reporting_unit_ended(m, unit);
	if (!m->units.done || !streq(unit, m->units.name))
		return 0;
	if (streq(result, "done"))
		end(m, OUTCOME_DONE, "%s", "");
	else if (streq(result, "failed"))
		ask_status(m);
	else
		end(m, OUTCOME_FAILED, "systemd says of %s: %s", unit, result);
	return 0;
}

static int on_started(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(reply);

	if (e && m->units.done)
		end(m, OUTCOME_FAILED, "systemd does not start %s: %s", m->units.name,
		    e->message ? e->message : e->name);
	return 0;
}

static int on_patience(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	end(m, OUTCOME_FAILED, "%s does not end", m->units.name);
	return 0;
}

int unit_listen(struct manager *m)
{
	struct units *u = &m->units;
	int r;

	if (!m->bus.bus || sd_bus_is_ready(m->bus.bus) <= 0)
		return -ENOTCONN;
	if (u->listening)
		return 0;
	r = sd_bus_match_signal_async(m->bus.bus, &u->removed, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "JobRemoved",
				      on_removed, NULL, m);
	/* without a subscriber systemd sends no signals */
	if (r >= 0)
		r = sd_bus_call_method_async(m->bus.bus, NULL, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe",
					     NULL, NULL, NULL);
	u->listening = r >= 0;
	return r;
}

int unit_instance(const char *template, const char *instance, char ret[static UNIT_NAME_MAX])
{
	const char *at = strchr(template, '@');
	int n;

	if (!at)
		return -EINVAL;
	n = snprintf(ret, UNIT_NAME_MAX, "%.*s%s%s", (int)(at + 1 - template), template, instance, at + 1);
	return n < UNIT_NAME_MAX ? 0 : -EINVAL;
}

int unit_call(struct manager *m, const char *method, const char *unit, sd_bus_slot **slot,
	      sd_bus_message_handler_t then, void *userdata)
{
	if (!m->bus.bus || sd_bus_is_ready(m->bus.bus) <= 0)
		return -ENOTCONN;
	return sd_bus_call_method_async(m->bus.bus, slot, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, method, then,
					userdata, "ss", unit, "fail");
}

/* What did not begin ends later as well: nobody is called back from inside his own call. */
static int on_nothing(sd_event_source *s, uint64_t usec, void *userdata)
{
	end(userdata, OUTCOME_FAILED, "systemd cannot be asked to load or unload: there is no bus");
	return 0;
}

void unit_start(struct manager *m, const char *word, uint64_t timeout_ns, unit_done_fn done)
{
	struct units *u = &m->units;
	int r;

	u->done = done;
	snprintf(u->name, sizeof(u->name), LIVEPATCH_UNIT, word);
	r = unit_listen(m);
	if (r >= 0)
		r = unit_call(m, "StartUnit", u->name, &u->start, on_started, m);
	if (r < 0)
		timer_arm(m->event, &u->patience, 0, on_nothing, m);
	else
		timer_arm(m->event, &u->patience, timeout_ns, on_patience, m);
}

void unit_start_aside(struct manager *m, const char *word)
{
	char name[64];

	snprintf(name, sizeof(name), LIVEPATCH_UNIT, word);
	if (unit_call(m, "StartUnit", name, NULL, NULL, NULL) < 0)
		log_warning("Cannot start %s", name);
}

void units_lost(struct manager *m)
{
	struct units *u = &m->units;

	u->listening = false;
	u->removed = sd_bus_slot_unref(u->removed);
	reporting_units_lost(m);
	if (u->done)
		end(m, OUTCOME_FAILED, "the bus has gone while %s was at it", u->name);
}

void units_done(struct manager *m)
{
	struct units *u = &m->units;

	u->done = NULL;
	u->start = sd_bus_slot_unref(u->start);
	u->status = sd_bus_slot_unref(u->status);
	u->removed = sd_bus_slot_unref(u->removed);
	event_source_drop(&u->patience);
}
