/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl fix: what concerns bugs of the kernel. Each sub-verb has its function in a file fix_*.c. */
#include <getopt.h>

#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/fix.h"
#include "ctl/subverb.h"

static const struct {
	struct subverb is;
	int (*run)(const struct fix_request *rq);
} subs[] = {
	{{"probe", "", NULL}, fix_probe},
	{{"list", "", NULL}, fix_list},
	{{"show", "", "ID, which 'avicctl fix list' has"}, fix_show},
	{{"status", "", NULL}, fix_status},
	{{"build", "k", NULL}, fix_build},
	{{"deploy", "nwHa", NULL}, fix_deploy},
	{{"rollback", "w", NULL}, fix_rollback},
	{{"heal", "a", "DOMAIN|PID"}, fix_heal},
	{{"disable", "", NULL}, fix_disable},
	{{"enable", "", NULL}, fix_enable},
};

static const struct option longs[] = {
	{"dry-run", no_argument, NULL, 'n'},	  {"heal", required_argument, NULL, 'H'},
	{"wait", no_argument, NULL, 'w'},	  {"accept-risk", required_argument, NULL, 'a'},
	{"kernel", required_argument, NULL, 'k'}, {0}};

int verb_fix(int argc, char *argv[])
{
	struct fix_request rq = {.heal = "reset"};
	char given[8] = "";
	size_t n = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (n < sizeof(given) - 1 && !strchr(given, c))
			given[n++] = (char)c;
		rq.dry_run |= c == 'n';
		rq.wait |= c == 'w';
		if (c == 'H')
			rq.heal = optarg;
		if (c == 'k')
			rq.kernel = optarg;
		if (c == 'a' && rq.n_risks == ARRAY_SIZE(rq.risks))
			return ctl_usage("fix", "--accept-risk more than %zu times", rq.n_risks);
		if (c == 'a')
			rq.risks[rq.n_risks++] = optarg;
	}
	if (!streq(rq.heal, "now") && !streq(rq.heal, "reset"))
		return ctl_usage("fix", "--heal=%s: not one of reset, now", rq.heal);
	rq.arg = argv[optind + 1];
	for (size_t i = 0; i < ARRAY_SIZE(subs); i++)
		if (streq(subs[i].is.word, argv[optind]))
			return subverb_fits("fix", &subs[i].is, longs, given, rq.arg) ?: subs[i].run(&rq);
	return ctl_usage("fix",
			 "fix %s: not one of probe, list, show, status, build, deploy, rollback, heal, disable, enable",
			 argv[optind]);
}
