/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of avicd.conf: one table of keys, ranges and defaults. */
#include <inttypes.h>
#include <stdio.h>

#include "avicd/log.h"
#include "avicd/settings.h"
#include "avicd/text.h"

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

static int parse_span_hour(const char *value, void *target)
{
	return parse_span(value, SEC, HOUR, target);
}

static int parse_span_10min(const char *value, void *target)
{
	return parse_span(value, SEC, 10 * 60 * SEC, target);
}

static int parse_span_day(const char *value, void *target)
{
	return parse_span(value, SEC, DAY, target);
}

static int parse_trace_source(const char *value, void *target)
{
	static const char *const words[] = {"auto", "bpf", "tracefs", "recorded"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(value, words[i]))
			return config_parse_string(value, target);
	return -EINVAL;
}

static int parse_absolute_path(const char *value, void *target)
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

static int parse_uris(const char *value, void *target)
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

static int parse_storm_rate(const char *value, void *target)
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

static int parse_max_vms(const char *value, void *target)
{
	uint32_t n;
	int r = config_parse_u32(value, &n);

	if (r < 0)
		return r;
	if (n < 16 || n > 1048576)
		return -ERANGE;
	*(uint32_t *)target = n;
	return 0;
}

static int parse_log_level(const char *value, void *target)
{
	int level = log_level_from_string(value);

	if (level < 0)
		return level;
	*(int *)target = level;
	return 0;
}

static const char *const policies[] = {[POLICY_WARN] = "warn", [POLICY_ENFORCE] = "enforce"};

static int parse_policy(const char *value, void *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (streq(value, policies[i])) {
			*(enum hook_policy *)target = (enum hook_policy)i;
			return 0;
		}
	return -EINVAL;
}

static int parse_large_vcpus(const char *value, void *target)
{
	uint32_t n;
	int r = config_parse_u32(value, &n);

	if (r < 0)
		return r;
	if (n < 1 || n > 4096)
		return -ERANGE;
	*(uint32_t *)target = n;
	return 0;
}

static int begin_domain(void *settings, const char *name, const char *file, unsigned line, void **ret)
{
	struct settings *s = settings;
	struct policy_section *section;
	int r = policies_add(&s->policies, name, file, line, &section);

	if (r == 0)
		*ret = section;
	return r;
}

static const struct config_family domain_sections = {
	.word = "domain",
	.accepts = "the name of a domain, with *, ? and [...] as in the shell, or its UUID",
	.begin = begin_domain,
	.items = policy_items,
};

#define ITEM(name, parser, what, text)                                                                        \
	{                                                                                                     \
		.section = "avicd", .key = #name, .parse = parser, .offset = offsetof(struct settings, name), \
		.accepts = what, .default_text = text                                                         \
	}

const struct config_item settings_items[] = {
	ITEM(trace_source, parse_trace_source, "auto, bpf, tracefs or recorded", "auto"),
	ITEM(trace_file, parse_absolute_path, "an absolute path, or nothing", ""),
	ITEM(libvirt_uri, parse_uris, "local libvirt URIs such as qemu:///system, separated by white space, or none",
	     "qemu:///system"),
	ITEM(settle, parse_span_hour, "a time span, 1s to 1h", "30s"),
	ITEM(stuck_after, parse_span_day, "a time span, 1s to 1d", "60s"),
	ITEM(storm_rate, parse_storm_rate, "a rate such as 100 / 1s, from 1 to 1000000 a second", "100 / 1s"),
	ITEM(resync_interval, parse_span_hour, "a time span, 1s to 1h", "60s"),
	ITEM(max_vms, parse_max_vms, "a number, 16 to 1048576", "16384"),
	ITEM(probe, config_parse_bool, "yes or no", "yes"),
	ITEM(livepatch, config_parse_bool, "yes or no", "yes"),
	ITEM(auto_deploy, config_parse_bool, "yes or no", "no"),
	ITEM(livepatch_deadline, parse_span_10min, "a time span, 1s to 10min", "30s"),
	ITEM(log_level, parse_log_level, "emerg, alert, crit, err, warning, notice, info or debug", "info"),
	ITEM(policy, parse_policy, "warn or enforce", "warn"),
	ITEM(large_vcpus, parse_large_vcpus, "a number, 1 to 4096", "128"),
	ITEM(enforce_incoming, config_parse_bool, "yes or no", "no"),
	{.family = &domain_sections},
};

int settings_init(struct settings *s)
{
	struct settings fresh = {0};

	for (const struct config_item *i = settings_items; i->key; i++) {
		int r = i->parse(i->default_text, (char *)&fresh + i->offset);

		if (r < 0) {
			settings_done(&fresh);
			return r;
		}
	}
	*s = fresh;
	return 0;
}

void settings_done(struct settings *s)
{
	free_p(&s->trace_source);
	free_p(&s->trace_file);
	free_p(&s->libvirt_uri);
	policies_done(&s->policies);
	*s = (struct settings){0};
}

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

/* How a value reads follows from how it is parsed. */
static const struct {
	config_parse_fn parse;
	void (*show)(struct text *t, const void *target);
} shows[] = {
	{parse_trace_source, show_string}, {parse_absolute_path, show_string}, {parse_uris, show_string},
	{parse_span_hour, show_span},	   {parse_span_10min, show_span},	   {parse_span_day, show_span},	       {parse_storm_rate, show_rate},
	{parse_max_vms, show_u32},	   {parse_log_level, show_level},      {parse_policy, show_policy},
	{parse_large_vcpus, show_u32},	   {config_parse_bool, show_bool},
};

int settings_show(const struct settings *s, const struct config_item *item, char **ret)
{
	_cleanup_text_ struct text t = {0};

	for (size_t i = 0; i < ARRAY_SIZE(shows); i++)
		if (shows[i].parse == item->parse) {
			shows[i].show(&t, (const char *)s + item->offset);
			return text_take(&t, ret);
		}
	return -EINVAL;
}
