/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl remedy: what is done about VMs that have lost their AVIC. Each sub-verb has its function in a file remedy_*.c. */
#include <getopt.h>

#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/remedy.h"
#include "ctl/subverb.h"

static const struct {
	struct subverb is;
	int (*run)(const struct remedy_request *rq);
} subs[] = {
	{{"plan", "r", "DOMAIN|PID|UUID"}, remedy_plan_verb},
	{{"run", "rtnwa", "DOMAIN|PID|UUID"}, remedy_run},
	{{"cancel", "", "JOB|DOMAIN"}, remedy_cancel},
	{{"jobs", "", NULL}, remedy_jobs},
	{{"show", "", "JOB|DOMAIN"}, remedy_show},
};

static const struct option longs[] = {
	{"remedy", required_argument, NULL, 'r'},      {"target", required_argument, NULL, 't'},
	{"dry-run", no_argument, NULL, 'n'},	       {"no-wait", no_argument, NULL, 'w'},
	{"accept-risk", required_argument, NULL, 'a'}, {0}};

int verb_remedy(int argc, char *argv[])
{
	struct remedy_request rq = {0};
	char given[8] = "";
	size_t n = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (n < sizeof(given) - 1 && !strchr(given, c))
			given[n++] = (char)c;
		rq.dry_run |= c == 'n';
		rq.no_wait |= c == 'w';
		if (c == 'r')
			rq.remedy = optarg;
		if (c == 't')
			rq.target = optarg;
		if (c == 'a' && rq.n_risks == ARRAY_SIZE(rq.risks))
			return ctl_usage("remedy", "--accept-risk more than %zu times", rq.n_risks);
		if (c == 'a')
			rq.risks[rq.n_risks++] = optarg;
	}
	if (rq.target && rq.remedy && !streq(rq.remedy, "migrate"))
		return ctl_usage("remedy", "--target is for migrate, not for %s", rq.remedy);
	if (rq.target)
		rq.remedy = "migrate";
	rq.arg = argv[optind + 1];
	for (size_t i = 0; i < ARRAY_SIZE(subs); i++)
		if (streq(subs[i].is.word, argv[optind]))
			return subverb_fits("remedy", &subs[i].is, longs, given, rq.arg) ?: subs[i].run(&rq);
	return ctl_usage("remedy", "remedy %s: not one of plan, run, cancel, jobs, show", argv[optind]);
}
