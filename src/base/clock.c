/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two clocks, and wall-clock time as text. */
#include <stdio.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/util.h"

/* resync_interval= of avicd.conf, s; outside of it the file is not avicd's */
#define RESYNC_MIN 1.0
#define RESYNC_MAX 3600.0

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec < 0 ? 0 : (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / NSEC_PER_USEC;
}

uint64_t wall_of(uint64_t mono_ns)
{
	uint64_t wall = wall_us(), mono = now_ns(), us;

	if (mono_ns <= mono) {
		us = (mono - mono_ns) / NSEC_PER_USEC;
		return us < wall ? wall - us : 0;
	}
	/* In the future, up to TIME_NEVER: nanoseconds of 64 bits in microseconds cannot overflow the sum. */
	return wall + (mono_ns - mono) / NSEC_PER_USEC;
}

char *format_wall(uint64_t us, char *buf)
{
	/* The last second of the year 9999: RFC 3339 has four digits for a year. */
	time_t t = (time_t)MIN(us / USEC_PER_SEC, UINT64_C(253402300799));
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(buf, 32, "1970-01-01T00:00:00Z");
	return buf;
}

int parse_wall(const char *s, uint64_t *ret_us)
{
	struct tm tm = {0};
	const char *end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t t;

	if (!end)
		return -EINVAL;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	t = timegm(&tm);
	if (!streq(end, "Z") || t < 0)
		return -EINVAL;
	*ret_us = (uint64_t)t * USEC_PER_SEC;
	return 0;
}

int wall_fresh(const char *written_at, double resync_s, uint64_t now_us, uint64_t ahead_us)
{
	uint64_t at;

	if (parse_wall(written_at, &at) < 0 || !(resync_s >= RESYNC_MIN && resync_s <= RESYNC_MAX))
		return -EBADMSG;
	if (at > now_us + ahead_us)
		return -ESTALE;
	return now_us > at && (double)(now_us - at) >= 3 * resync_s * USEC_PER_SEC ? -ESTALE : 0;
}
