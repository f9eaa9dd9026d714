/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading configuration text.
 *
 * DOC: Theory of Operation
 * libinih splits lines into section, key and value, but it cuts lines that are too long, goes on in the old section after a
 * broken header, joins indented lines, and names only the first bad line. So it is fed through a reader that looks at each line
 * first: what inih would get wrong is reported and held back, headers are understood here and held back too, and a line that has to be a
 * setting but did not reach the handler by the time of the next one is a bad line. The reader knows the number of the line that the handler sees.
 */
#include <ctype.h>
#include <ini.h>
#include <stdio.h>

#include "avicd/config.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "base/config-private.h"

/* More than this is no configuration of ours. */
#define FILE_LIMIT (4 * 1024 * 1024)
#define BOM	   "\xef\xbb\xbf"

/*
 * inih's line buffer is 200 bytes, too few for several URIs. Some builds (Debian's) let a program choose; where these are
 * missing the limit stays, and a line that does not fit is reported.
 */
extern bool ini_use_stack __attribute__((weak));
extern int ini_initial_alloc __attribute__((weak));
extern int ini_max_line __attribute__((weak));
#define LINE_BUFFER 4096

void config_problem(struct config_load *l, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_clean_inplace(text);
	l->n_bad++;
	if (l->problem)
		l->problem(l->name, l->line, text, l->userdata);
}

/* The next line that inih may see, without white space around it: [*ret, *ret + result). 0 at the end. */
static size_t next_line(struct config_load *l, size_t max, const char **ret)
{
	while (l->next < l->end && !l->error) {
		const char *s = l->next, *stop = memchr(s, '\n', (size_t)(l->end - s));
		size_t n;

		if (!stop)
			stop = l->end;
		l->next = stop < l->end ? stop + 1 : stop;
		if (++l->line == 1 && stop - s >= 3 && memcmp(s, BOM, 3) == 0)
			s += 3;
		while (s < stop && isspace((unsigned char)*s))
			s++;
		while (stop > s && isspace((unsigned char)stop[-1]))
			stop--;
		n = (size_t)(stop - s);
		if (n == 0 || *s == ';' || *s == '#')
			continue;
		if (*s == '[') {
			config_header(l, s, n, max);
			continue;
		}
		if (l->skip_section || !config_text(l, s, n, max, ""))
			continue;
		l->want_setting = true;
		*ret = s;
		return n;
	}
	return 0;
}

static void report_unseen(struct config_load *l)
{
	if (l->want_setting)
		config_problem(l, "no '=' in this line; accepted: KEY=VALUE");
	l->want_setting = false;
}

static char *read_line(char *buf, int size, void *userdata)
{
	struct config_load *l = userdata;
	const char *s = NULL;
	size_t n;

	report_unseen(l);
	/* Room for the newline and the NUL, and one to spare: inih takes a full buffer for a line that was cut. */
	n = size > 3 ? next_line(l, (size_t)size - 3, &s) : 0;
	if (n == 0)
		return NULL;
	memcpy(buf, s, n);
	buf[n] = '\n';
	buf[n + 1] = '\0';
	return buf;
}

static const struct config_item *find_item(const struct config_load *l, const char *key)
{
	/* the sections of a family have no name of their own in the table */
	bool plain = l->now == l->items;

	for (const struct config_item *i = l->now; i && i->key; i++)
		if (streq(i->key, key) && (!plain || (strlen(i->section) == (size_t)l->section_len &&
						      memcmp(i->section, l->section, l->section_len) == 0)))
			return i;
	return NULL;
}

static int handle(void *userdata, const char *section _unused_, const char *key, const char *value)
{
	struct config_load *l = userdata;
	const struct config_item *item;
	int r;

	/* No second value for one line. */
	if (!l->want_setting || !key || !value)
		return 1;
	l->want_setting = false;
	item = find_item(l, key);
	if (!item) {
		if (l->section)
			config_problem(l, "unknown key \"%.60s\" in section [%.*s]", key, MIN(l->section_len, 60),
				       l->section);
		else
			config_problem(l, "\"%.60s\" stands before the first section header; accepted: below [%s]", key,
				       l->items->section);
		return 1;
	}
	r = item->parse(value, (char *)l->target + item->offset);
	if (r == -ENOMEM)
		l->error = r;
	else if (r == -ERANGE)
		config_problem(l, "%s=%.60s is out of range; accepted: %s", key, value, item->accepts);
	else if (r < 0)
		config_problem(l, "%s=%.60s is not understood; accepted: %s", key, value, item->accepts);
	return 1;
}

static void enlarge_inih(void)
{
	if (!&ini_use_stack || !&ini_initial_alloc || !&ini_max_line)
		return;
	ini_use_stack = false;
	ini_initial_alloc = LINE_BUFFER;
	ini_max_line = LINE_BUFFER;
}

static int load_text(struct config_load *l, const char *text, size_t len)
{
	int r;

	l->next = text;
	l->end = text + len;
	l->line = 0;
	l->want_setting = l->skip_section = false;
	l->section = NULL;
	l->section_len = 0;
	l->now = NULL;
	enlarge_inih();
	r = ini_parse_stream(read_line, l, handle, l);
	if (r == -2)
		return -ENOMEM;
	return l->error;
}

int config_load_buffer(const struct config_item *items, void *settings, const char *name, const char *text,
		       config_problem_fn problem, void *userdata)
{
	struct config_load l = {
		.items = items, .settings = settings, .name = name, .problem = problem, .userdata = userdata};
	int r = load_text(&l, text, strlen(text));

	return r < 0 ? r : l.n_bad;
}

static void strv_free_p(char ***list)
{
	strv_free(*list);
}

int config_load(const struct config_item *items, void *settings, const char *root, config_problem_fn problem,
		void *userdata)
{
	struct config_load l = {.items = items, .settings = settings, .problem = problem, .userdata = userdata};
	_cleanup_(strv_free_p) char **files = NULL;
	int r, failed = 0;
	bool any = false;

	r = config_files(root, &files);
	if (r < 0)
		return r;
	for (char **f = files; *f; f++) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		l.name = *f;
		l.line = 0;
		r = file_read(*f, FILE_LIMIT, &text, &len);
		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			failed = r;
			config_problem(&l, "cannot be read: %s", strerror(-r));
			continue;
		}
		any = true;
		r = load_text(&l, text, len);
		if (r < 0)
			return r;
	}
	return failed && !any ? failed : l.n_bad;
}
