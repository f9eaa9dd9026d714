/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time as a person writes them, and the history that they are asked of. */
#include <stdio.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/history.h"
#include "avicd/text.h"
#include "ctl/ctl.h"
#include "ctl/when.h"

static int local(struct tm *tm, uint64_t *ret)
{
	time_t t;

	/* whether that day has summer time is for the C library to know */
	tm->tm_isdst = -1;
	t = mktime(tm);
	if (t < 0)
		return -EINVAL;
	*ret = (uint64_t)t * USEC_PER_SEC;
	return 0;
}

/* 00:00 of today, or of @days before. */
static int midnight(uint64_t now_us, int days, uint64_t *ret)
{
	time_t now = (time_t)(now_us / USEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return -EINVAL;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= days;
	return local(&tm, ret);
}

static int date(const char *s, uint64_t *ret)
{
	static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct tm tm = {0}, given;
		const char *end = strptime(s, formats[i], &tm);

		if (!end || *end)
			continue;
		given = tm;
		/* mktime() makes February 30 a day of March */
		if (local(&tm, ret) < 0 || tm.tm_mday != given.tm_mday || tm.tm_year < 70)
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

int when_parse(const char *s, uint64_t now_us, uint64_t *ret_us)
{
	uint64_t ns;

	if (streq(s, "now")) {
		*ret_us = now_us;
		return 0;
	}
	if (streq(s, "today") || streq(s, "yesterday"))
		return midnight(now_us, streq(s, "yesterday"), ret_us);
	if (parse_wall(s, ret_us) == 0 || date(s, ret_us) == 0)
		return 0;
	if (parse_duration(s, &ns) < 0)
		return -EINVAL;
	*ret_us = now_us > ns / NSEC_PER_USEC ? now_us - ns / NSEC_PER_USEC : 0;
	return 0;
}

int when_span(const char *verb, const char *since, const char *until, const char *fallback, uint64_t *ret_since,
	      uint64_t *ret_until)
{
	const char *words[] = {since ?: fallback, until ?: "now"};
	uint64_t now = wall_us(), us[2];

	for (int i = 0; i < 2; i++)
		if (when_parse(words[i], now, &us[i]) < 0)
			return ctl_usage(
				verb, "--%s=%s: no time such as 7d, 2h, yesterday, 2026-11-22 or \"2026-11-22 12:03\"",
				i ? "until" : "since", words[i]);
	if (us[0] > us[1])
		return ctl_usage(verb, "--since=%s is after --until=%s", words[0], words[1]);
	*ret_since = us[0];
	*ret_until = us[1];
	return CTL_OK;
}

static const struct {
	int error;
	const char *text;
} reasons[] = {
	{-ENOENT, "there is none: avicd makes it when it runs with history=yes"},
	{-ESTALE, "it is of an older avicd; start this one, which brings it up to date"},
	{-EPROTONOSUPPORT, "it is of a newer avicd; use its avicctl"},
	{-EMEDIUMTYPE, "it is a database of something else"},
	{-EBADMSG, "it is damaged; avicd sets it aside when it starts, and begins a new one"},
	{-EACCES, "permission denied; ask as root"},
};

const char *when_why_not(const char *path, int r, char *buf, size_t size)
{
	const char *why = strerror(-r);

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].error == r)
			why = reasons[i].text;
	snprintf(buf, size, "the history %s cannot be read: %s", path, why);
	return buf;
}

int when_history(struct history **ret)
{
	_cleanup_free_ char *path = NULL;
	char why[512];
	int r = history_path(&path);

	if (r >= 0)
		r = history_open_read(path, ret);
	return r < 0 ? ctl_error("%s", when_why_not(path ?: "", r, why, sizeof(why))) : CTL_OK;
}
