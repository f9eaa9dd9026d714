/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits of a text: carried out, or as a unified diff. The edits are known, so nothing has to be searched for. */
#include "avicd/domfix.h"
#include "avicd/text.h"

#define CONTEXT 3

int domfix_apply(const char *xml, size_t len, const struct domfix_edits *e, char **ret, size_t *ret_len)
{
	struct text t = {0};
	size_t at = 0;

	for (size_t i = 0; i < e->n; i++) {
		text_addn(&t, xml + at, e->list[i].at - at);
		text_add(&t, e->list[i].text);
		at = e->list[i].at + e->list[i].removed;
	}
	text_addn(&t, xml + at, len - at);
	*ret_len = t.len;
	return text_take(&t, ret);
}

/* A change of whole lines: @n_old from @first on (counted from 0) become the lines of @text. */
struct change {
	size_t first, n_old, n_new;
	const char *old, *old_end;
	char *text;
	const char *new, *new_end;
};

static size_t count_lines(const char *s, const char *end)
{
	size_t n = 0;

	for (; s < end; n++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));

		s = nl ? nl + 1 : end;
	}
	return n;
}

static const char *line_end(const char *s, const char *end)
{
	const char *nl = memchr(s, '\n', (size_t)(end - s));

	return nl ? nl + 1 : end;
}

static const char *last_line(const char *s, const char *end)
{
	const char *p = end - 1;

	while (p > s && p[-1] != '\n')
		p--;
	return p;
}

/* Lines that both have at their beginnings and ends are not part of the change. */
static void trim(struct change *c)
{
	while (c->old < c->old_end && c->new < c->new_end) {
		const char *o = line_end(c->old, c->old_end), *n = line_end(c->new, c->new_end);

		if (o - c->old != n - c->new || memcmp(c->old, c->new, (size_t)(o - c->old)) != 0)
			break;
		c->old = o;
		c->new = n;
		c->first++;
	}
	while (c->old < c->old_end && c->new < c->new_end) {
		const char *o = last_line(c->old, c->old_end), *n = last_line(c->new, c->new_end);

		if (c->old_end - o != c->new_end - n || memcmp(o, n, (size_t)(c->old_end - o)) != 0)
			break;
		c->old_end = o;
		c->new_end = n;
	}
	c->n_old = count_lines(c->old, c->old_end);
	c->n_new = count_lines(c->new, c->new_end);
}

static void add_lines(struct text *t, char sign, const char *s, const char *end)
{
	char prefix[2] = {sign, '\0'};

	while (s < end) {
		const char *e = line_end(s, end);

		text_add(t, prefix);
		text_addn(t, s, (size_t)(e - s));
		if (e[-1] != '\n')
			text_add(t, "\n\\ No newline at end of file\n");
		s = e;
	}
}

/* The edits @i to *@ret_next - 1 touch the same lines, or lines next to each other. */
static int make_change(const char *xml, size_t len, const struct domfix_edits *e, size_t i, size_t *ret_next,
		       struct change *ret)
{
	const char *begin = xml + e->list[i].at, *end = xml;
	struct change c = {0};
	struct text t = {0};
	size_t n;

	while (begin > xml && begin[-1] != '\n')
		begin--;
	c.old = begin;
	for (n = i; n < e->n && (n == i || xml + e->list[n].at <= end); n++) {
		const char *at = xml + e->list[n].at, *behind = at + e->list[n].removed;

		text_addn(&t, begin, (size_t)(at - begin));
		text_add(&t, e->list[n].text);
		begin = behind;
		end = line_end(behind, xml + len);
	}
	text_addn(&t, begin, (size_t)(end - begin));
	c.old_end = end;
	c.first = count_lines(xml, c.old);
	if (text_take(&t, &c.text) < 0)
		return -ENOMEM;
	c.new = c.text;
	c.new_end = c.text + strlen(c.text);
	trim(&c);
	*ret_next = n;
	*ret = c;
	return 0;
}

static const char *back(const char *xml, const char *s, size_t *n)
{
	size_t lines = 0;

	for (; lines < CONTEXT && s > xml; lines++)
		s = last_line(xml, s);
	*n = lines;
	return s;
}

/* One hunk: the changes whose contexts touch. @shift: lines that earlier hunks added. */
static void add_hunk(struct text *t, const char *xml, size_t len, const struct change *c, size_t n, long *shift)
{
	_cleanup_text_ struct text body = {0};
	size_t before, n_old, n_new, first;
	const char *at = back(xml, c->old, &before), *end;

	first = c->first - before;
	n_old = n_new = before;
	for (size_t i = 0; i < n; i++) {
		size_t between = i ? count_lines(at, c[i].old) : 0;

		add_lines(&body, ' ', at, c[i].old);
		add_lines(&body, '-', c[i].old, c[i].old_end);
		add_lines(&body, '+', c[i].new, c[i].new_end);
		n_old += between + c[i].n_old;
		n_new += between + c[i].n_new;
		at = c[i].old_end;
	}
	end = at;
	for (int i = 0; i < CONTEXT && end < xml + len; i++) {
		end = line_end(end, xml + len);
		n_old++;
		n_new++;
	}
	add_lines(&body, ' ', at, end);
	text_addf(t, "@@ -%zu,%zu +%ld,%zu @@\n", first + (n_old > 0), n_old, (long)first + *shift + (n_new > 0),
		  n_new);
	text_add(t, body.s ?: "");
	if (body.error)
		t->error = body.error;
	*shift += (long)n_new - (long)n_old;
}

int domfix_diff(const char *xml, size_t len, const struct domfix_edits *e, const char *from, const char *to, char **ret)
{
	struct change changes[DOMFIX_EDITS_MAX];
	size_t n = 0;
	struct text t = {0};
	long shift = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < e->n;) {
		r = make_change(xml, len, e, i, &i, &changes[n]);
		if (r < 0)
			break;
		if (changes[n].n_old || changes[n].n_new)
			n++;
		else
			free(changes[n].text);
	}
	if (r == 0 && n > 0)
		text_addf(&t, "--- %s\n+++ %s\n", from, to);
	for (size_t i = 0, next; r == 0 && i < n; i = next) {
		next = i + 1;
		while (next < n &&
		       changes[next].first - changes[next - 1].first - changes[next - 1].n_old <= 2 * CONTEXT)
			next++;
		add_hunk(&t, xml, len, changes + i, next - i, &shift);
	}
	for (size_t i = 0; i < n; i++)
		free(changes[i].text);
	if (r < 0) {
		text_done(&t);
		return r;
	}
	return text_take(&t, ret);
}
