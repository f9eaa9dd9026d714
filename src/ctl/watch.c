/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl watch: follow what avicd reports. */
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/report.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"

/* How long to wait before a lost bus is tried again. */
#define RETRY_NS NSEC_PER_SEC

static const char *event_color(const char *word)
{
	static const struct {
		const char *word;
		const char *(*color)(void);
	} colors[] = {
		{"vm-stuck", ctl_red},	       {"trace-down", ctl_red},	     {"trace-lost", ctl_yellow},
		{"storm-begin", ctl_yellow},   {"libvirt-down", ctl_yellow}, {"vm-ambiguous", ctl_yellow},
		{"vm-configured", ctl_yellow}, {"vm-recovered", ctl_green},
	};

	for (size_t i = 0; i < ARRAY_SIZE(colors); i++)
		if (streq(colors[i].word, word))
			return colors[i].color();
	return "";
}

static void print_event(const char *word, const char *sentence, const char *json)
{
	_cleanup_json_ json_object *o = json_tokener_parse(json);
	uint64_t at = field_time(o, "at");
	char when[TIME_MAX];

	if (ctl_options.json) {
		/* one object a line: what does not parse would break whoever reads lines */
		if (o)
			ctl_print_json(o);
	} else {
		const char *color = event_color(word);

		printf("%s%s%s %s", ctl_grey(), time_short(at ?: wall_us(), when), ctl_normal(), color);
		ctl_puts_clean(sentence, stdout);
		puts(*color ? ctl_normal() : "");
	}
	fflush(stdout);
}

static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *word, *vm, *sentence, *json;

	if (sd_bus_message_read(m, "soss", &word, &vm, &sentence, &json) >= 0)
		print_event(word, sentence, json);
	return 0;
}

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *before, *after;

	if (sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 && !ctl_options.no_legend) {
		if (!*after)
			ctl_error("avicd is gone; waiting for it");
		else
			ctl_error("avicd is there%s", *before ? " in another process" : "");
	}
	return 0;
}

static bool daemon_is_there(sd_bus *bus)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

	return sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
				  "GetNameOwner", NULL, &reply, "s", AVICD_BUS_NAME) >= 0;
}

static int subscribe(sd_bus **ret)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	int r;

	r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, AVICD_BUS_NAME, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "Event", on_event,
					NULL);
	if (r >= 0)
		r = sd_bus_add_match(bus, NULL,
				     "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
				     "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" AVICD_BUS_NAME
				     "'",
				     on_owner, NULL);
	if (r < 0)
		return r;
	if (!daemon_is_there(bus))
		ctl_error("avicd is not running; waiting for it; start it: systemctl start avicd");
	else if (!ctl_options.no_legend)
		ctl_error("following avicd; ^C ends");
	*ret = TAKE_PTR(bus);
	return 0;
}

/*
 * Wait for the bus, or for the reader of our output to go away. @bus NULL: for the next try. Returns 0 when there is
 * no reader.
 */
static int wait_for(sd_bus *bus)
{
	struct pollfd fds[2] = {{.fd = STDOUT_FILENO}, {.fd = -1}};
	uint64_t until = TIME_NEVER, now = now_ns(), ns;
	struct timespec ts;
	int r;

	if (bus) {
		fds[1].fd = sd_bus_get_fd(bus);
		r = sd_bus_get_events(bus);
		if (fds[1].fd < 0 || r < 0)
			return 1; /* the next sd_bus_process() says what is wrong */
		fds[1].events = r;
		if (sd_bus_get_timeout(bus, &until) >= 0 && until != UINT64_MAX)
			until *= NSEC_PER_USEC;
	} else {
		until = now + RETRY_NS;
	}
	ns = until > now ? until - now : 0;
	ts = (struct timespec){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};
	r = ppoll(fds, ARRAY_SIZE(fds), until == TIME_NEVER ? NULL : &ts, NULL);
	return r > 0 && fds[0].revents & (POLLERR | POLLHUP | POLLNVAL) ? 0 : 1;
}

int verb_watch(int argc, char *argv[])
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	int r;

	ctl_options.json_pretty = false;
	r = subscribe(&bus);
	if (r < 0)
		return ctl_error("the system bus cannot be reached: %s; see: systemctl status dbus", strerror(-r));
	while (!ferror(stdout)) {
		if (!bus && subscribe(&bus) < 0) {
			if (!wait_for(NULL))
				break;
			continue;
		}
		r = sd_bus_process(bus, NULL);
		if (r < 0) {
			ctl_error("the system bus was lost: %s; trying again", strerror(-r));
			bus = sd_bus_close_unref(bus);
		} else if (r == 0 && !wait_for(bus)) {
			break;
		}
	}
	return CTL_OK;
}
