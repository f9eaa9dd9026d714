/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon as avicctl sees it. */
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

/* A daemon that does not answer within this is as good as none. */
#define ANSWER_USEC (5 * USEC_PER_SEC)
/* The probe takes some ten milliseconds, but may be given two runs with all their deadlines. */
#define PROBE_USEC  (30 * USEC_PER_SEC)

struct client {
	sd_bus *bus;
};

struct client *client_new(void)
{
	return calloc(1, sizeof(struct client));
}

struct client *client_free(struct client *c)
{
	if (c)
		sd_bus_flush_close_unref(c->bus);
	free(c);
	return NULL;
}

static void set_text(char **text, const char *format, ...) _printf_(2, 3);
static void set_text(char **text, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (vasprintf(text, format, ap) < 0)
		*text = NULL;
	va_end(ap);
}

static int connect_bus(struct client *c)
{
	int r;

	if (c->bus && sd_bus_is_open(c->bus) > 0)
		return 0;
	c->bus = sd_bus_flush_close_unref(c->bus);
	r = sd_bus_open_system(&c->bus);
	if (r < 0)
		return r;
	return sd_bus_set_method_call_timeout(c->bus, ANSWER_USEC);
}

/*
 * One call that takes at most one string and returns one string or object path. @timeout: 0 is ANSWER_USEC. Never starts
 * the service: asking is not changing.
 */
static int call(struct client *c, const char *path, const char *interface, const char *member, const char *arg,
		uint64_t timeout, char ret_type, char **ret, sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
	const char *s;
	int r;

	r = connect_bus(c);
	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(c->bus, &m, AVICD_BUS_NAME, path, interface, member);
	if (r < 0)
		return r;
	r = sd_bus_message_set_auto_start(m, false);
	if (r >= 0 && arg)
		r = sd_bus_message_append_basic(m, 's', arg);
	if (r >= 0)
		r = sd_bus_call(c->bus, m, timeout, error, &reply);
	if (r >= 0)
		r = sd_bus_message_read_basic(reply, ret_type, &s);
	if (r < 0)
		return r;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int call_json(struct client *c, const char *path, const char *interface, const char *member, json_object **ret,
		     sd_bus_error *error)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = call(c, path, interface, member, NULL, 0, 's', &text, error);
	if (r < 0)
		return r;
	*ret = json_tokener_parse(text);
	return *ret ? 0 : -EBADMSG;
}

/* Why the daemon did not answer, in words. */
static const char *why_not(int r, const sd_bus_error *error)
{
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	    sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		return "avicd is not running";
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED))
		return "the system bus does not let us talk to avicd";
	if (sd_bus_error_has_names(error, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT) || r == -ETIMEDOUT)
		return "avicd does not answer";
	if (r == -EBADMSG)
		return "avicd's answer cannot be read";
	if (sd_bus_error_is_set(error))
		return error->message ?: error->name;
	return "the system bus cannot be reached";
}

/* Both the daemon and the file were tried in vain: one line. */
static void set_failure(int file_error, const char *file_text, const char *why, char **text)
{
	if (file_error == -ENOENT)
		set_text(text, "%s, and avicd left no state behind; start it: systemctl start avicd", why);
	else
		set_text(text, "%s, and %s; start it: systemctl start avicd", why, file_text ?: strerror(-file_error));
}

static int fall_back(int bus_error, const sd_bus_error *error, json_object **ret, char **text)
{
	_cleanup_free_ char *file_text = NULL;
	const char *why = why_not(bus_error, error);
	int r;

	r = state_file(ret, &file_text);
	if (r < 0) {
		set_failure(r, file_text, why, text);
		return r;
	}
	set_text(text, "%s; %s", why, file_text ?: "");
	return 1;
}

int client_state(struct client *c, json_object **ret, char **text)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	*text = NULL;
	r = call_json(c, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "Describe", ret, &error);
	return r >= 0 ? 0 : fall_back(r, &error, ret, text);
}

int client_ask(struct client *c, json_object **ret, char **text)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	*text = NULL;
	r = call_json(c, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "Describe", ret, &error);
	if (r < 0)
		set_text(text, "%s; start it: systemctl start avicd", why_not(r, &error));
	return r;
}

int client_host(json_object **ret)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(client_free_p) struct client *c = client_new();

	return c ? call_json(c, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "DescribeHost", ret, &error) : -ENOMEM;
}

static int say_which(int r, const char *who, char **text)
{
	if (r == -ENXIO)
		set_text(text, "no VM has the domain name, UUID or PID '%s'; see: avicctl list", who);
	else if (r == -ENOTUNIQ)
		set_text(text, "several VMs are named '%s'; give a UUID or PID, see: avicctl list --json", who);
	return r;
}

static int vm_from_file(int bus_error, const sd_bus_error *error, const char *who, json_object **ret, char **text)
{
	_cleanup_json_ json_object *state = NULL;
	json_object *vm;
	int r;

	r = fall_back(bus_error, error, &state, text);
	if (r < 0)
		return r;
	r = state_find(state, who, &vm);
	if (r < 0) {
		free(TAKE_PTR(*text));
		return say_which(r, who, text);
	}
	*ret = json_object_get(vm);
	return 1;
}

int client_vm(struct client *c, const char *who, json_object **ret, char **text)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	*text = NULL;
	r = call(c, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "GetVM", who, 0, 'o', &path, &error);
	if (r >= 0)
		r = call_json(c, path, AVICD_BUS_DOMAIN, "Describe", ret, &error);
	if (r >= 0)
		return 0;
	/* A VM that went away between the two calls is an unknown object. */
	if (sd_bus_error_has_names(&error, "org.avicd1.Error.NoSuchVM", SD_BUS_ERROR_UNKNOWN_OBJECT))
		return say_which(-ENXIO, who, text);
	if (sd_bus_error_has_name(&error, "org.avicd1.Error.AmbiguousName"))
		return say_which(-ENOTUNIQ, who, text);
	return vm_from_file(r, &error, who, ret, text);
}

int client_probe(json_object **ret, char **text)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(client_free_p) struct client *c = client_new();
	_cleanup_free_ char *answer = NULL;
	int r;

	*text = NULL;
	if (!c)
		return -ENOMEM;
	r = call(c, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "Probe", NULL, PROBE_USEC, 's', &answer, &error);
	if (r >= 0) {
		*ret = json_tokener_parse(answer);
		r = *ret ? 0 : -EBADMSG;
	}
	if (r >= 0)
		return 0;
	/* the bus says so, or there is no bus */
	if (sd_bus_error_has_names(&error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
	    !sd_bus_error_is_set(&error))
		return r == -EBADMSG || r == -ENOMEM ? r : -ENOENT;
	/* avicd's own words: who may do this */
	set_text(text, "%s", error.message ?: why_not(r, &error));
	return r == -ENOENT ? -EIO : r;
}

static int for_verb(int r, const char *text)
{
	if (r < 0)
		return ctl_error("%s", text ?: strerror(-r));
	if (text)
		ctl_error("%s", text);
	return CTL_OK;
}

int client_get_state(json_object **ret)
{
	_cleanup_(client_free_p) struct client *c = client_new();
	_cleanup_free_ char *text = NULL;
	int r = c ? client_state(c, ret, &text) : -ENOMEM;

	return for_verb(r, text);
}

int client_get_vm(const char *who, json_object **ret)
{
	_cleanup_(client_free_p) struct client *c = client_new();
	_cleanup_free_ char *text = NULL;
	int r = c ? client_vm(c, who, ret, &text) : -ENOMEM;

	return for_verb(r, text);
}
