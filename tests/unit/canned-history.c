/* SPDX-License-Identifier: GPL-2.0-or-later */
/* canned-history FILE NOW: a history that is the same each time, for the tests of avicctl. NOW: seconds since 1970. */
#include <stdio.h>

#include "avicd/history.h"
#include "avicd/text.h"

#define BIG    "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define DB     "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
#define MINUTE (60 * USEC_PER_SEC)

static const struct history_vm big = {.key = BIG, .uuid = BIG, .name = "big", .process = "a-4711", .pid = 4711};
static const struct history_vm db = {.key = DB, .uuid = DB, .name = "db", .process = "a-815", .pid = 815};

static const struct {
	unsigned ago; /* minutes */
	const struct history_vm *vm;
	const char *event, *condition, *cause, *text;
} events[] = {
	{20000, NULL, "trace-up", NULL, NULL, "Watching by bpf"},
	{180, NULL, "health", NULL, NULL, "Host health: ok"},
	{170, &big, "vm-appeared", "active", NULL, "domain big (PID 4711): watched from now on, active"},
	{120, &big, "vm-reboot", "settling", NULL, "domain big (PID 4711): boot 1 begins"},
	{90, &big, "vm-stuck", "stuck", "kernel-bug",
	 "domain big (PID 4711): stuck: APIC_ID_MODIFIED set for 1min 0s, which a guest's reboot leaves behind on this "
	 "kernel; cause: kernel-bug"},
	{60, &big, "remedy", NULL, NULL, "domain big (PID 4711): remedy heal begins\033[31m"},
	{59, &big, "vm-recovered", "active", NULL,
	 "domain big (PID 4711): recovered: was stuck for 31min, is active now"},
};

static int put(struct history *h, uint64_t now)
{
	struct history_record episode = {.kind = HISTORY_EPISODE_BEGIN,
					 .at = now - 120 * MINUTE,
					 .of_vm = true,
					 .vm = big,
					 .exact = true,
					 .reasons = "APIC_ID_MODIFIED",
					 .cause = "kernel-bug"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(events); i++) {
		struct history_record e = {.kind = HISTORY_EVENT,
					   .at = now - events[i].ago * MINUTE,
					   .event = events[i].event,
					   .condition = events[i].condition,
					   .cause = events[i].cause,
					   .text = events[i].text,
					   .health = events[i].vm ? NULL : "ok",
					   .of_vm = events[i].vm != NULL};

		if (events[i].vm)
			e.vm = *events[i].vm;
		r = history_apply(h, &e);
	}
	if (r == 0)
		r = history_apply(h, &episode);
	episode.kind = HISTORY_EPISODE_END;
	episode.at = now - 60 * MINUTE;
	episode.duration = 60 * MINUTE;
	if (r == 0)
		r = history_apply(h, &episode);
	for (uint64_t m = 170; r == 0 && m > 0; m--) {
		bool inhibited = m > 60 && m <= 120;
		struct history_record t = {.kind = HISTORY_TIME,
					   .at = now - (m - 1) * MINUTE,
					   .of_vm = true,
					   .vm = big,
					   .watched = MINUTE,
					   .inhibited = inhibited ? MINUTE : 0,
					   .stuck = inhibited && m <= 90 ? MINUTE : 0};

		r = history_apply(h, &t);
		t.vm = db;
		t.inhibited = t.stuck = 0;
		if (r == 0)
			r = history_apply(h, &t);
	}
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(history_close_p) struct history *h = NULL;
	uint64_t now;
	int r;

	if (argc != 3 || parse_u64(argv[2], &now) < 0) {
		fprintf(stderr, "usage: canned-history FILE NOW\n");
		return 2;
	}
	now *= USEC_PER_SEC;
	r = history_open(argv[1], &h);
	if (r == 0)
		r = history_run_begin(h, "0d6f8a3e-1111-4222-8333-123456789abc", now - 170 * MINUTE);
	if (r == 0)
		r = history_begin(h);
	if (r == 0)
		r = put(h, now);
	if (r == 0)
		r = history_run_seen(h, now, true);
	if (r == 0)
		r = history_commit(h);
	if (r < 0)
		fprintf(stderr, "canned-history: %s: %s\n", argv[1], strerror(-r));
	return r < 0;
}
