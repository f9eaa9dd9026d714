/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A piece of a line that is not NUL-terminated, and reading it from either end. */
#ifndef KERNEL_SPAN_H
#define KERNEL_SPAN_H

#include "avicd/util.h"

struct span {
	const char *s, *end;
};

static inline bool span_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool span_blank(char c)
{
	return c == ' ' || c == '\t';
}

void span_trim_left(struct span *p);
void span_trim_right(struct span *p);
/* span_take() - cuts @word off the left end, if it begins with it. span_find() - where @word is; NULL. */
bool span_take(struct span *p, const char *word);
const char *span_find(const struct span *p, const char *word);
/* span_take_u64() - a number at the left end: decimal, or hexadecimal behind 0x. False: none, or too large. */
bool span_take_u64(struct span *p, uint64_t *ret);
/* span_take_id_right() - a decimal number at the right end, of a process or CPU. */
bool span_take_id_right(struct span *p, int32_t *ret);

#endif
