/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim SCENARIO.sim - plays it, and says which of its lines does not hold.
 * sim --random FIRST..LAST - random days of a fleet, one a seed; says seed and invariant, when one does not hold.
 * --break=RULE takes a rule away, to show that its invariant is looked at; --rules prints those that can be.
 * Exits with 1 when something does not hold, with 2 when it was called wrongly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static int scenario(const char *path, const char *broken)
{
	struct world *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return 2;
	world_init(w, 1, broken);
	r = script_run(w, path);
	if (r)
		printf("%s\n", w->wrong);
	world_done(w);
	free(w);
	return r;
}

static int days(unsigned long first, unsigned long last, const char *broken)
{
	unsigned long begun = 0, asked = 0, cured = 0, failed = 0, reports = 0, steps = 0, migrations = 0;

	for (unsigned long seed = first; seed <= last; seed++) {
		struct world *w = calloc(1, sizeof(*w));
		int r;

		if (!w)
			return 2;
		world_init(w, seed * 7919, broken);
		random_day(w);
		r = w->wrong[0] != '\0';
		if (r)
			printf("seed %lu, day %llu, %llu s: %s\n", seed, (unsigned long long)(w->now / DAY),
			       (unsigned long long)(w->now % DAY / SEC), w->wrong);
		begun += w->begun;
		asked += w->asked;
		cured += w->cured;
		failed += w->failed;
		reports += w->reports;
		steps += w->steps;
		migrations += w->migrations;
		world_done(w);
		free(w);
		if (r)
			return 1;
	}
	printf("%lu days, %lu steps: %lu times stuck, all told; %lu remedies begun, %lu of them as asked; %lu cured, "
	       "%lu by "
	       "migration; %lu failed; every invariant held\n",
	       last - first + 1, steps, reports, begun, asked, cured, migrations, failed);
	return 0;
}

static bool is_breakable(const char *rule)
{
	for (size_t i = 0; i < n_breakable; i++)
		if (streq(breakable[i], rule))
			return true;
	return false;
}

static int usage(void)
{
	fputs("usage: sim SCENARIO.sim | --random FIRST..LAST [--break=RULE] | --rules\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *broken = "", *range = NULL, *path = NULL;
	unsigned long first, last;
	char *end;

	for (int i = 1; i < argc; i++) {
		if (streq(argv[i], "--rules")) {
			for (size_t k = 0; k < n_breakable; k++)
				puts(breakable[k]);
			return 0;
		}
		if (startswith(argv[i], "--break="))
			broken = argv[i] + strlen("--break=");
		else if (streq(argv[i], "--random") && i + 1 < argc)
			range = argv[++i];
		else if (argv[i][0] == '-' || path)
			return usage();
		else
			path = argv[i];
	}
	if (!range == !path || (*broken && !is_breakable(broken)))
		return usage();
	if (path)
		return scenario(path, broken);
	first = last = strtoul(range, &end, 10);
	if (startswith(end, ".."))
		last = strtoul(end + 2, &end, 10);
	if (*end || last < first)
		return usage();
	return days(first, last, broken);
}
