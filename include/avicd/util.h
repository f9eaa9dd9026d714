/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small macros that every room uses: cleanup attributes, sizes, units of time. */
#ifndef AVICD_UTIL_H
#define AVICD_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NSEC_PER_SEC  1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_USEC 1000ULL
#define USEC_PER_SEC  1000000ULL

/* "never" as a point in monotonic time, in nanoseconds */
#define TIME_NEVER UINT64_MAX

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
#define BIT64(n) (1ULL << (n))

/* Every owned thing is declared with one of these, so that an early return cannot leak it. */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_ __attribute__((unused))

/* Both keep errno: they run on error paths whose errno is still to be read. */
static inline void free_p(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void close_p(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

#define _cleanup_free_ _cleanup_(free_p)
#define _cleanup_close_ _cleanup_(close_p)

/* Make foo_free_p() from a destructor `foo *foo_free(foo *)`, for _cleanup_(foo_free_p). */
#define DEFINE_CLEANUP(type, func)                                                                 \
	static inline void func##_p(type **p)                                                      \
	{                                                                                          \
		if (*p)                                                                            \
			func(*p);                                                                  \
	}

/* Hand ownership on: the variable forgets what it held. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *_pp = &(p);                                                         \
		__typeof__(p) _v = *_pp;                                                           \
		*_pp = NULL;                                                                       \
		_v;                                                                                \
	})
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *_fp = &(fd);                                                                  \
		int _v = *_fp;                                                                     \
		*_fp = -EBADF;                                                                     \
		_v;                                                                                \
	})

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool startswith(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

#endif
