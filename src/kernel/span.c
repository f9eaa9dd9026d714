/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of a line. */
#include "kernel/span.h"

void span_trim_left(struct span *p)
{
	while (p->s < p->end && span_blank(*p->s))
		p->s++;
}

void span_trim_right(struct span *p)
{
	while (p->s < p->end && span_blank(p->end[-1]))
		p->end--;
}

bool span_take(struct span *p, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(p->end - p->s) < n || memcmp(p->s, word, n) != 0)
		return false;
	p->s += n;
	return true;
}

const char *span_find(const struct span *p, const char *word)
{
	return p->s < p->end ? memmem(p->s, (size_t)(p->end - p->s), word, strlen(word)) : NULL;
}

static int hex_value(char c)
{
	if (span_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A number at the left end: decimal, or hexadecimal behind 0x. */
bool span_take_u64(struct span *p, uint64_t *ret)
{
	unsigned base = span_take(p, "0x") ? 16 : 10;
	const char *from = p->s;
	uint64_t v = 0;

	for (; p->s < p->end; p->s++) {
		int d = base == 16 ? hex_value(*p->s) : span_digit(*p->s) ? *p->s - '0' : -1;

		if (d < 0)
			break;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) || __builtin_add_overflow(v, (uint64_t)d, &v))
			return false;
	}
	*ret = v;
	return p->s > from;
}

/* A decimal number at the right end. */
bool span_take_id_right(struct span *p, int32_t *ret)
{
	const char *to = p->end;
	struct span digits;
	uint64_t v;

	while (p->end > p->s && span_digit(p->end[-1]))
		p->end--;
	digits = (struct span){p->end, to};
	if (!span_take_u64(&digits, &v) || v > INT32_MAX)
		return false;
	*ret = (int32_t)v;
	return true;
}
