/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for polkit on a private bus: says yes or no (argument) to everybody, and prints who asked for what:
 * "SUBJECT ACTION FLAGS", one line a question.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

static int check(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const int *answer = userdata;
	const char *kind, *key, *subject, *action, *cancel;
	uint32_t flags;
	int r;

	r = sd_bus_message_read(call, "(sa{sv})s", &kind, 1, &key, "s", &subject, &action);
	if (r < 0)
		return r;
	r = sd_bus_message_skip(call, "a{ss}");
	if (r < 0)
		return r;
	r = sd_bus_message_read(call, "us", &flags, &cancel);
	if (r < 0)
		return r;
	printf("%s=%s %s %u\n", kind, subject, action, flags);
	fflush(stdout);
	return sd_bus_reply_method_return(call, "(bba{ss})", *answer, 0, 0);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", check, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int main(int argc, char **argv)
{
	int answer = argc > 1 && strcmp(argv[1], "yes") == 0, r;
	sd_bus *bus = NULL;

	r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/PolicyKit1/Authority",
					     "org.freedesktop.PolicyKit1.Authority", vtable, &answer);
	if (r >= 0)
		r = sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0);
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	fprintf(stderr, "fake-polkit: %s\n", strerror(-r));
	sd_bus_unref(bus);
	return EXIT_FAILURE;
}
