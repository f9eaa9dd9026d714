/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of settings: how each kind is read, and how it is written so that it can be read again. */
#include <inttypes.h>
#include <stdio.h>

#include "avicd/log.h"
#include "base/values.h"

#define SEC  NSEC_PER_SEC
#define HOUR (3600 * SEC)
#define DAY  (24 * HOUR)

static int parse_span(const char *value, uint64_t min, uint64_t max, void *target)
{
	uint64_t ns;
	int r = config_parse_duration(value, &ns);

	if (r < 0)
		return r;
	if (ns < min || ns > max)
		return -ERANGE;
	*(uint64_t *)target = ns;
	return 0;
}

int parse_span_hour(const char *value, void *target)
{
	return parse_span(value, SEC, HOUR, target);
}

int parse_span_10min(const char *value, void *target)
{
	return parse_span(value, SEC, 10 * 60 * SEC, target);
}

int parse_span_day(const char *value, void *target)
{
	return parse_span(value, SEC, DAY, target);
}

int parse_trace_source(const char *value, void *target)
{
	static const char *const words[] = {"auto", "bpf", "tracefs", "recorded"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(value, words[i]))
			return config_parse_string(value, target);
	return -EINVAL;
}

int parse_absolute_path(const char *value, void *target)
{
	if (*value && *value != '/')
		return -EINVAL;
	return config_parse_string(value, target);
}

/*
 * A local one: the daemon opens no network connection, so a transport other than a socket of this host, or a host name, is
 * refused here, where the file and line can still be named.
 */
static bool uri_is_local(const char *uri, size_t n)
{
	const char *colon = memchr(uri, ':', n), *plus = memchr(uri, '+', n);

	if (!colon || colon == uri || n - (size_t)(colon - uri) < 4 || memcmp(colon, ":///", 4) != 0)
		return false;
	return !plus || plus > colon || (colon - plus == 5 && memcmp(plus, "+unix", 5) == 0);
}

int parse_uris(const char *value, void *target)
{
	const char *space = " \t";
	size_t count = 0;

	if (streq(value, "none"))
		return config_parse_string(value, target);
	for (const char *s = value + strspn(value, space); *s; count++) {
		size_t n = strcspn(s, space);

		if (!uri_is_local(s, n))
			return -EINVAL;
		s += n;
		s += strspn(s, space);
	}
	return count > 0 ? config_parse_string(value, target) : -EINVAL;
}

int parse_storm_rate(const char *value, void *target)
{
	double rate;
	int r = parse_rate(value, &rate);

	if (r < 0)
		return r;
	if (rate < 1 || rate > 1e6)
		return -ERANGE;
	*(double *)target = rate;
	return 0;
}

static int parse_count(const char *value, uint32_t min, uint32_t max, void *target)
{
	uint32_t n;
	int r = config_parse_u32(value, &n);

	if (r < 0)
		return r;
	if (n < min || n > max)
		return -ERANGE;
	*(uint32_t *)target = n;
	return 0;
}

int parse_max_vms(const char *value, void *target)
{
	return parse_count(value, 16, 1048576, target);
}

int parse_log_level(const char *value, void *target)
{
	int level = log_level_from_string(value);

	if (level < 0)
		return level;
	*(int *)target = level;
	return 0;
}

static const char *const policies[] = {[POLICY_WARN] = "warn", [POLICY_ENFORCE] = "enforce"};

int parse_policy(const char *value, void *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (streq(value, policies[i])) {
			*(enum hook_policy *)target = (enum hook_policy)i;
			return 0;
		}
	return -EINVAL;
}

int parse_large_vcpus(const char *value, void *target)
{
	return parse_count(value, 1, 4096, target);
}

int parse_span_window(const char *value, void *target)
{
	return parse_span(value, 0, 30 * DAY, target);
}

int parse_span_retention(const char *value, void *target)
{
	return parse_span(value, HOUR, 3650 * DAY, target);
}

int parse_span_downtime(const char *value, void *target)
{
	return parse_span(value, NSEC_PER_MSEC, HOUR, target);
}

int parse_jobs(const char *value, void *target)
{
	return parse_count(value, 1, 16, target);
}

int parse_hourly(const char *value, void *target)
{
	return parse_count(value, 0, 60, target);
}

int parse_failures(const char *value, void *target)
{
	return parse_count(value, 1, 100, target);
}

int parse_bandwidth(const char *value, void *target)
{
	return parse_count(value, 0, 1000000, target);
}

/* "22:00" as minutes of the day, to @end; -1. */
static int clock_minutes(const char *s, const char *end)
{
	int h, m;

	if (end - s != 5 || s[2] != ':' || strspn(s, "0123456789") != 2 || strspn(s + 3, "0123456789") < 2)
		return -1;
	h = (s[0] - '0') * 10 + s[1] - '0';
	m = (s[3] - '0') * 10 + s[4] - '0';
	return h > 23 || m > 59 ? -1 : h * 60 + m;
}

