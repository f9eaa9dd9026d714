/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for avicd on a private bus, for tests of avicctl: answers Describe with the texts of files, and emits an
 * Event for each line "WORD<tab>SENTENCE<tab>JSON" of its standard input, whose end ends it.
 *
 * canned-avicd STATE.json VM.json - of VMs it knows one, by the name "big" and the PID 10147.
 */
#include <poll.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

#include "avicd/file.h"
#include "avicd/util.h"

struct canned {
	char *state, *vm;
};

static int describe(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const struct canned *c = userdata;

	return sd_bus_reply_method_return(m, "s", c->state);
}

static int describe_vm(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const struct canned *c = userdata;

	return sd_bus_reply_method_return(m, "s", c->vm);
}

static int get_vm(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *who;

	if (sd_bus_message_read(m, "s", &who) < 0)
		return -EINVAL;
	if (streq(who, "twin"))
		return sd_bus_reply_method_errorf(m, "org.avicd1.Error.AmbiguousName", "several VMs are named %s", who);
	if (!streq(who, "big") && !streq(who, "10147"))
		return sd_bus_reply_method_errorf(m, "org.avicd1.Error.NoSuchVM", "no VM %s", who);
	return sd_bus_reply_method_return(m, "o", "/org/avicd1/domain/big");
}

/* What the environment says, or as to somebody who may not: the bus does not tell us who asks. */
static int probe(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *answer = getenv("CANNED_PROBE");

	if (!answer)
		return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_ACCESS_DENIED,
						  "Probe is for root, or by polkit action x: not allowed");
	return sd_bus_reply_method_return(m, "s", answer);
}

static int describe_host(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_free_ char *answer = NULL;

	if (asprintf(&answer, "{\"probe\":%s}", getenv("CANNED_PROBE") ?: "null") < 0) {
		answer = NULL;
		return -ENOMEM;
	}
	return sd_bus_reply_method_return(m, "s", answer);
}

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Describe", "", "s", describe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DescribeHost", "", "s", describe_host, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetVM", "s", "o", get_vm, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Probe", "", "s", probe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("Event", "soss", 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable domain[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Describe", "", "s", describe_vm, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* Returns 0 at the end of the input. */
static int emit(sd_bus *bus)
{
	_cleanup_free_ char *line = NULL;
	char *word, *sentence, *json, *save = NULL;
	size_t size = 0;
	ssize_t n;

	n = getline(&line, &size, stdin);
	if (n <= 0)
		return 0;
	word = strtok_r(line, "\t\n", &save);
	sentence = strtok_r(NULL, "\t\n", &save);
	json = strtok_r(NULL, "\t\n", &save);
	if (!word || !sentence || !json)
		return -EINVAL;
	return sd_bus_emit_signal(bus, "/org/avicd1", "org.avicd1.Manager", "Event", "soss", word, "/", sentence,
				  json) < 0
		       ? -EIO
		       : 1;
}

static int serve(sd_bus *bus)
{
	for (;;) {
		struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = sd_bus_get_fd(bus)}};
		int r;

		do {
			r = sd_bus_process(bus, NULL);
		} while (r > 0);
		if (r < 0)
			return r;
		r = sd_bus_flush(bus);
		if (r < 0)
			return r;
		fds[1].events = sd_bus_get_events(bus);
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			return -errno;
		if (fds[0].revents) {
			r = emit(bus);
			if (r <= 0)
				return r;
		}
	}
}

int main(int argc, char *argv[])
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_free_ char *state = NULL, *vm = NULL;
	struct canned c;
	int r;

	if (argc != 3)
		return 2;
	/* unbuffered: what poll() does not show must not wait in stdio */
	setvbuf(stdin, NULL, _IONBF, 0);
	r = file_read(argv[1], 1 << 20, &state, NULL);
	if (r >= 0)
		r = file_read(argv[2], 1 << 20, &vm, NULL);
	c = (struct canned){state, vm};
	if (r >= 0)
		r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, "/org/avicd1", "org.avicd1.Manager", manager, &c);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, "/org/avicd1/domain/big", "org.avicd1.Domain", domain, &c);
	if (r >= 0)
		r = sd_bus_request_name(bus, "org.avicd1", 0);
	if (r >= 0) {
		puts("ready");
		fflush(stdout);
		r = serve(bus);
	}
	if (r < 0)
		fprintf(stderr, "canned-avicd: %s\n", strerror(-r));
	return r < 0;
}
