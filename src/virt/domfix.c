/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corrections of a domain's XML: which bytes of its text become which. */
#include <assert.h>
#include <stdio.h>

#include "avicd/domfix.h"
#include "avicd/text.h"
#include "virt/domscan.h"

static const char *const fix_str[] = {
	[DOMFIX_PIT] = "pit",
	[DOMFIX_IOMMU] = "iommu",
	[DOMFIX_HYPERV] = "hyperv",
	[DOMFIX_X2APIC] = "x2apic-id",
};
static_assert(ARRAY_SIZE(fix_str) == _DOMFIX_MAX, "a correction without a word");

const char *domfix_to_string(enum domfix fix)
{
	return fix_str[fix];
}

void domfix_done(struct domfix_edits *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->list[i].text);
	e->n = 0;
}

/* The text, its elements, and the edits so far; the first error stays. */
struct plan {
	struct domscan *s;
	struct domfix_edits edits;
	struct text domain; /* new elements of the domain itself */
	int error;
};

static void edit(struct plan *p, size_t at, size_t removed, const char *text)
{
	struct domfix_edit e = {.at = at, .removed = removed};
	size_t i = p->edits.n;

	if (p->error)
		return;
	if (i == DOMFIX_EDITS_MAX) {
		p->error = -E2BIG;
		return;
	}
	e.text = strdup(text);
	if (!e.text) {
		p->error = -ENOMEM;
		return;
	}
	for (; i > 0 && p->edits.list[i - 1].at > at; i--)
		p->edits.list[i] = p->edits.list[i - 1];
	p->edits.list[i] = e;
	p->edits.n++;
}

/* Where the line of @at begins, when nothing but blanks stands before @at in it. */
static bool begins_line(const struct plan *p, size_t at, size_t *ret_line)
{
	size_t i = at;

	while (i > 0 && (p->s->xml[i - 1] == ' ' || p->s->xml[i - 1] == '\t'))
		i--;
	*ret_line = i;
	return i > 0 && p->s->xml[i - 1] == '\n';
}

/*
 * @lines, indented by two blanks a level, as they look behind @indent; @deeper: one level below it. Without lines of their own everything stands
 * in one.
 */
static void add_lines(struct text *t, const char *lines, const char *indent, size_t n, bool deeper, bool own)
{
	const char *step = n > 0 && memchr(indent, '\t', n) ? "\t" : "  ";

	for (const char *end; *lines; lines = *end ? end + 1 : end) {
		size_t level = strspn(lines, " ") / 2;

		end = strchrnul(lines, '\n');
		if (own) {
			text_addn(t, indent, n);
			for (size_t i = 0; i < level + deeper; i++)
				text_add(t, step);
		}
		text_addn(t, lines + 2 * level, (size_t)(end - lines) - 2 * level);
		if (own)
			text_add(t, "\n");
	}
}

static void edit_text(struct plan *p, size_t at, size_t removed, struct text *t)
{
	if (t->error)
		p->error = t->error;
	else
		edit(p, at, removed, t->s ?: "");
}

/* New last children of @e. */
static void add_children(struct plan *p, const struct domscan_element *e, const char *lines)
{
	_cleanup_text_ struct text t = {0};
	const char *xml = p->s->xml;
	size_t line, name = 0;
	bool own;

	if (!e->empty) {
		own = begins_line(p, e->close, &line);
		add_lines(&t, lines, xml + line, e->close - line, true, own);
		edit_text(p, own ? line : e->close, 0, &t);
		return;
	}
	own = begins_line(p, e->start, &line);
	while (xml[e->start + 1 + name] != '/' && xml[e->start + 1 + name] > ' ')
		name++;
	text_add(&t, own ? ">\n" : ">");
	add_lines(&t, lines, xml + line, e->start - line, true, own);
	if (own)
		text_addn(&t, xml + line, e->start - line);
	text_add(&t, "</");
	text_addn(&t, xml + e->start + 1, name);
	text_add(&t, ">");
	edit_text(p, e->open - 2, 2, &t);
}

static void add_to_domain(struct plan *p, const char *lines)
{
	text_addf(&p->domain, "%s\n", lines);
}

/* All new elements of the domain itself in one edit, before <devices>, where a person looks for them. */
static void finish_domain(struct plan *p)
{
	const struct domscan_element *devices = domscan_find(p->s, "domain/devices", NULL);
	_cleanup_text_ struct text t = {0};
	size_t line;
	bool own;

	if (p->domain.error)
		p->error = p->domain.error;
	if (p->error || !p->domain.len)
		return;
	if (!devices) {
		add_children(p, p->s->list, p->domain.s);
		return;
	}
	own = begins_line(p, devices->start, &line);
	add_lines(&t, p->domain.s, p->s->xml + line, devices->start - line, false, own);
	edit_text(p, own ? line : devices->start, 0, &t);
}

static void set_attribute(struct plan *p, const struct domscan_element *e, const char *name, const char *value)
{
	_cleanup_text_ struct text t = {0};
	struct domscan_value v;
	size_t at = e->open - (e->empty ? 2 : 1);

	if (domscan_attribute(p->s, e, name, &v)) {
		if (!domscan_attribute_is(p->s, e, name, value))
			edit(p, v.at, v.len, value);
		return;
	}
	/* right behind the last attribute */
	while (strchr(" \t\r\n", p->s->xml[at - 1]))
		at--;
	text_addf(&t, " %s='%s'", name, value);
	edit_text(p, at, 0, &t);
}