int parse_quiet(const char *value, void *target)
{
	struct quiet_hours *q = target;
	const char *dash = strchr(value, '-');
	int from, to;

	if (!*value) {
		*q = (struct quiet_hours){0};
		return 0;
	}
	from = dash ? clock_minutes(value, dash) : -1;
	to = dash ? clock_minutes(dash + 1, value + strlen(value)) : -1;
	if (from < 0 || to < 0 || from == to)
		return -EINVAL;
	*q = (struct quiet_hours){(uint16_t)from, (uint16_t)to};
	return 0;
}

/* What avicd itself never opens: the job does, by libvirt. Only what cannot be a list of URIs is refused here. */
int parse_targets(const char *value, void *target)
{
	const char *space = " \t";

	for (const char *s = value + strspn(value, space); *s; s += strspn(s, space)) {
		size_t n = strcspn(s, space);
		const char *colon = memchr(s, ':', n);

		if (!colon || colon == s || n > 511 || strncmp(colon, "://", 3) != 0)
			return -EINVAL;
		s += n;
	}
	return config_parse_string(value, target);
}

int parse_remedies(const char *value, void *target)
{
	return policy_ladder_ok(value, false) ? config_parse_string(value, target) : -EINVAL;
}

int parse_reports(const char *value, void *target)
{
	static const char *const schemes[] = {"file:///", "http://", "https://"};

	if (!*value || streq(value, "ssh"))
		return config_parse_string(value, target);
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strncmp(value, schemes[i], strlen(schemes[i])) == 0 && value[strlen(value) - 1] == '/')
			return config_parse_string(value, target);
	return -EINVAL;
}

/* With room for an instance in the 255 characters that systemd allows. */
int parse_unit(const char *value, void *target)
{
	static const char chars[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:-_.\\";
	size_t n = strspn(value, chars);

	if (*value && (n == 0 || n > 200 || !streq(value + n, "@.service")))
		return -EINVAL;
	return config_parse_string(value, target);
}

/* ---- as text ---- */

static void show_string(struct text *t, const void *target)
{
	const char *s = *(char *const *)target;

	text_add(t, s ? s : "");
}

/* Exact, where format_duration() is for reading: what is shown can be written into the file again. */
static void show_span(struct text *t, const void *target)
{
	static const struct {
		const char *word;
		uint64_t ns;
	} units[] = {
		{"d", DAY}, {"h", HOUR}, {"min", 60 * SEC}, {"s", SEC}, {"ms", NSEC_PER_MSEC}, {"us", NSEC_PER_USEC},
		{"ns", 1},
	};
	uint64_t ns = *(const uint64_t *)target;
	const char *gap = "";

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (ns / units[i].ns == 0)
			continue;
		text_addf(t, "%s%" PRIu64 "%s", gap, ns / units[i].ns, units[i].word);
		ns %= units[i].ns;
		gap = " ";
	}
}

static void show_rate(struct text *t, const void *target)
{
	uint64_t micro = (uint64_t)(*(const double *)target * 1e6 + 0.5);

	/* By hand, because the locale's decimal point would not be read back. */
	text_addf(t, "%" PRIu64, micro / 1000000);
	if (micro % 1000000)
		text_addf(t, ".%06" PRIu64, micro % 1000000);
	text_add(t, " / 1s");
}

static void show_u32(struct text *t, const void *target)
{
	text_addf(t, "%" PRIu32, *(const uint32_t *)target);
}

static void show_level(struct text *t, const void *target)
{
	text_add(t, log_level_to_string(*(const int *)target));
}

static void show_policy(struct text *t, const void *target)
{
	text_add(t, policies[*(const enum hook_policy *)target]);
}

static void show_bool(struct text *t, const void *target)
{
	text_add(t, *(const bool *)target ? "yes" : "no");
}

static void show_quiet(struct text *t, const void *target)
{
	const struct quiet_hours *q = target;

	if (q->from != q->to)
		text_addf(t, "%02u:%02u-%02u:%02u", q->from / 60, q->from % 60, q->to / 60, q->to % 60);
}

/* How a value reads follows from how it is parsed. */
static const struct {
	config_parse_fn parse;
	void (*show)(struct text *t, const void *target);
} shows[] = {
	{parse_trace_source, show_string}, {parse_absolute_path, show_string}, {parse_uris, show_string},
	{parse_span_hour, show_span},	   {parse_span_10min, show_span},      {parse_span_day, show_span},
	{parse_storm_rate, show_rate},	   {parse_max_vms, show_u32},	       {parse_log_level, show_level},
	{parse_policy, show_policy},	   {parse_large_vcpus, show_u32},      {config_parse_bool, show_bool},
	{parse_span_window, show_span},	   {parse_span_downtime, show_span},   {parse_jobs, show_u32},
	{parse_hourly, show_u32},	   {parse_failures, show_u32},	       {parse_bandwidth, show_u32},
	{parse_quiet, show_quiet},	   {parse_targets, show_string},       {parse_reports, show_string},
	{parse_remedies, show_string},	   {parse_unit, show_string},	       {parse_span_retention, show_span},
};

int value_show(config_parse_fn parse, const void *value, struct text *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(shows); i++)
		if (shows[i].parse == parse) {
			shows[i].show(to, value);
			return to->error;
		}
	return -EINVAL;
}
