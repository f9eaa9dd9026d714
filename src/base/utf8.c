/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8: what is well-formed, and what may be shown on a terminal or written as one line. */
#include "avicd/text.h"

/*
 * Length of the well-formed character at @s (1 to 4), its code point in @ret; 0 for a byte that begins none.
 * Overlong forms, surrogates and what lies above U+10FFFF are not well-formed.
 */
static size_t utf8_decode(const unsigned char *s, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;
	size_t len;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*ret = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return 0;
	c = s[0] & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

/* Controls, and the format characters that end a line or turn the order of what follows: a name could forge a line with them. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* @out may be @s: what is written never overtakes what is read. Returns the length without the NUL. */
static size_t clean(const char *s, size_t n, size_t max, char *out)
{
	size_t o = 0;

	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t len = utf8_decode((const unsigned char *)s + i, n - i, &c);
		bool bad = len == 0 || is_control(c);

		if (len == 0)
			len = 1;
		if (o + (bad ? 1 : len) > max)
			break;
		if (bad) {
			out[o++] = '?';
		} else {
			memmove(out + o, s + i, len);
			o += len;
		}
		i += len;
	}
	out[o] = '\0';
	return o;
}

int text_clean(const char *s, size_t max, char **ret)
{
	/* A bound on what is looked at, too: four bytes at most make one that is kept. */
	size_t n = max < SIZE_MAX / 8 ? strnlen(s, max * 4 + 4) : strlen(s);
	char *out;

	out = malloc(MIN(n, max) + 1);
	if (!out)
		return -ENOMEM;
	clean(s, n, max, out);
	*ret = out;
	return 0;
}

void text_clean_inplace(char *s)
{
	size_t n = strlen(s);

	clean(s, n, n, s);
}

bool text_is_utf8(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t len = utf8_decode((const unsigned char *)s + i, n - i, &c);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}
