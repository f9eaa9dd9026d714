/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenarios: what happens when, and what is expected of it. The language is told in README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avicd/text.h"
#include "script.h"

static bool minutes_from(const char *s, uint16_t *ret, const char **rest)
{
	char *end;
	unsigned long h = strtoul(s, &end, 10), m = *end == ':' ? strtoul(end + 1, &end, 10) : 60;

	*rest = end;
	*ret = (uint16_t)(h * 60 + m);
	return h < 24 && m < 60;
}

/* ---- before time begins ---- */

static bool set_clock(struct script *s)
{
	const char *rest;
	uint16_t minute;

	if (s->n != 2 || !minutes_from(s->words[1], &minute, &rest) || *rest)
		return false;
	world_pass(s->w, s->zero + minute * MINUTE);
	s->zero = s->w->now;
	return true;
}

static bool set_host(struct script *s)
{
	int h = host_from(s->words[1]);

	if (s->n != 3 || h < 0 || !streq(s->words[2], "bug"))
		return false;
	s->w->hosts[h].bug = true;
	tell_host(s->w, &s->w->hosts[h]);
	return true;
}

static bool set_limit(struct script *s)
{
	struct remedy_limits *l = &s->w->limits;
	const struct {
		const char *word;
		uint32_t *number;
		uint64_t *span;
	} limits[] = {
		{"max_jobs", &l->max_jobs, NULL},    {"hourly", &l->hourly, NULL},  {"failures", &l->failures, NULL},
		{"interval", NULL, &l->interval_ns}, {"delay", NULL, &l->delay_ns}, {"window", NULL, &l->window_ns},
	};
	const char *rest;

	if (s->n != 3)
		return false;
	if (streq(s->words[1], "quiet")) {
		if (!minutes_from(s->words[2], &l->quiet_from, &rest) || *rest != '-' ||
		    !minutes_from(rest + 1, &l->quiet_to, &rest) || *rest)
			return false;
		broken_limits(s->w);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (!streq(s->words[1], limits[i].word))
			continue;
		if (limits[i].span && parse_duration(s->words[2], limits[i].span) < 0)
			return false;
		if (limits[i].number)
			*limits[i].number = (uint32_t)strtoul(s->words[2], NULL, 10);
		broken_limits(s->w);
		return true;
	}
	return false;
}

static bool set_jobs(struct script *s)
{
	for (int f = 0; s->n == 3 && f < _FATE_MAX; f++)
		if (streq(s->words[2], fate_words[f])) {
			s->w->jobs_end = (enum job_fate)f;
			return parse_duration(s->words[1], &s->w->jobs_take) == 0;
		}
	return false;
}

/* ---- at TIME ---- */

static bool do_start(struct script *s)
{
	int h = host_from(s->words[4]);
	struct sim_vm *v = s->w->vms;

	if (s->n < 5 || h < 0 || vm_from(s->w, s->words[3]))
		return false;
	while (v < s->w->vms + VMS && v->there)
		v++;
	if (v == s->w->vms + VMS)
		return false;
	snprintf(v->name, sizeof(v->name), "%s", s->words[3]);
	ladder_default(&v->ladder);
	v->automatic = v->own = false;
	v->persistent = true;
	v->mask = 0;
	for (size_t i = 5; i < s->n; i++) {
		if (streq(s->words[i], "auto"))
			v->automatic = true;
		else if (streq(s->words[i], "transient"))
			v->persistent = false;
		else if (streq(s->words[i], "own"))
			v->own = true;
		else if (streq(s->words[i], "pit"))
			v->mask = BIT_PIT;
		else if (!streq(s->words[i], "ladder") || ++i >= s->n ||
			 ladder_parse(s->words[i], v->own, &v->ladder) < 0)
			return false;
	}
	world_start(s->w, v, h);
	return true;
}

static bool do_happen_vm(struct script *s)
{
	struct sim_vm *v = vm_from(s->w, s->words[3]);

	for (size_t i = 0; s->n == 5 && v && i < n_vm_happenings; i++)
		if (streq(s->words[4], vm_happenings[i].word))
			return vm_happenings[i].fn(s->w, v);
	return false;
}

static bool do_happen_host(struct script *s)
{
	int h = host_from(s->words[3]);

	for (size_t i = 0; s->n == 5 && h >= 0 && i < n_host_happenings; i++)
		if (streq(s->words[4], host_happenings[i].word))
			return host_happenings[i].fn(s->w, h);
	return false;
}

static bool do_move(struct script *s)
{
	struct sim_vm *v = vm_from(s->w, s->words[3]);

	return s->n == 5 && v && world_move(s->w, v, host_from(s->words[4]));
}

static bool do_ask(struct script *s)
{
	struct sim_vm *v = vm_from(s->w, s->words[3]);

	return s->n == 5 && v && world_ask(s->w, v, remedy_from(s->words[4]));
}

/* ---- lines ---- */

static const struct {
	const char *first, *what;
	size_t at; /* which word is @what; the one before it is the time */
	bool (*fn)(struct script *s);
} lines[] = {
	{"clock", NULL, 0, set_clock},	    {"host", NULL, 0, set_host},	{"limit", NULL, 0, set_limit},
	{"jobs", NULL, 0, set_jobs},	    {"at", "start", 2, do_start},	{"at", "vm", 2, do_happen_vm},
	{"at", "host", 2, do_happen_host},  {"at", "move", 2, do_move},		{"at", "ask", 2, do_ask},
	{"expect", "vm", 3, is_vm},	    {"expect", "job", 3, is_job},	{"expect", "no-job", 3, is_no_job},
	{"expect", "plan", 3, is_plan},	    {"expect", "answer", 3, is_answer}, {"expect", "told", 3, is_told},
	{"expect", "health", 3, is_health},
};

static bool play(struct script *s)
{
	uint64_t at;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!streq(s->words[0], lines[i].first))
			continue;
		if (!lines[i].at)
			return lines[i].fn(s);
		if (s->n <= lines[i].at || !streq(s->words[lines[i].at], lines[i].what))
			continue;
		if (!streq(s->words[lines[i].at - 2], "at") || parse_duration(s->words[lines[i].at - 1], &at) < 0 ||
		    s->zero + at < s->w->now)
			return false;
		world_pass(s->w, s->zero + at);
		return !s->w->wrong[0] && lines[i].fn(s);
	}
	return false;
}

int script_run(struct world *w, const char *path)
{
	struct script s = {.w = w, .zero = w->now};
	FILE *f = fopen(path, "re");
	char line[256], copy[256];
	unsigned n = 0;

	if (!f) {
		check_failed(w, "%s cannot be read", path);
		return 1;
	}
	while (!w->wrong[0] && fgets(line, sizeof(line), f)) {
		char *save = NULL;

		n++;
		line[strcspn(line, "#\n")] = '\0';
		snprintf(copy, sizeof(copy), "%s", line);
		memset(s.words, 0, sizeof(s.words));
		s.n = 0;
		for (char *t = strtok_r(line, " \t", &save); t && s.n < WORDS; t = strtok_r(NULL, " \t", &save))
			s.words[s.n++] = t;
		if (s.n && !play(&s))
			check_failed(w, "this does not hold, or cannot be");
	}
	fclose(f);
	if (w->wrong[0]) {
		char why[sizeof(w->wrong)];

		memcpy(why, w->wrong, sizeof(why));
		snprintf(w->wrong, sizeof(w->wrong), "%s:%u: %.80s: %.120s", path, n, copy, why);
	}
	return w->wrong[0] != '\0';
}
