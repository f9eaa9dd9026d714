/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tags of a well-formed XML text and their offsets: comments, CDATA and instructions are stepped over, foreign name spaces too. */
#include <string.h>

#include "avicd/util.h"
#include "virt/domscan.h"

#define DEPTH_MAX 5
#define STEP_MAX  128 /* of a path */

static const char *const interesting[] = {
	"domain",
	"domain/features",
	"domain/features/ioapic",
	"domain/features/hyperv",
	"domain/features/hyperv/avic",
	"domain/clock",
	"domain/clock/timer",
	"domain/cpu",
	"domain/cpu/feature",
	"domain/devices",
	"domain/devices/iommu",
	"domain/devices/iommu/driver",
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool at(const struct domscan *s, size_t i, const char *word)
{
	size_t n = strlen(word);

	return s->len - i >= n && memcmp(s->xml + i, word, n) == 0;
}

/* Behind the next @word from @i on; 0: there is none. */
static size_t behind(const struct domscan *s, size_t i, const char *word)
{
	const char *p = memmem(s->xml + i, s->len - i, word, strlen(word));

	return p ? (size_t)(p - s->xml) + strlen(word) : 0;
}

/* Behind the '>' of the tag at @i; one in quotes does not count. */
static size_t tag_end(const struct domscan *s, size_t i)
{
	char quote = 0;

	for (; i < s->len; i++) {
		char c = s->xml[i];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return i + 1;
	}
	return 0;
}

static size_t name_length(const struct domscan *s, size_t i)
{
	size_t start = i;

	while (i < s->len && !is_space(s->xml[i]) && s->xml[i] != '>' && s->xml[i] != '/')
		i++;
	return i - start;
}

bool domscan_attribute(const struct domscan *s, const struct domscan_element *e, const char *name,
		       struct domscan_value *ret)
{
	size_t i = e->start + 1 + name_length(s, e->start + 1), end = e->open - 1;

	while (i < end) {
		size_t start, n;
		const char *close;

		while (i < end && (is_space(s->xml[i]) || s->xml[i] == '/'))
			i++;
		start = i;
		while (i < end && s->xml[i] != '=' && !is_space(s->xml[i]))
			i++;
		n = i - start;
		while (i < end && s->xml[i] != '"' && s->xml[i] != '\'')
			i++;
		close = i < end ? memchr(s->xml + i + 1, s->xml[i], end - i - 1) : NULL;
		if (!close)
			return false;
		if (n == strlen(name) && memcmp(s->xml + start, name, n) == 0) {
			*ret = (struct domscan_value){.at = i + 1, .len = (size_t)(close - s->xml) - i - 1};
			return true;
		}
		i = (size_t)(close - s->xml) + 1;
	}
	return false;
}

bool domscan_attribute_is(const struct domscan *s, const struct domscan_element *e, const char *name, const char *value)
{
	struct domscan_value v;

	return domscan_attribute(s, e, name, &v) && v.len == strlen(value) && memcmp(s->xml + v.at, value, v.len) == 0;
}

/* The path that the walk is on. */
struct walk {
	size_t depth;	/* open elements */
	size_t foreign; /* depth from which on nothing is libvirt's; 0: all is */
	char path[DEPTH_MAX * STEP_MAX];
	size_t len[DEPTH_MAX + 1]; /* of the path at each depth */
	size_t element[DEPTH_MAX]; /* index of the element of each depth, or DOMSCAN_MAX */
};

static int open_element(struct domscan *s, struct walk *w, size_t start, size_t end, bool empty)
{
	struct domscan_element e = {.start = start, .open = end, .close = end, .end = end, .empty = empty};
	size_t n = name_length(s, start + 1), len, depth = w->depth++;
	struct domscan_value v;

	if (!w->foreign && (depth >= DEPTH_MAX || n >= STEP_MAX - 1 || memchr(s->xml + start + 1, ':', n) ||
			    (domscan_attribute(s, &e, "xmlns", &v) && v.len > 0)))
		w->foreign = depth + 1;
	if (w->foreign)
		return 0;
	len = w->len[depth];
	if (depth > 0)
		w->path[len++] = '/';
	memcpy(w->path + len, s->xml + start + 1, n);
	w->len[depth + 1] = len + n;
	w->path[len + n] = '\0';
	w->element[depth] = DOMSCAN_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(interesting); i++) {
		if (!streq(w->path, interesting[i]))
			continue;
		if (s->n == DOMSCAN_MAX)
			return -E2BIG;
		e.path = interesting[i];
		w->element[depth] = s->n;
		s->list[s->n++] = e;
	}
	return 0;
}

static int close_element(struct domscan *s, struct walk *w, size_t start, size_t end)
{
	size_t depth;

	if (w->depth == 0)
		return -EBADMSG;
	depth = --w->depth;
	if (w->foreign) {
		if (w->foreign == depth + 1)
			w->foreign = 0;
		return 0;
	}
	if (w->element[depth] < DOMSCAN_MAX) {
		s->list[w->element[depth]].close = start;
		s->list[w->element[depth]].end = end;
	}
	w->path[w->len[depth]] = '\0';
	return 0;
}

int domscan(const char *xml, size_t len, struct domscan *ret)
{
	struct domscan *s = ret;
	struct walk w = {0};
	size_t i = 0;
	int r = 0;

	s->xml = xml;
	s->len = len;
	s->n = 0;
	while (r == 0 && i < len) {
		const char *p = memchr(xml + i, '<', len - i);
		size_t start, end;

		if (!p)
			break;
		start = (size_t)(p - xml);
		if (at(s, start, "<!--"))
			end = behind(s, start + 4, "-->");
		else if (at(s, start, "<![CDATA["))
			end = behind(s, start + 9, "]]>");
		else if (at(s, start, "<?"))
			end = behind(s, start + 2, "?>");
		else
			end = tag_end(s, start);
		if (!end)
			return -EBADMSG;
		if (at(s, start, "</")) {
			r = close_element(s, &w, start, end);
		} else if (!at(s, start, "<!") && !at(s, start, "<?")) {
			bool empty = xml[end - 2] == '/';

			r = open_element(s, &w, start, end, empty);
			if (r == 0 && empty)
				r = close_element(s, &w, end, end);
		}
		i = end;
	}
	return r < 0 ? r : w.depth ? -EBADMSG : 0;
}

const struct domscan_element *domscan_find(const struct domscan *s, const char *path,
					   const struct domscan_element *after)
{
	for (size_t i = after ? (size_t)(after - s->list) + 1 : 0; i < s->n; i++)
		if (streq(s->list[i].path, path))
			return &s->list[i];
	return NULL;
}
