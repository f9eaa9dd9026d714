/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time. Durations use the monotonic clock, which is also what BPF's ktime and the trace clock "mono" read. */
#ifndef AVICD_CLOCK_H
#define AVICD_CLOCK_H

#include <stdint.h>

/* now_ns() - CLOCK_MONOTONIC in nanoseconds; wall_us() - CLOCK_REALTIME in microseconds since 1970. */
uint64_t now_ns(void);
uint64_t wall_us(void);
/* wall_of() - the wall-clock time, in microseconds, of a monotonic point in time, by today's offset of the two clocks. */
uint64_t wall_of(uint64_t mono_ns);
/* format_wall() - "2026-11-22T12:03:04Z" (RFC 3339, UTC) of microseconds since 1970; @buf of 32 bytes. Returns buf. */
char *format_wall(uint64_t us, char *buf);
/* parse_wall() - what format_wall() writes; a fraction of a second is cut. -EINVAL. */
int parse_wall(const char *s, uint64_t *ret_us);
/*
 * wall_fresh() - may a host.json be relied on that was @written_at, by an avicd that writes one every @resync_s seconds at least? 0; -ESTALE: it is 3 times
 * as old, or more than @ahead_us in the future; -EBADMSG: no such time, or interval.
 */
int wall_fresh(const char *written_at, double resync_s, uint64_t now_us, uint64_t ahead_us);

#endif
