/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading configuration text.
 *
 * DOC: Theory of Operation
 * libinih splits lines into section, key and value, but it cuts lines that are too long, goes on in the old section after a
 * broken header, joins indented lines, and names only the first bad line. So it is fed through a reader that looks at each line
 * first: what inih would get wrong is reported and held back, and a line that has to be a setting but did not reach the handler
 * by the time of the next one is a bad line. The reader knows the number of the line that the handler sees.
 */
#include <ctype.h>
#include <ini.h>
#include <stdio.h>

#include "avicd/config.h"
#include "avicd/file.h"
#include "avicd/text.h"

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

struct load {
	const struct config_item *items;
	void *settings;
	const char *name;
	config_problem_fn problem;
	void *userdata;
	int n_bad;
	int error; /* -ENOMEM ends the load */

	const char *next; /* text not yet read */
	const char *end;
	unsigned line;
	bool want_setting; /* this line has to reach the handler */
	bool skip_section; /* its header was reported: the settings below it are not looked at */
};

static void problem_at(struct load *l, const char *fmt, ...) _printf_(2, 3);
static void problem_at(struct load *l, const char *fmt, ...)
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

static bool section_is_known(const struct load *l, const char *name, size_t n)
{
	for (const struct config_item *i = l->items; i->key; i++)
		if (strlen(i->section) == n && memcmp(i->section, name, n) == 0)
			return true;
	return false;
}

/* What keeps any line from inih. @below is said of a header in addition. */
static bool check_text(struct load *l, const char *s, size_t n, size_t max, const char *below)
{
	if (memchr(s, '\0', n))
		problem_at(l, "a NUL byte in this line%s", below);
	else if (!text_is_utf8(s, n))
		problem_at(l, "this line is not UTF-8 text%s", below);
	else if (n > max)
		problem_at(l, "this line has %zu bytes; accepted: up to %zu%s", n, max, below);
	else
		return true;
	return false;
}

/* "[name]": a header that is not understood must not leave its settings to the section before it. */
static bool check_header(struct load *l, const char *s, size_t n, size_t max)
{
	static const char below[] = "; the settings below it are ignored";
	const char *close = memchr(s, ']', n), *rest;
	size_t name;

	l->skip_section = true;
	if (!check_text(l, s, n, max, below))
		return false;
	if (!close) {
		problem_at(l, "']' is missing in the section header%s", below);
		return false;
	}
	for (rest = close + 1; rest < s + n && isspace((unsigned char)*rest); rest++)
		;
	if (rest < s + n && *rest != ';' && *rest != '#') {
		problem_at(l, "text after a section header%s", below);
		return false;
	}
	name = (size_t)(close - s) - 1;
	if (!section_is_known(l, s + 1, name)) {
		problem_at(l, "unknown section [%.*s]%s; accepted: [%s]", (int)MIN(name, (size_t)60), s + 1, below,
			   l->items->section);
		return false;
	}
	l->skip_section = false;
	return true;
}

/* The next line that inih may see, without white space around it: [*ret, *ret + result). 0 at the end. */
static size_t next_line(struct load *l, size_t max, const char **ret)
{
	while (l->next < l->end && !l->error) {
		const char *s = l->next, *stop = memchr(s, '\n', (size_t)(l->end - s));
		bool header;
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
		header = *s == '[';
		if (header ? !check_header(l, s, n, max) : l->skip_section || !check_text(l, s, n, max, ""))
			continue;
		l->want_setting = !header;
		*ret = s;
		return n;
	}
	return 0;
}

static void report_unseen(struct load *l)
{
	if (l->want_setting)
		problem_at(l, "no '=' in this line; accepted: KEY=VALUE");
	l->want_setting = false;
}

static char *read_line(char *buf, int size, void *userdata)
{
	struct load *l = userdata;
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

static const struct config_item *find_item(const struct load *l, const char *section, const char *key)
{
	for (const struct config_item *i = l->items; i->key; i++)
		if (streq(i->section, section) && streq(i->key, key))
			return i;
	return NULL;
}

static int handle(void *userdata, const char *section, const char *key, const char *value)
{
	struct load *l = userdata;
	const struct config_item *item;
	int r;

	/* No second value for one line, and none for a header: builds of inih that call us for these get no further. */
	if (!l->want_setting)
		return 1;
	if (!key || !value)
		return 1;
	l->want_setting = false;
	item = find_item(l, section, key);
	if (!item) {
		if (*section)
			problem_at(l, "unknown key \"%.60s\" in section [%s]", key, section);
		else
			problem_at(l, "\"%.60s\" stands before the first section header; accepted: below [%s]", key,
				   l->items->section);
		return 1;
	}
	r = item->parse(value, (char *)l->settings + item->offset);
	if (r == -ENOMEM)
		l->error = r;
	else if (r == -ERANGE)
		problem_at(l, "%s=%.60s is out of range; accepted: %s", key, value, item->accepts);
	else if (r < 0)
		problem_at(l, "%s=%.60s is not understood; accepted: %s", key, value, item->accepts);
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

static int load_text(struct load *l, const char *text, size_t len)
{
	int r;

	l->next = text;
	l->end = text + len;
	l->line = 0;
	l->want_setting = l->skip_section = false;
	enlarge_inih();
	r = ini_parse_stream(read_line, l, handle, l);
	if (r == -2)
		return -ENOMEM;
	return l->error;
}

int config_load_buffer(const struct config_item *items, void *settings, const char *name, const char *text,
		       config_problem_fn problem, void *userdata)
{
	struct load l = {.items = items, .settings = settings, .name = name, .problem = problem, .userdata = userdata};
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
	struct load l = {.items = items, .settings = settings, .problem = problem, .userdata = userdata};
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
			problem_at(&l, "cannot be read: %s", strerror(-r));
			continue;
		}
		any = true;
		r = load_text(&l, text, len);
		if (r < 0)
			return r;
	}
	return failed && !any ? failed : l.n_bad;
}
