/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl fleet: one report about many hosts. */
#include <getopt.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "ctl/ctl.h"
#include "ctl/fleet.h"

/* Of Prometheus: avicd writes its metrics every 15 s. */
#define LIVE_MAX_AGE_US (10 * 60 * USEC_PER_SEC)

static const struct option longs[] = {{"prometheus", required_argument, NULL, 'p'},
				      {"header-file", required_argument, NULL, 'H'},
				      {"job", required_argument, NULL, 'j'},
				      {"expect", required_argument, NULL, 'e'},
				      {"compare", required_argument, NULL, 'c'},
				      {"html", required_argument, NULL, 'o'},
				      {"max-age", required_argument, NULL, 'a'},
				      {"timeout", required_argument, NULL, 't'},
				      {0}};

static bool is_word(const char *s)
{
	static const char *const words[] = {"report", "top", "list", "deploy-plan"};

	for (size_t i = 0; s && i < ARRAY_SIZE(words); i++)
		if (streq(words[i], s))
			return true;
	return false;
}

static int take_option(struct fleet_request *rq, int c)
{
	const struct {
		int c;
		const char **where;
	} strings[] = {{'p', &rq->prometheus}, {'H', &rq->header_file}, {'j', &rq->job},
		       {'e', &rq->expect},     {'c', &rq->compare},	{'o', &rq->html}};
	uint64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		if (strings[i].c == c)
			*strings[i].where = optarg;
	if (c != 'a' && c != 't')
		return CTL_OK;
	if (parse_duration(optarg, &ns) < 0 || ns < NSEC_PER_SEC)
		return ctl_usage("fleet", "--%s=%s: not a time of 1s or more, such as 10min",
				 c == 'a' ? "max-age" : "timeout", optarg);
	if (c == 'a')
		rq->max_age_us = ns / NSEC_PER_USEC;
	else
		rq->timeout_ns = ns;
	return CTL_OK;
}

static int parse(struct fleet_request *rq, int argc, char *argv[])
{
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		r = take_option(rq, c);
		if (r)
			return r;
	}
	rq->word = is_word(argv[optind]) ? argv[optind++] : "report";
	rq->source = argv[optind];
	if (rq->source && argv[optind + 1])
		return ctl_usage("fleet", "fleet %s: not one of report, top, list, deploy-plan", rq->source);
	if (!rq->source == !rq->prometheus)
		return ctl_usage("fleet",
				 "fleet needs one source: a folder of host reports, a file, -, or --prometheus=URL");
	if (rq->header_file && !rq->prometheus)
		return ctl_usage("fleet", "--header-file goes with --prometheus");
	if (streq(rq->word, "deploy-plan") && (rq->compare || rq->html))
		return ctl_usage("fleet", "deploy-plan prints JSON: --compare and --html go with report");
	if (rq->prometheus && !rq->max_age_us)
		rq->max_age_us = LIVE_MAX_AGE_US;
	return CTL_OK;
}

static int write_html(json_object *report, const char *path)
{
	_cleanup_free_ char *page = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&page, &len);
	int r = f ? fleet_html(report, f) : -ENOMEM;

	if (f && fclose(f) != 0)
		r = r ?: -errno;
	r = r ?: file_write_atomic(path, page, len, 0644, false);
	return r < 0 ? ctl_error("%s cannot be written: %s", path, strerror(-r)) : CTL_OK;
}

static int compare(json_object *report, const char *path)
{
	_cleanup_json_ json_object *earlier = NULL;
	json_object *diff = NULL;
	int r = fleet_read_earlier(path, &earlier);

	if (r)
		return r;
	r = fleet_compare(earlier, report, &diff);
	if (r == -EBADMSG)
		return ctl_error("%s is no report of avicctl fleet --json", path);
	if (r < 0 || json_object_object_add(report, "diff", diff) < 0)
		return ctl_error("out of memory");
	return CTL_OK;
}

static int output(json_object *report, const struct fleet_request *rq)
{
	_cleanup_json_ json_object *plan = NULL;
	int r;

	if (rq->compare) {
		r = compare(report, rq->compare);
		if (r)
			return r;
	}
	if (rq->html) {
		r = write_html(report, rq->html);
		if (r)
			return r;
	}
	if (streq(rq->word, "deploy-plan")) {
		plan = fleet_plan(report);
		if (!plan)
			return ctl_error("out of memory");
		ctl_print_json(plan);
	} else if (ctl_options.json) {
		ctl_print_json(report);
	} else if (!rq->html) {
		ctl_pager();
		fleet_print(report, rq->word);
	}
	return fleet_status(report);
}

int verb_fleet(int argc, char *argv[])
{
	struct fleet_request rq = {.job = "avicd", .timeout_ns = 30 * NSEC_PER_SEC};
	_cleanup_(fleet_free_p) struct fleet *f = NULL;
	_cleanup_json_ json_object *report = NULL;
	int r = parse(&rq, argc, argv);

	if (r)
		return r;
	f = fleet_new(wall_us(), rq.max_age_us);
	if (!f)
		return ctl_error("out of memory");
	r = rq.prometheus ? fleet_prometheus(f, &rq) : fleet_read(f, rq.source);
	if (r == CTL_OK && rq.expect)
		r = fleet_read_expected(f, rq.expect);
	if (r)
		return r;
	report = fleet_finish(f, rq.prometheus ? "Prometheus" : "host reports");
	return report ? output(report, &rq) : ctl_error("out of memory");
}
