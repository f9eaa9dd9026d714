/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl report: this host over some time, on a terminal, as JSON, as a page, or with all that a maintainer would ask for. */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/history.h"
#include "avicd/hostreport.h"
#include "avicd/jsonc.h"
#include "ctl/bundle.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/report.h"
#include "ctl/when.h"

#define SINCE_DEFAULT "7d"
#define STATE_MAX     (64U << 20)

struct request {
	const char *since, *html, *bundle;
	uint64_t from, until;
};

static int read_options(int argc, char *argv[], struct request *rq)
{
	static const struct option options[] = {
		{"since", required_argument, NULL, 's'},
		{"html", required_argument, NULL, 'h'},
		{"bundle", required_argument, NULL, 'b'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 's')
			rq->since = optarg;
		else if (c == 'h')
			rq->html = optarg;
		else if (c == 'b')
			rq->bundle = optarg;
	}
	if (rq->html && ctl_options.json)
		return ctl_usage("report", "--html and --json do not go together");
	return when_span("report", rq->since, NULL, SINCE_DEFAULT, &rq->from, &rq->until);
}

/* NULL: it is not there, or not JSON; *@why says so. */
static json_object *run_file(const char *name, char *why, size_t size)
{
	_cleanup_free_ char *path = NULL, *data = NULL;
	json_object *o;
	int r;

	if (asprintf(&path, "%s/%s", dir_runtime(), name) < 0) {
		path = NULL;
		return NULL;
	}
	r = file_read(path, STATE_MAX, &data, NULL);
	if (r < 0) {
		snprintf(why, size, "%s cannot be read: %s; start avicd: systemctl start avicd", path, strerror(-r));
		return NULL;
	}
	o = json_tokener_parse(data);
	if (o && json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	snprintf(why, size, "%s is damaged; restart avicd: systemctl restart avicd", path);
	return NULL;
}

/* A report without a history is one of now. */
static json_object *summary(const struct request *rq)
{
	_cleanup_(history_close_p) struct history *h = NULL;
	_cleanup_free_ char *path = NULL;
	json_object *o = NULL;
	char why[512];
	int r = history_path(&path);

	if (r == 0)
		r = history_open_read(path, &h);
	if (r == 0)
		r = history_summary(h, rq->from, rq->until, &o);
	if (r < 0 && !ctl_options.no_legend)
		ctl_error("%s; the report goes without", when_why_not(path ?: "", r, why, sizeof(why)));
	return r < 0 ? NULL : o;
}

static int make(const struct request *rq, json_object **ret)
{
	_cleanup_json_ json_object *host = NULL, *state = NULL, *history = NULL;
	char why[512] = "", name[HOST_NAME_MAX + 1] = "";
	int r;

	host = run_file("host.json", why, sizeof(why));
	state = host ? run_file("state.json", why, sizeof(why)) : NULL;
	if (!host || !state)
		return ctl_error("%s", *why ? why : strerror(ENOMEM));
	history = summary(rq);
	if (gethostname(name, sizeof(name) - 1) < 0 || !*name)
		snprintf(name, sizeof(name), "localhost");
	r = hostreport_make(host, state, history, name, wall_us(), ret);
	return r < 0 ? ctl_error("the report cannot be made: %s", strerror(-r)) : CTL_OK;
}

/* The whole page, or none: a part of one would look like a good one. */
static int write_page(json_object *report, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int r = f ? hostreport_html(report, f) : -ENOMEM;

	if (f && fclose(f) != 0 && r == 0)
		r = -errno;
	if (r == 0 && streq(path, "-"))
		r = fwrite(text, 1, len, stdout) == len ? 0 : -EIO;
	else if (r == 0)
		r = file_write_atomic(path, text, len, 0644, false);
	return r < 0 ? ctl_error("the page %s cannot be written: %s", path, strerror(-r)) : CTL_OK;
}

int verb_report(int argc, char *argv[])
{
	_cleanup_json_ json_object *report = NULL;
	struct request rq = {0};
	int r = read_options(argc, argv, &rq);

	if (r == CTL_OK)
		r = make(&rq, &report);
	/* where avicd does not run, a bundle tells why it may be so */
	if (rq.bundle && r != CTL_USAGE) {
		int b = bundle_write(rq.bundle, report, rq.from, rq.until);

		if (b || r)
			return b ?: r;
	}
	if (r)
		return r;
	if (rq.html)
		r = write_page(report, rq.html);
	else if (ctl_options.json)
		ctl_print_json(report);
	else if (!rq.bundle)
		report_print(report);
	if (r)
		return r;
	/* what is old says nothing about now */
	return field_bool(report, "fresh") ? ctl_exit_of_health(field_text(report, "health")) : CTL_UNKNOWN;
}
