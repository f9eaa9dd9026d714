/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl history: what happened, oldest first. Needs no daemon. */
#include <getopt.h>
#include <stdio.h>

#include "avicd/history.h"
#include "avicd/text.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/when.h"

#define LINES_DEFAULT 1000
#define SINCE_DEFAULT "7d"

struct request {
	const char *since, *until;
	uint64_t lines;
	struct history_filter filter;
};

static int read_options(int argc, char *argv[], struct request *rq)
{
	static const struct option options[] = {
		{"since", required_argument, NULL, 's'},
		{"until", required_argument, NULL, 'u'},
		{"lines", required_argument, NULL, 'n'},
		{0},
	};
	int c;

	rq->lines = LINES_DEFAULT;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 's')
			rq->since = optarg;
		else if (c == 'u')
			rq->until = optarg;
		else if (c != 'n')
			return CTL_USAGE;
		else if (parse_u64(optarg, &rq->lines) < 0 || rq->lines > UINT32_MAX)
			return ctl_usage("history", "--lines=%s: not a number of events", optarg);
	}
	rq->filter.max = (size_t)rq->lines;
	rq->filter.who = optind < argc ? argv[optind] : NULL;
	return when_span("history", rq->since, rq->until, SINCE_DEFAULT, &rq->filter.since, &rq->filter.until);
}

/* What needs a person stands out, as in the journal. */
static const char *color_of(const char *event)
{
	static const char *const bad[] = {"vm-stuck",	"livepatch-failed", "remedy-failed",
					  "trace-down", "trace-lost",	    "gap"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (streq(bad[i], event))
			return ctl_red();
	return streq(event, "vm-recovered") ? ctl_green() : streq(event, "vm-configured") ? ctl_yellow() : "";
}

/* A table whose last column is wrapped: of a sentence nothing may be cut. */
static void print(json_object *list, size_t width)
{
	size_t column = 0;
	char at[TIME_MAX];

	for (size_t i = 0; i < field_len(list); i++)
		column = MAX(column, strlen(field_text(json_object_array_get_idx(list, i), "event")));
	column = MAX(column, strlen("EVENT")) + 1;
	if (!ctl_options.no_legend)
		printf("%-19s %-*s%s\n", "TIME", (int)column, "EVENT", "WHAT");
	for (size_t i = 0; i < field_len(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		const char *event = field_text(o, "event");

		printf("%s %s%s%s%*s", time_local(field_time(o, "at"), at), color_of(event), event, ctl_normal(),
		       (int)(column - MIN(strlen(event), column)), "");
		ctl_wrap(stdout, field_text(o, "text"), 20 + column, 20 + column, width);
	}
}

static void print_legend(const struct request *rq, size_t n)
{
	char since[TIME_MAX];

	if (ctl_options.no_legend)
		return;
	printf("\n%zu event%s since %s", n, n == 1 ? "" : "s", time_local(rq->filter.since, since));
	if (rq->lines && n == rq->lines)
		printf("; there may be older ones: --lines=0 prints all");
	putchar('\n');
}

int verb_history(int argc, char *argv[])
{
	_cleanup_(history_close_p) struct history *h = NULL;
	_cleanup_json_ json_object *list = NULL;
	struct request rq = {0};
	size_t width;
	int r = read_options(argc, argv, &rq);

	if (r == CTL_OK)
		r = when_history(&h);
	if (r)
		return r;
	r = history_events(h, &rq.filter, &list);
	if (r == -ENXIO)
		return ctl_error("the history has no VM '%s'; avicctl history lists what it has", rq.filter.who);
	if (r < 0)
		return ctl_error("the history cannot be read: %s", r == -EBADMSG ? "it is damaged" : strerror(-r));
	if (ctl_options.json) {
		ctl_print_json(list);
		return CTL_OK;
	}
	/* who reads a pipe gets one line an event, as with the other tables */
	width = isatty(STDOUT_FILENO) || getenv("COLUMNS") ? ctl_width() : SIZE_MAX / 2;
	ctl_pager();
	print(list, width);
	print_legend(&rq, field_len(list));
	return CTL_OK;
}
