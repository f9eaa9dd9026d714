/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as lines for people: cause, remedy, in a few hundred bytes. */
#include <ctype.h>
#include <stdio.h>

#include "avicd/log.h"
#include "avicd/reasons.h"
#include "hook/say.h"

#define NAME_LIMIT 64
#define LINE_LIMIT 240
#define LIST_LIMIT 900 /* of causes and of remedies in the journal */
#define LAST_LIMIT 200 /* kept free for the last line */

/* WARN of these says what a guest may do, or what else is odd: not why AVIC will not work. qemu-args also repeats what
 * may be a secret. */
static const char *const aside[] = {"qemu-args", "policy", "hyperv", "svm"};

static bool is_cause(const struct finding *f, enum grade grade)
{
	for (size_t i = 0; i < ARRAY_SIZE(aside); i++)
		if (streq(f->id, aside[i]))
			return false;
	return f->grade == grade;
}

/* XML of several lines as one. */
static int one_line(const char *s, size_t max, char **ret)
{
	_cleanup_text_ struct text t = {0};

	for (bool gap = false; *s; s++) {
		if (isspace((unsigned char)*s)) {
			gap = true;
			continue;
		}
		if (gap && t.len)
			text_addn(&t, " ", 1);
		text_addn(&t, s, 1);
		gap = false;
	}
	return t.error ?: text_clean(t.s ?: "", max, ret);
}

/* Whole lines only: half an XML element helps nobody. */
static bool add_line(struct text *t, const char *what, const char *line)
{
	size_t n = strlen("avicd: ") + strlen(what) + strlen(line) + 1;

	if (t->len + n > SAY_TEXT_MAX - LAST_LIMIT)
		return false;
	text_addf(t, "avicd: %s%s\n", what, line);
	return true;
}

static void add_to(struct text *list, const char *separator, const char *s)
{
	if (list->len + strlen(s) < LIST_LIMIT)
		text_addf(list, "%s%s", list->len ? separator : "", s);
}

static int add_finding(struct saying *s, const struct finding *f, bool private_xml)
{
	_cleanup_free_ char *why = NULL, *cause = NULL, *remedy = NULL;
	int r;

	/* @check is a constant of ours, @why and @remedy may repeat words of the XML. */
	r = one_line(private_xml || !f->why ? f->check : f->why, LINE_LIMIT, &why);
	if (r == 0 && f->remedy && !private_xml)
		r = one_line(f->remedy, LINE_LIMIT, &remedy);
	if (r < 0)
		return r;
	if (asprintf(&cause, private_xml ? "%s: checked %s: no" : "%s: %s", f->id, why) < 0) {
		cause = NULL;
		return -ENOMEM;
	}
	if (add_line(&s->text, "cause: ", cause) && remedy)
		add_line(&s->text, "remedy: ", remedy);
	add_to(&s->ids, ",", f->id);
	add_to(&s->causes, "; ", cause);
	if (remedy)
		add_to(&s->remedies, "; ", remedy);
	return 0;
}

/* What no rule calls bad, because nobody can change it: encrypted memory of a large domain. */
static void add_reasons(struct saying *s, uint32_t set)
{
	for (int r = 0; r < _REASON_MAX; r++) {
		char cause[128];

		if (!(set >> r & 1))
			continue;
		snprintf(cause, sizeof(cause), "inhibit %s is set for as long as the VM lives", reason_info(r)->name);
		add_line(&s->text, "cause: ", cause);
		add_to(&s->ids, ",", reason_info(r)->name);
		add_to(&s->causes, "; ", cause);
	}
}

/* By UUID: a name may have anything in it, and this is for a shell. */
static void add_last(struct saying *s, enum hook_decision d, const char *uuid)
{
	char line[LAST_LIMIT];

	if (!s->remedies.len || d == HOOK_REFUSE) {
		snprintf(line, sizeof(line), "%s, on the host where it is defined: avicctl check %s",
			 s->remedies.len ? "everything about it" : "what can be done", *uuid ? uuid : "DOMAIN");
		text_addf(&s->text, "avicd: remedy: %s\n", line);
		if (!s->remedies.len)
			add_to(&s->remedies, "; ", line);
	}
}

int say_compose(struct saying *s, enum hook_decision d, const struct domxml_facts *f, const struct findings *findings,
		const struct preflight_prediction *p, const char *subject, bool private_xml)
{
	enum grade grade = GRADE_WARN;
	int r;

	*s = (struct saying){0};
	r = text_clean(f->name, NAME_LIMIT, &s->name);
	if (r < 0)
		return r;
	text_addf(&s->text, "avicd: domain %s: %s will not work%s\n", s->name, subject,
		  d == HOOK_REFUSE ? ", and it requires it: refused" : "");
	for (size_t i = 0; i < findings->n; i++)
		if (is_cause(&findings->list[i], GRADE_FAIL))
			grade = GRADE_FAIL;
	for (size_t i = 0; i < findings->n; i++) {
		if (!is_cause(&findings->list[i], grade))
			continue;
		r = add_finding(s, &findings->list[i], private_xml);
		if (r < 0)
			return r;
	}
	if (!s->ids.len)
		add_reasons(s, p->sure);
	add_last(s, d, f->uuid);
	return s->text.error ?: s->ids.error ?: s->causes.error ?: s->remedies.error;
}

void say_send(const struct saying *s, enum hook_decision d, const struct domxml_facts *f, const char *subject,
	      int level)
{
	enum event_id event = d == HOOK_REFUSE ? EVENT_HOOK_REFUSED : EVENT_HOOK_WARNED;
	struct log_field fields[] = {
		{"AVICD_EVENT", event_desc(event)->word},
		{"DOMAIN_UUID", f->uuid},
		{"DOMAIN_NAME", s->name},
		{"AVICD_FINDING", s->ids.s},
		{"AVICD_DETAIL", s->causes.s},
		{"AVICD_REMEDY", s->remedies.s},
	};
	ssize_t n _unused_;

	n = write(STDERR_FILENO, s->text.s, s->text.len);
	/* Where there is no journal, stderr has it already. */
	if (streq(log_get_target(), "journal"))
		log_write(level, event, fields, ARRAY_SIZE(fields), "domain %s: %s will not work%s: %s", s->name,
			  subject, d == HOOK_REFUSE ? ", refused" : "", s->causes.s ?: "");
}

void say_done(struct saying *s)
{
	text_done(&s->text);
	text_done(&s->ids);
	text_done(&s->causes);
	text_done(&s->remedies);
	free_p(&s->name);
}
