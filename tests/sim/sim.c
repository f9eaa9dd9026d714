/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim FIRST LAST [--break=RULE] - random days of a fleet, one a seed, with the real tracker and the real rules of remedies. Exits with 1, and says
 * seed and invariant, when one does not hold. --break takes a rule away, to show that its invariant is looked at.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

#define EVENTS 150 /* of a day */

int main(int argc, char **argv)
{
	unsigned long first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1,
		      last = argc > 2 ? strtoul(argv[2], NULL, 10) : first;
	const char *broken = argc > 3 && startswith(argv[3], "--break=") ? argv[3] + strlen("--break=") : "";
	unsigned long begun = 0, cured = 0, reports = 0, steps = 0, migrations = 0;

	for (unsigned long seed = first; seed <= last; seed++) {
		struct world *w = calloc(1, sizeof(*w));

		if (!w)
			return 2;
		world_init(w, seed * 7919, broken);
		for (int i = 0; i < EVENTS && !w->wrong[0]; i++) {
			world_event(w);
			world_pass(w, w->now + (1 + world_random(w, 2 * DAY / EVENTS / SEC)) * SEC);
		}
		if (w->wrong[0]) {
			printf("seed %lu, day %llu, %llu s: %s\n", seed, (unsigned long long)(w->now / DAY),
			       (unsigned long long)(w->now % DAY / SEC), w->wrong);
			world_done(w);
			free(w);
			return 1;
		}
		begun += w->begun;
		cured += w->cured;
		reports += w->reports;
		steps += w->steps;
		migrations += w->migrations;
		world_done(w);
		free(w);
	}
	printf("%lu days, %lu steps: %lu times stuck, all told; %lu remedies begun, %lu cured, %lu by migration; every "
	       "invariant held\n",
	       last - first + 1, steps, reports, begun, cured, migrations);
	return 0;
}
