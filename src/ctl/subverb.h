/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that have verbs: fix, remedy. */
#ifndef AVICCTL_SUBVERB_H
#define AVICCTL_SUBVERB_H

#include <getopt.h>

struct subverb {
	const char *word;
	const char *options; /* that it takes, by their characters in the verb's @longs */
	const char *arg;     /* that it needs, or NULL: none */
};

/* subverb_fits() - do the options @given and the argument @arg fit? CTL_OK; CTL_USAGE, said. */
int subverb_fits(const char *verb, const struct subverb *s, const struct option *longs, const char *given,
		 const char *arg);

#endif
