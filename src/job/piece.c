/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One element of libvirt's XML, by its path. */
#include <stdio.h>

#include "avicd/text.h"
#include "job/piece.h"
#include "virt/xmlreader.h"

struct piece {
	const char *path, *attribute;
	bool copy;		/* the element itself */
	struct text out, names; /* names: those of open elements in it, "/cpu/topology" */
	int depth;		/* of the element */
	bool found, tag;	/* tag: it has no '>' yet */
};

/* The part of @path at @depth is @name. *ret_last: nothing follows. */
static bool at_path(const char *path, int depth, const char *name, bool *ret_last)
{
	size_t len;

	for (; depth > 0; depth--) {
		path = strchr(path, '/');
		if (!path)
			return false;
		path++;
	}
	len = strcspn(path, "/");
	*ret_last = !path[len];
	return strlen(name) == len && strncmp(path, name, len) == 0;
}

static void escape(struct text *t, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '<')
			text_add(t, "&lt;");
		else if (s[i] == '&')
			text_add(t, "&amp;");
		else if (s[i] == '\'')
			text_add(t, "&apos;");
		else
			text_addn(t, &s[i], 1);
	}
}

static void end_tag(struct piece *p)
{
	if (p->tag)
		text_add(&p->out, ">");
	p->tag = false;
}

static int copy_start(struct piece *p, const char *name, const char *const *attributes)
{
	end_tag(p);
	text_addf(&p->out, "<%s", name);
	text_addf(&p->names, "/%s", name);
	for (; *attributes; attributes += 2) {
		text_addf(&p->out, " %s='", attributes[0]);
		escape(&p->out, attributes[1], strlen(attributes[1]));
		text_add(&p->out, "'");
	}
	p->tag = true;
	return p->out.error ?: p->names.error;
}

static void copy_end(struct piece *p)
{
	char *name = p->names.s ? strrchr(p->names.s, '/') : NULL;

	if (!name)
		return;
	if (p->tag)
		text_add(&p->out, "/>");
	else
		text_addf(&p->out, "</%s>", name + 1);
	p->tag = false;
	*name = '\0';
	p->names.len = (size_t)(name - p->names.s);
}

static int on_start(void *userdata, int depth, const char *uri, const char *name, const char *const *attributes)
{
	struct piece *p = userdata;
	const char *value;
	bool last;

	if (*uri || (p->found && !p->copy))
		return XMLREADER_SKIP;
	if (p->found)
		return copy_start(p, name, attributes);
	if (!at_path(p->path, depth, name, &last))
		return XMLREADER_SKIP;
	if (!last)
		return 0;
	p->found = true;
	p->depth = depth;
	if (p->copy)
		return copy_start(p, name, attributes);
	if (!p->attribute)
		return 0;
	value = xmlreader_attribute(attributes, p->attribute);
	p->found = value;
	text_add(&p->out, value ?: "");
	return XMLREADER_ENOUGH;
}

static int on_text(void *userdata, int depth _unused_, const char *s, size_t len)
{
	struct piece *p = userdata;

	if (!p->found)
		return 0;
	if (p->copy) {
		end_tag(p);
		escape(&p->out, s, len);
	} else {
		text_addn(&p->out, s, len);
	}
	return p->out.error;
}

static int on_end(void *userdata, int depth)
{
	struct piece *p = userdata;

	if (!p->found)
		return 0;
	if (p->copy)
		copy_end(p);
	return p->out.error ?: depth == p->depth ? XMLREADER_ENOUGH : 0;
}

static int look(const char *xml, struct piece *p)
{
	static const struct xmlreader_calls calls = {on_start, on_text, on_end};
	int r = xmlreader_walk(xml, strlen(xml), &calls, p);

	text_done(&p->names);
	return r < 0 ? r : p->found ? p->out.error : -ENOENT;
}

static int find(const char *xml, struct piece *p, char *ret, size_t size)
{
	int r = look(xml, p);

	if (r == 0 && p->out.len >= size)
		r = -EMSGSIZE;
	if (r == 0)
		memcpy(ret, p->out.s ?: "", p->out.len + 1);
	text_done(&p->out);
	return r;
}

int piece_copy(const char *xml, const char *path, char **ret)
{
	struct piece p = {.path = path, .copy = true};
	int r = look(xml, &p);

	if (r == 0)
		r = text_take(&p.out, ret);
	text_done(&p.out);
	return r;
}

int piece_text(const char *xml, const char *path, char *ret, size_t size)
{
	return find(xml, &(struct piece){.path = path}, ret, size);
}

int piece_attribute(const char *xml, const char *path, const char *name, char *ret, size_t size)
{
	return find(xml, &(struct piece){.path = path, .attribute = name}, ret, size);
}
