/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text on a terminal: how wide it is, and sentences broken into lines. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <wchar.h>

#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/ctl.h"

#define WIDTH_DEFAULT 80
#define WIDTH_MIN     40
#define WIDTH_MAX     10000

size_t ctl_width(void)
{
	static size_t cached; /* a pager that takes the place of stdout later must not change it */
	const char *columns;
	struct winsize ws;
	uint64_t n;

	columns = getenv("COLUMNS");
	if (columns && parse_u64(columns, &n) >= 0 && n > 0)
		return MAX(WIDTH_MIN, MIN(n, WIDTH_MAX));
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) >= 0 && ws.ws_col > 0)
		cached = MAX((size_t)WIDTH_MIN, ws.ws_col);
	return cached ?: WIDTH_DEFAULT;
}

/* Length of the colour sequence at @s, which takes no room; 0: there is none. */
static size_t escape_length(const char *s, size_t left)
{
	size_t i = 2;

	if (left < 3 || s[0] != '\033' || s[1] != '[')
		return 0;
	while (i < left && s[i] != 'm')
		i++;
	return i < left ? i + 1 : 0;
}

size_t ctl_text_width(const char *s, size_t n)
{
	size_t columns = 0, left = strnlen(s, n);
	mbstate_t state = {0};

	while (left > 0) {
		size_t len = escape_length(s, left);
		wchar_t wc;
		int w = 1;

		if (len > 0) {
			s += len;
			left -= len;
			continue;
		}
		len = mbrtowc(&wc, s, left, &state);
		if (len == (size_t)-1 || len == (size_t)-2 || len == 0) {
			/* not a character of this locale: one column a byte, and start over behind it */
			memset(&state, 0, sizeof(state));
			len = 1;
		} else {
			w = wcwidth(wc);
		}
		columns += w > 0 ? w : 0;
		s += len;
		left -= len;
	}
	return columns;
}

void ctl_wrap(FILE *f, const char *text, size_t first, size_t indent, size_t width)
{
	size_t column = first;
	bool empty = true; /* no word in this line yet */

	for (;;) {
		size_t len, w;

		text += strspn(text, " \t\n");
		len = strcspn(text, " \t\n");
		if (len == 0)
			break;
		w = ctl_text_width(text, len);
		if (!empty && column + 1 + w > width) {
			fprintf(f, "\n%*s", (int)indent, "");
			column = indent;
			empty = true;
		}
		if (!empty) {
			fputc(' ', f);
			column++;
		}
		fwrite(text, 1, len, f);
		column += w;
		empty = false;
		text += len;
	}
	fputc('\n', f);
}
