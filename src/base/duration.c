/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time spans as systemd.time(7) writes them, and rates. Integer arithmetic: the locale's decimal point has no say. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "avicd/text.h"

#define SEC   NSEC_PER_SEC
#define MIN_  (60 * SEC)
#define HOUR  (60 * MIN_)
#define DAY   (24 * HOUR)
#define WEEK  (7 * DAY)
#define YEAR  (31557600 * SEC) /* 365.25 days, as systemd counts */
#define MONTH (YEAR / 12)

#define DURATION_LIMIT (10 * YEAR)

static const struct {
	const char *word;
	uint64_t ns;
} units[] = {
	{"s", SEC},
	{"sec", SEC},
	{"second", SEC},
	{"seconds", SEC},
	{"m", MIN_},
	{"min", MIN_},
	{"minute", MIN_},
	{"minutes", MIN_},
	{"h", HOUR},
	{"hr", HOUR},
	{"hour", HOUR},
	{"hours", HOUR},
	{"d", DAY},
	{"day", DAY},
	{"days", DAY},
	{"w", WEEK},
	{"week", WEEK},
	{"weeks", WEEK},
	{"M", MONTH},
	{"month", MONTH},
	{"months", MONTH},
	{"y", YEAR},
	{"year", YEAR},
	{"years", YEAR},
	{"ms", NSEC_PER_MSEC},
	{"msec", NSEC_PER_MSEC},
	{"us", NSEC_PER_USEC},
	{"usec", NSEC_PER_USEC},
	{"\xc2\xb5s", NSEC_PER_USEC},
	{"\xce\xbcs", NSEC_PER_USEC},
	{"ns", 1},
	{"nsec", 1},
};

static const char *skip_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12" or "12.5" at *@p: the whole part and billionths (further digits have no weight). */
static int parse_decimal(const char **p, uint64_t *ret_whole, uint64_t *ret_nano)
{
	uint64_t whole = 0, nano = 0;
	const char *s = *p;
	bool over = false;

	if (!is_digit(*s))
		return -EINVAL;
	for (; is_digit(*s); s++)
		over |= __builtin_mul_overflow(whole, 10, &whole) ||
			__builtin_add_overflow(whole, (uint64_t)(*s - '0'), &whole);
	if (*s == '.') {
		uint64_t weight = NSEC_PER_SEC / 10;

		if (!is_digit(*++s))
			return -EINVAL;
		for (; is_digit(*s); s++, weight /= 10)
			nano += weight * (uint64_t)(*s - '0');
	}
	*p = s;
	if (over)
		return -ERANGE;
	*ret_whole = whole;
	*ret_nano = nano;
	return 0;
}

/* The unit at *@p; none means seconds. */
static int parse_unit(const char **p, uint64_t *ret)
{
	const char *s = *p;
	size_t n;

	for (n = 0; isalpha((unsigned char)s[n]) || (unsigned char)s[n] >= 0x80; n++)
		;
	if (n == 0) {
		*ret = SEC;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].word) == n && memcmp(units[i].word, s, n) == 0) {
			*p = s + n;
			*ret = units[i].ns;
			return 0;
		}
	return -EINVAL;
}

int parse_duration(const char *s, uint64_t *ret_ns)
{
	uint64_t sum = 0;
	bool over = false;

	s = skip_space(s);
	if (!*s)
		return -EINVAL;
	while (*s) {
		uint64_t whole = 0, nano = 0, unit, part;
		int r;

		r = parse_decimal(&s, &whole, &nano);
		if (r == -EINVAL)
			return r;
		over |= r < 0;
		s = skip_space(s);
		r = parse_unit(&s, &unit);
		if (r < 0)
			return r;
		/* Multiplied as 128 bits: a year in billionths does not fit into 64. */
		part = (uint64_t)((unsigned __int128)unit * nano / NSEC_PER_SEC);
		over |= __builtin_mul_overflow(whole, unit, &whole) || __builtin_add_overflow(sum, whole, &sum) ||
			__builtin_add_overflow(sum, part, &sum) || sum > DURATION_LIMIT;
		s = skip_space(s);
	}
	if (over)
		return -ERANGE;
	*ret_ns = sum;
	return 0;
}

int parse_rate(const char *s, double *ret_per_sec)
{
	uint64_t whole, nano, period = SEC;
	double count;
	int r;

	s = skip_space(s);
	r = parse_decimal(&s, &whole, &nano);
	if (r < 0)
		return r;
	s = skip_space(s);
	if (*s == '/') {
		s = skip_space(s + 1);
		if (is_digit(*s)) {
			r = parse_duration(s, &period);
		} else {
			r = *s ? parse_unit(&s, &period) : -EINVAL;
			if (r == 0 && *skip_space(s))
				r = -EINVAL;
		}
		if (r < 0)
			return r;
	} else if (*s) {
		return -EINVAL;
	}
	count = (double)whole + (double)nano / (double)NSEC_PER_SEC;
	if (count <= 0 || period == 0)
		return -EINVAL;
	*ret_per_sec = count * (double)NSEC_PER_SEC / (double)period;
	return 0;
}

/* "@big@unit" and, where it is not zero, " @small@unit2". */
static void two_parts(char *buf, size_t size, uint64_t big, const char *unit, uint64_t small, const char *unit2)
{
	if (small)
		snprintf(buf, size, "%" PRIu64 "%s %" PRIu64 "%s", big, unit, small, unit2);
	else
		snprintf(buf, size, "%" PRIu64 "%s", big, unit);
}

/* One decimal below ten or where it is seconds; cut, not rounded, so that 59.99 s never reads as 60 s. */
static void with_tenth(char *buf, size_t size, uint64_t ns, uint64_t unit, const char *word, bool always)
{
	uint64_t big = ns / unit, tenth = ns % unit * 10 / unit;

	if (tenth && (always || big < 10))
		snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%s", big, tenth, word);
	else
		snprintf(buf, size, "%" PRIu64 "%s", big, word);
}

char *format_duration(uint64_t ns, char *buf, size_t size)
{
	if (ns == 0)
		snprintf(buf, size, "0s");
	else if (ns < NSEC_PER_USEC)
		snprintf(buf, size, "%" PRIu64 "ns", ns);
	else if (ns < NSEC_PER_MSEC)
		with_tenth(buf, size, ns, NSEC_PER_USEC, "us", false);
	else if (ns < SEC)
		with_tenth(buf, size, ns, NSEC_PER_MSEC, "ms", false);
	else if (ns < MIN_)
		with_tenth(buf, size, ns, SEC, "s", true);
	else if (ns < HOUR)
		two_parts(buf, size, ns / MIN_, "min", ns % MIN_ / SEC, "s");
	else if (ns < DAY)
		two_parts(buf, size, ns / HOUR, "h", ns % HOUR / MIN_, "min");
	else
		two_parts(buf, size, ns / DAY, "d", ns % DAY / HOUR, "h");
	return buf;
}
