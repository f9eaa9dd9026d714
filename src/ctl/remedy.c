/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl remedy: what is done about VMs that have lost their AVIC. Each sub-verb has its function in a file remedy_*.c. */
#include <getopt.h>

#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/remedy.h"

static const struct {
	const char *word;
	int (*run)(const struct remedy_request *rq);
	const char *options; /* that it takes */
	const char *arg;     /* that it needs, or NULL: none */
} subs[] = {
	{"plan", remedy_plan_verb, "r", "DOMAIN|PID|UUID"},
	{"run", remedy_run, "rtnwa", "DOMAIN|PID|UUID"},
	{"cancel", remedy_cancel, "", "JOB|DOMAIN"},
	{"jobs", remedy_jobs, "", NULL},
	{"show", remedy_show, "", "JOB|DOMAIN"},
};

static const struct option longs[] = {
	{"remedy", required_argument, NULL, 'r'},      {"target", required_argument, NULL, 't'},
	{"dry-run", no_argument, NULL, 'n'},	       {"no-wait", no_argument, NULL, 'w'},
	{"accept-risk", required_argument, NULL, 'a'}, {0}};

static const char *name_of(int c)
{
	const struct option *o = longs;

	while (o->name && o->val != c)
		o++;
	return o->name;
}

static int run(size_t i, const char *given, const struct remedy_request *rq)
{
	const char *wrong = given + strspn(given, subs[i].options);

	if (*wrong)
		return ctl_usage("remedy", "remedy %s takes no --%s", subs[i].word, name_of(*wrong));
	if (rq->arg && !subs[i].arg)
		return ctl_usage("remedy", "remedy %s takes no argument: '%s'", subs[i].word, rq->arg);
	if (!rq->arg && subs[i].arg)
		return ctl_usage("remedy", "remedy %s needs an argument: %s", subs[i].word, subs[i].arg);
	return subs[i].run(rq);
}

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
		if (streq(subs[i].word, argv[optind]))
			return run(i, given, &rq);
	return ctl_usage("remedy", "remedy %s: not one of plan, run, cancel, jobs, show", argv[optind]);
}
