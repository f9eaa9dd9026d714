/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl fix: what concerns bugs of the kernel. Each sub-verb has its function in a file fix_*.c. */
#include <getopt.h>

#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/fix.h"

static const struct {
	const char *word;
	int (*run)(const struct fix_request *rq);
	const char *options; /* that it takes */
	const char *arg;     /* that it needs, or NULL: none */
} subs[] = {
	{"probe", fix_probe, "", NULL},
	{"list", fix_list, "", NULL},
	{"show", fix_show, "", "ID, which 'avicctl fix list' has"},
	{"status", fix_status, "", NULL},
	{"build", fix_build, "k", NULL},
	{"deploy", fix_deploy, "nwHa", NULL},
	{"rollback", fix_rollback, "w", NULL},
	{"heal", fix_heal, "a", "DOMAIN|PID"},
	{"disable", fix_disable, "", NULL},
	{"enable", fix_enable, "", NULL},
};

static const struct option longs[] = {{"dry-run", no_argument, NULL, 'n'},
				      {"heal", required_argument, NULL, 'H'},
				      {"wait", no_argument, NULL, 'w'},
				      {"accept-risk", required_argument, NULL, 'a'},
				      {"kernel", required_argument, NULL, 'k'},
				      {0}};

static const char *name_of(int c)
{
	const struct option *o = longs;

	while (o->name && o->val != c)
		o++;
	return o->name;
}

static int run(size_t i, const char *given, const struct fix_request *rq)
{
	const char *wrong = given + strspn(given, subs[i].options);

	if (*wrong)
		return ctl_usage("fix", "fix %s takes no --%s", subs[i].word, name_of(*wrong));
	if (rq->arg && !subs[i].arg)
		return ctl_usage("fix", "fix %s takes no argument: '%s'", subs[i].word, rq->arg);
	if (!rq->arg && subs[i].arg)
		return ctl_usage("fix", "fix %s needs an argument: %s", subs[i].word, subs[i].arg);
	return subs[i].run(rq);
}

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
		if (streq(subs[i].word, argv[optind]))
			return run(i, given, &rq);
	return ctl_usage(
		"fix", "fix %s: not one of probe, list, show, status, build, deploy, rollback, heal, disable, enable",
		argv[optind]);
}
