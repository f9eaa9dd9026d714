/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl fix: what concerns bugs of the kernel. Each sub-verb is a file of its own. */
#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/fix.h"

static const struct {
	const char *word;
	int (*run)(int argc, char *argv[]);
} subs[] = {
	{"probe", fix_probe},
};

int verb_fix(int argc, char *argv[])
{
	const char *word = argv[argc - 1];

	for (size_t i = 0; i < ARRAY_SIZE(subs); i++)
		if (streq(subs[i].word, word))
			return subs[i].run(argc, argv);
	return ctl_usage("fix", "fix %s: not one of probe", word);
}
