/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing string, and strip(). */
#include <ctype.h>
#include <stdio.h>

#include "avicd/text.h"

/* Make room for @more bytes and the NUL. */
static bool text_grow(struct text *t, size_t more)
{
	size_t need, size;
	char *s;

	if (t->error)
		return false;
	if (__builtin_add_overflow(t->len, more, &need) || __builtin_add_overflow(need, 1, &need))
		goto fail;
	if (t->s && need <= t->size)
		return true;
	size = MAX(need, MAX(t->size * 2, (size_t)64));
	s = realloc(t->s, size);
	if (!s)
		goto fail;
	t->s = s;
	t->size = size;
	return true;
fail:
	t->error = -ENOMEM;
	return false;
}

void text_addn(struct text *t, const char *s, size_t n)
{
	if (!text_grow(t, n))
		return;
	if (n > 0)
		memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_addn(t, s, strlen(s));
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		t->error = -ENOMEM;
		return;
	}
	if (!text_grow(t, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

int text_take(struct text *t, char **ret)
{
	if (!t->s)
		text_addn(t, "", 0);
	if (t->error) {
		int r = t->error;

		text_done(t);
		return r;
	}
	*ret = t->s;
	*t = (struct text){0};
	return 0;
}

void text_done(struct text *t)
{
	free_p(&t->s);
	*t = (struct text){0};
}

char *strip(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}