static void fix_pit(struct plan *p)
{
	const struct domscan_element *timer = NULL, *clock = domscan_find(p->s, "domain/clock", NULL);
	bool found = false;

	while ((timer = domscan_find(p->s, "domain/clock/timer", timer)))
		if (domscan_attribute_is(p->s, timer, "name", "pit")) {
			set_attribute(p, timer, "tickpolicy", "discard");
			found = true;
		}
	if (found)
		return;
	if (clock)
		add_children(p, clock, "<timer name='pit' tickpolicy='discard'/>");
	else
		add_to_domain(p, "<clock offset='utc'>\n  <timer name='pit' tickpolicy='discard'/>\n</clock>");
}

static void fix_ioapic(struct plan *p)
{
	const struct domscan_element *ioapic = domscan_find(p->s, "domain/features/ioapic", NULL),
				     *features = domscan_find(p->s, "domain/features", NULL);

	if (ioapic)
		set_attribute(p, ioapic, "driver", "qemu");
	else if (features)
		add_children(p, features, "<ioapic driver='qemu'/>");
	else
		add_to_domain(p, "<features>\n  <ioapic driver='qemu'/>\n</features>");
}

static void fix_iommu(struct plan *p)
{
	const struct domscan_element *iommu = domscan_find(p->s, "domain/devices/iommu", NULL),
				     *devices = domscan_find(p->s, "domain/devices", NULL),
				     *driver = domscan_find(p->s, "domain/devices/iommu/driver", NULL);
	bool amd = iommu && domscan_attribute_is(p->s, iommu, "model", "amd");
	const char *wide = amd ? "xtsup" : "eim";

	/* one of another model is there for a reason that nobody knows here */
	if (iommu && !amd && !domscan_attribute_is(p->s, iommu, "model", "intel"))
		return;
	fix_ioapic(p);
	if (driver) {
		set_attribute(p, driver, "intremap", "on");
		set_attribute(p, driver, wide, "on");
	} else if (iommu) {
		add_children(p, iommu, amd ? "<driver intremap='on' xtsup='on'/>" : "<driver intremap='on' eim='on'/>");
	} else if (devices) {
		add_children(p, devices, "<iommu model='intel'>\n  <driver intremap='on' eim='on'/>\n</iommu>");
	} else {
		add_to_domain(p, "<devices>\n  <iommu model='intel'>\n    <driver intremap='on' eim='on'/>\n  "
				 "</iommu>\n</devices>");
	}
}

static void fix_hyperv(struct plan *p)
{
	const struct domscan_element *avic = domscan_find(p->s, "domain/features/hyperv/avic", NULL),
				     *hyperv = domscan_find(p->s, "domain/features/hyperv", NULL);
	struct domscan_value mode;

	/* in other modes libvirt does not read what is below */
	if (!hyperv ||
	    (domscan_attribute(p->s, hyperv, "mode", &mode) && !domscan_attribute_is(p->s, hyperv, "mode", "custom")))
		return;
	if (avic)
		set_attribute(p, avic, "state", "on");
	else
		add_children(p, hyperv, "<avic state='on'/>");
}

static void fix_x2apic(struct plan *p)
{
	const struct domscan_element *f = NULL;

	while ((f = domscan_find(p->s, "domain/cpu/feature", f))) {
		size_t line, end = f->end;

		if (!domscan_attribute_is(p->s, f, "name", "x2apic"))
			continue;
		while (end < p->s->len && (p->s->xml[end] == ' ' || p->s->xml[end] == '\t'))
			end++;
		/* with its line, where it has one of its own */
		if (begins_line(p, f->start, &line) && end < p->s->len && p->s->xml[end] == '\n')
			edit(p, line, end + 1 - line, "");
		else
			edit(p, f->start, f->end - f->start, "");
	}
}

int domfix_plan(const char *xml, size_t len, uint32_t fixes, struct domfix_edits *ret)
{
	static void (*const fix[_DOMFIX_MAX])(struct plan * p) = {
		[DOMFIX_PIT] = fix_pit,
		[DOMFIX_IOMMU] = fix_iommu,
		[DOMFIX_HYPERV] = fix_hyperv,
		[DOMFIX_X2APIC] = fix_x2apic,
	};
	_cleanup_free_ struct domscan *s = malloc(sizeof(*s));
	struct plan p = {.s = s};
	int r;

	if (!s)
		return -ENOMEM;
	/* UTF-16 and its like: their bytes are no characters */
	if (memchr(xml, '\0', len))
		return -ENOTSUP;
	r = domscan(xml, len, s);
	if (r < 0)
		return r;
	if (s->n == 0 || !streq(s->list[0].path, "domain"))
		return -ENOTSUP;
	for (int i = 0; i < _DOMFIX_MAX; i++)
		if (fixes >> i & 1)
			fix[i](&p);
	finish_domain(&p);
	text_done(&p.domain);
	if (p.error) {
		domfix_done(&p.edits);
		return p.error;
	}
	*ret = p.edits;
	return 0;
}
