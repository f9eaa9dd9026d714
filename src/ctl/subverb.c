/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that have verbs. */
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/subverb.h"

static const char *name_of(const struct option *o, int c)
{
	while (o->name && o->val != c)
		o++;
	return o->name;
}

int subverb_fits(const char *verb, const struct subverb *s, const struct option *longs, const char *given,
		 const char *arg)
{
	const char *wrong = given + strspn(given, s->options);

	if (*wrong)
		return ctl_usage(verb, "%s %s takes no --%s", verb, s->word, name_of(longs, *wrong));
	if (arg && !s->arg)
		return ctl_usage(verb, "%s %s takes no argument: '%s'", verb, s->word, arg);
	if (!arg && s->arg)
		return ctl_usage(verb, "%s %s needs an argument: %s", verb, s->word, s->arg);
	return CTL_OK;
}
