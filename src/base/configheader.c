/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section headers of configuration text: which keys hold below one, and what a header that is not understood takes with it. */
#include <ctype.h>

#include "avicd/text.h"
#include "base/config-private.h"

static const struct config_family *family_of(const struct config_item *items)
{
	while (items->key)
		items++;
	return items->family;
}

/* What keeps any line from inih. @below is said of a header in addition. */
bool config_text(struct config_load *l, const char *s, size_t n, size_t max, const char *below)
{
	if (memchr(s, '\0', n))
		config_problem(l, "a NUL byte in this line%s", below);
	else if (!text_is_utf8(s, n))
		config_problem(l, "this line is not UTF-8 text%s", below);
	else if (n > max)
		config_problem(l, "this line has %zu bytes; accepted: up to %zu%s", n, max, below);
	else
		return true;
	return false;
}

/*
 * The ']' of a header: the first with nothing but a comment behind it, because a pattern may have some of its own. NULL, and *@any: there are
 * others.
 */
static const char *header_end(const char *s, size_t n, bool *any)
{
	const char *end = s + n, *close = s;

	*any = false;
	while ((close = memchr(close, ']', (size_t)(end - close)))) {
		const char *rest = ++close;

		*any = true;
		while (rest < end && isspace((unsigned char)*rest))
			rest++;
		if (rest == end || *rest == ';' || *rest == '#')
			return close - 1;
	}
	return NULL;
}

static void begin_section(struct config_load *l, const struct config_item *items, void *target)
{
	l->skip_section = false;
	l->now = items;
	l->target = target;
}

/* "domain web*" of a family "domain"; false: it is none of that. */
static bool begin_of_family(struct config_load *l, const char *name, size_t n, const char *below)
{
	const struct config_family *f = family_of(l->items);
	size_t word = f ? strlen(f->word) : 0;
	_cleanup_free_ char *rest = NULL;
	void *target;
	int r;

	if (!f || n <= word || memcmp(name, f->word, word) != 0 || !isspace((unsigned char)name[word]))
		return false;
	rest = strndup(name + word, n - word);
	r = rest ? f->begin(l->settings, strip(rest), l->name, l->line, &target) : -ENOMEM;
	if (r == 0)
		begin_section(l, f->items, target);
	else if (r == -ENOMEM)
		l->error = r;
	else if (r == -E2BIG)
		config_problem(l, "too many [%s NAME] sections%s", f->word, below);
	else
		config_problem(l, "[%s %.60s] is not understood%s; accepted: %s", f->word, strip(rest), below,
			       f->accepts);
	return true;
}

/* "[name]": a header that is not understood must not leave its settings to the section before it. */
void config_header(struct config_load *l, const char *s, size_t n, size_t max)
{
	static const char below[] = "; the settings below it are ignored";
	const struct config_family *family = family_of(l->items);
	const char *close;
	bool any;

	l->skip_section = true;
	if (!config_text(l, s, n, max, below))
		return;
	close = header_end(s, n, &any);
	if (!close) {
		config_problem(l, "%s%s", any ? "text after a section header" : "']' is missing in the section header",
			       below);
		return;
	}
	l->section = s + 1;
	l->section_len = (int)(close - s) - 1;
	for (const struct config_item *i = l->items; i->key; i++)
		if (strlen(i->section) == (size_t)l->section_len && memcmp(i->section, s + 1, l->section_len) == 0) {
			begin_section(l, l->items, l->settings);
			return;
		}
	if (!begin_of_family(l, l->section, (size_t)l->section_len, below))
		config_problem(l, "unknown section [%.*s]%s; accepted: [%s]%s%s%s", MIN(l->section_len, 60), l->section,
			       below, l->items->section, family ? " or [" : "", family ? family->word : "",
			       family ? " NAME]" : "");
}
