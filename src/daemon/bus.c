/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to the bus, and the name on it. */
#include <stdio.h>

#include "avicd/log.h"
#include "daemon/bus_job.h"
#include "daemon/manager.h"

#define DEFAULT_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define BACKOFF_MIN NSEC_PER_SEC
#define BACKOFF_MAX (5 * NSEC_PER_SEC)
#define REFUSED_NS  (30 * NSEC_PER_SEC) /* the name was refused: not worth asking often */
/* The few calls of sd-bus that wait for the bus driver (who is the caller?) give up long before our watchdog does. */
#define CALL_TIMEOUT_USEC (5 * USEC_PER_SEC)
/* Messages that wait for a bus that does not read them. Signals beyond are dropped: the state can be asked for. */
#define QUEUE_MAX 4096

bool bus_live(struct manager *m)
{
	struct bus *b = &m->bus;
	uint64_t queued = 0;

	if (!b->bus || !b->named)
		return false;
	if (sd_bus_get_n_queued_write(b->bus, &queued) < 0 || queued < QUEUE_MAX)
		return true;
	if (!b->dropped++)
		log_warning("The bus does not take our messages; signals are dropped");
	return false;
}

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata)
{
	bus_start(userdata);
	return 0;
}

static void retry_in(struct manager *m, uint64_t ns)
{
	m->bus.named = false;
	timer_arm(m->event, &m->bus.retry, ns, on_retry, m);
	manager_named(m);
}

static void retry(struct manager *m)
{
	struct bus *b = &m->bus;

	b->backoff = b->backoff ? MIN(b->backoff * 2, BACKOFF_MAX) : BACKOFF_MIN;
	retry_in(m, b->backoff);
}

/* The name is another's. At start that is another avicd, and we go; later we do not leave VMs that are watched. */
static int on_owner(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	char pid[24] = "";
	uint32_t n;

	if (!sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_read(reply, "u", &n) > 0)
		snprintf(pid, sizeof(pid), ", PID %u,", n);
	if (!m->ready) {
		log_error("Another avicd already runs:%s it owns %s on the bus; not starting", *pid ? pid + 1 : "", BUS_NAME);
		manager_exit(m, -EBUSY);
		return 0;
	}
	if (!m->bus.said_absent)
		log_error("Another process%s owns %s on the bus; going on without the bus", pid, BUS_NAME);
	m->bus.said_absent = true;
	retry_in(m, REFUSED_NS);
	return 0;
}

static int on_name(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(reply);
	uint32_t code = 0;

	if (e) {
		log_warning("The bus refuses us the name %s: %s; going on without the bus", BUS_NAME,
			    e->message ? e->message : e->name);
		retry_in(m, REFUSED_NS);
		return 0;
	}
	sd_bus_message_read(reply, "u", &code);
	/* DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER, _ALREADY_OWNER; what is left is _EXISTS */
	if (code != 1 && code != 4)
		return sd_bus_call_method_async(m->bus.bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
						"org.freedesktop.DBus", "GetConnectionUnixProcessID", on_owner, m, "s",
						BUS_NAME);
	if (m->bus.said_absent)
		log_notice("Connected to the bus");
	m->bus.named = true;
	m->bus.said_absent = false;
	m->bus.backoff = 0;
	manager_named(m);
	return 0;
}

static int on_disconnected(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;

	if (!m->bus.said_absent)
		log_warning("The bus has closed the connection; going on without it until it is back");
	m->bus.said_absent = true;
	units_lost(m);
	retry(m);
	return 0;
}

static int open_bus(struct manager *m)
{
	const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
	struct bus *b = &m->bus;
	int r;

	r = sd_bus_new(&b->bus);
	if (r < 0)
		return r;
	r = sd_bus_set_address(b->bus, address && *address ? address : DEFAULT_ADDRESS);
	if (r < 0)
		return r;
	sd_bus_set_bus_client(b->bus, true);
	sd_bus_set_method_call_timeout(b->bus, CALL_TIMEOUT_USEC);
	r = sd_bus_start(b->bus);
	if (r < 0)
		return r;
	r = sd_bus_attach_event(b->bus, m->event, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
	r = sd_bus_match_signal_async(b->bus, NULL, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
				      "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, NULL, m);
	if (r < 0)
		return r;
	r = bus_add_manager(m);
	if (r < 0)
		return r;
	r = bus_add_domains(m);
	if (r < 0)
		return r;
	r = bus_add_jobs(m);
	if (r < 0)
		return r;
	r = bus_add_logcontrol(m);
	if (r < 0)
		return r;
	return sd_bus_request_name_async(b->bus, NULL, BUS_NAME, 0, on_name, m);
}

void bus_start(struct manager *m)
{
	struct bus *b = &m->bus;
	int r;

	b->named = false;
	b->dropped = 0;
	units_lost(m);
	b->bus = sd_bus_close_unref(b->bus);
	r = open_bus(m);
	if (r >= 0)
		return;
	b->bus = sd_bus_close_unref(b->bus);
	if (!b->said_absent)
		log_errno(LOG_NOTICE, r, "No bus; going on without it until it is there");
	b->said_absent = true;
	retry(m);
}

void bus_done(struct manager *m)
{
	struct bus *b = &m->bus;

	event_source_drop(&b->retry);
	event_source_drop(&b->described);
	/* without a flush: that could wait for a bus that hangs */
	b->named = false;
	b->bus = sd_bus_close_unref(b->bus);
	hash_done(&b->by_path);
	free_p(&b->describe);
}
