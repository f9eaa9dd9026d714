/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text and number parsing, growing strings, durations. No function here trusts its input. */
#ifndef AVICD_TEXT_H
#define AVICD_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "avicd/util.h"

/* A growing string. Zero-initialise; after an allocation failure it keeps -ENOMEM and drops what comes later. */
struct text {
	char *s;     /* NUL-terminated, or NULL when nothing was added */
	size_t len;
	size_t size;
	int error;   /* 0 or -ENOMEM */
};
void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_addf(struct text *t, const char *fmt, ...) _printf_(2, 3);
/* text_take() - the string, which the caller frees; "" rather than NULL when empty. Returns -ENOMEM or 0. */
int text_take(struct text *t, char **ret);
void text_done(struct text *t);
#define _cleanup_text_ _cleanup_(text_done)

/* parse_u64() - whole string, decimal or 0x; -EINVAL, -ERANGE. parse_bool() - yes/no/true/false/on/off/1/0. */
int parse_u64(const char *s, uint64_t *ret);
int parse_i64(const char *s, int64_t *ret);
int parse_bool(const char *s, bool *ret);
/*
 * parse_duration() - systemd.time(7) spans: "30s", "5min", "1h 30min", "250ms", a bare number is seconds. In nanoseconds.
 * -EINVAL, -ERANGE (above 10 years).
 */
int parse_duration(const char *s, uint64_t *ret_ns);
/* parse_rate() - "100", "100/s", "10 / 24h": events per second as a double > 0. -EINVAL, -ERANGE. */
int parse_rate(const char *s, double *ret_per_sec);

/* format_duration() - "2.3s", "4min 12s", "3h 5min", "12d 4h", "480us", in @buf; returns buf. */
char *format_duration(uint64_t ns, char *buf, size_t size);
#define DURATION_MAX 32

/* text_clean() - copy with control characters and invalid UTF-8 as '?', at most @max bytes (whole characters); -ENOMEM. */
int text_clean(const char *s, size_t max, char **ret);
/* text_clean_inplace() - the same without allocation: clean text is never longer. text_is_utf8() - whole and well-formed. */
void text_clean_inplace(char *s);
bool text_is_utf8(const char *s, size_t n);
/* strip() - cut white space at both ends, in place; returns the first kept character. */
char *strip(char *s);

/* uuid_is_valid() - 36 characters, 8-4-4-4-12 hex. uuid_normalize() - lower case into 37 bytes, also accepts 32 hex; -EINVAL */
bool uuid_is_valid(const char *s);
int uuid_normalize(const char *s, char ret[static 37]);

#endif
