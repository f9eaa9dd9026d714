/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.freedesktop.LogControl1: `systemctl service-log-level avicd debug`. Writing is for root; sd-bus sees to that. */
#include "avicd/log.h"
#include "daemon/manager.h"

#define LOG_PATH      "/org/freedesktop/LogControl1"
#define LOG_INTERFACE "org.freedesktop.LogControl1"

static const struct {
	const char *word;
	enum log_target target;
} targets[] = {
	{ "auto", LOG_TARGET_AUTO },
	{ "journal", LOG_TARGET_JOURNAL },
	{ "console", LOG_TARGET_STDERR },
};

static int get_level(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
		     void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", log_level_to_string(log_get_level()));
}

static int set_level(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *value,
		     void *userdata, sd_bus_error *error)
{
	const char *word;
	int r = sd_bus_message_read(value, "s", &word);

	if (r < 0)
		return r;
	r = log_level_from_string(word);
	if (r < 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
					"Not a log level: emerg, alert, crit, err, warning, notice, info, debug");
	log_set_level(r);
	log_info("The log level is %s from now on", log_level_to_string(r));
	return 0;
}

static int get_target(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
		      void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", log_get_target());
}

static int set_target(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *value,
		      void *userdata, sd_bus_error *error)
{
	const char *word;
	int r = sd_bus_message_read(value, "s", &word);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (streq(targets[i].word, word)) {
			log_set_target(targets[i].target);
			return 0;
		}
	return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "Not a log target: auto, journal, console");
}

static int get_identifier(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
			  void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", "avicd");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get_level, set_level, 0, 0),
	SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get_target, set_target, 0, 0),
	SD_BUS_PROPERTY("SyslogIdentifier", "s", get_identifier, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

int bus_add_logcontrol(struct manager *m)
{
	return sd_bus_add_object_vtable(m->bus.bus, NULL, LOG_PATH, LOG_INTERFACE, vtable, m);
}
