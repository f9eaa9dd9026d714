/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time as a person writes them, and the history that they are asked of. */
#ifndef AVICCTL_WHEN_H
#define AVICCTL_WHEN_H

#include <stdint.h>

struct history;

/*
 * when_parse() - "7d", "2h": so long before @now_us; "now", "today", "yesterday"; "2026-11-22", "2026-11-22 12:03", "2026-11-22 12:03:04", of the local
 * time; "2026-11-22T12:03:04Z". Microseconds. -EINVAL.
 */
int when_parse(const char *s, uint64_t now_us, uint64_t *ret_us);
/* when_span() - --since and --until of @verb, each may be NULL: @since defaults to @fallback, @until to now. CTL_OK, or said: CTL_USAGE. */
int when_span(const char *verb, const char *since, const char *until, const char *fallback, uint64_t *ret_since,
	      uint64_t *ret_until);
/* when_history() - open the history of this host: CTL_OK, or said: CTL_FAILED. when_why_not() - the sentence for it, in @buf. */
int when_history(struct history **ret);
const char *when_why_not(const char *path, int r, char *buf, size_t size);

#endif
