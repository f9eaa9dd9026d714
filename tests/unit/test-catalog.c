/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf/avicd.catalog against the table of events, both ways, and against the fields that each event's line has. */
#include <ctype.h>

#include "avicd/file.h"
#include "report-fixture.h"

#define COLUMNS_MAX 76

static const char *const headers[] = {"Subject: ", "Defined-By: avicd", "Support: https://",
				      "Documentation: man:avicd(8)"};

struct entry_text {
	char id[33];
	char *header[ARRAY_SIZE(headers)];
	char *body; /* lines of text, each with its newline */
};

static struct entry_text entries[2 * _EVENT_MAX];
static size_t n_entries;

static void append_line(char **s, const char *line)
{
	char *joined = NULL;

	assert_true(asprintf(&joined, "%s%s\n", *s ? *s : "", line) >= 0);
	free(*s);
	*s = joined;
}

/* One line of the file; @at counts the lines of an entry after its "-- ". */
static void take_line(const char *line, unsigned number, size_t *at)
{
	struct entry_text *e;

	if (strlen(line) > COLUMNS_MAX)
		fail_msg("line %u has more than %d columns: %s", number, COLUMNS_MAX, line);
	for (const char *p = line; *p; p++)
		if (!isascii((unsigned char)*p) || !isprint((unsigned char)*p))
			fail_msg("line %u has a character that not every terminal prints", number);
	if (*line && line[strlen(line) - 1] == ' ')
		fail_msg("line %u ends with a blank", number);
	if (startswith(line, "-- ")) {
		assert_true(n_entries < ARRAY_SIZE(entries));
		e = &entries[n_entries++];
		*at = 0;
		if (strlen(line) != 3 + 32 || strspn(line + 3, "0123456789abcdef") != 32)
			fail_msg("line %u has no MESSAGE_ID: %s", number, line);
		memcpy(e->id, line + 3, 32);
		return;
	}
	if (!n_entries) {
		if (*line && *line != '#')
			fail_msg("line %u is neither a comment nor in an entry", number);
		return;
	}
	e = &entries[n_entries - 1];
	if (*at < ARRAY_SIZE(headers)) {
		if (!startswith(line, headers[*at]) || strlen(line) <= strlen("Subject: "))
			fail_msg("line %u does not begin with '%s': %s", number, headers[*at], line);
		append_line(&e->header[*at], line);
	} else if (*at == ARRAY_SIZE(headers)) {
		if (*line)
			fail_msg("line %u is not the empty line between header and text: %s", number, line);
	} else {
		append_line(&e->body, line);
	}
	++*at;
}

static int load(void **state)
{
	const char *top = getenv("top_srcdir");
	_cleanup_free_ char *path = NULL, *text = NULL;
	unsigned number = 1;
	size_t at = 0;
	char *line, *next;

	if (asprintf(&path, "%s/conf/avicd.catalog", top ? top : ".") < 0 ||
	    file_read(path, 1 << 20, &text, NULL) < 0) {
		fprintf(stderr, "cannot read %s\n", path);
		return -1;
	}
	for (line = text; *line; line = next, number++) {
		char *end = strchr(line, '\n');

		assert_non_null(end);
		*end = '\0';
		next = end + 1;
		take_line(line, number, &at);
	}
	return 0;
}

static int unload(void **state)
{
	for (size_t i = 0; i < n_entries; i++) {
		for (size_t h = 0; h < ARRAY_SIZE(headers); h++)
			free(entries[i].header[h]);
		free(entries[i].body);
	}
	return 0;
}

static const struct entry_text *entry_of(const char *id)
{
	const struct entry_text *found = NULL;

	for (size_t i = 0; i < n_entries; i++)
		if (streq(entries[i].id, id)) {
			if (found)
				fail_msg("%s is there twice", id);
			found = &entries[i];
		}
	return found;
}

static void each_event_has_a_text(void **state)
{
	for (int e = EVENT_NONE + 1; e < _EVENT_MAX; e++) {
		const struct event_desc *d = event_desc((enum event_id)e);
		const struct entry_text *t = entry_of(d->message_id);

		if (!t)
			fail_msg("%s has no text", d->word);
		if (!t->header[ARRAY_SIZE(headers) - 1] || !t->body)
			fail_msg("%s is not complete", d->word);
		/* what happened and what it means is for a person to judge; that it says what to do, is not */
		if (!strstr(t->body, "to be done") && !strstr(t->body, "What to do"))
			fail_msg("%s does not say what to do", d->word);
		if (strstr(t->body, "\n\n\n") || t->body[0] == '\n')
			fail_msg("%s has empty lines too many", d->word);
	}
}

static void each_text_has_an_event(void **state)
{
	for (size_t i = 0; i < n_entries; i++) {
		bool found = false;

		for (int e = EVENT_NONE + 1; e < _EVENT_MAX; e++)
			found = found || streq(event_desc((enum event_id)e)->message_id, entries[i].id);
		if (!found)
			fail_msg("no event has the id %s", entries[i].id);
	}
}

static void words_and_ids_are_unique(void **state)
{
	for (int a = EVENT_NONE + 1; a < _EVENT_MAX; a++)
		for (int b = a + 1; b < _EVENT_MAX; b++) {
			assert_string_not_equal(event_desc((enum event_id)a)->word, event_desc((enum event_id)b)->word);
			assert_string_not_equal(event_desc((enum event_id)a)->message_id,
						event_desc((enum event_id)b)->message_id);
		}
}

/* The events whose action has a detail; see struct action and report_fields(). */
static bool has_detail(enum event_id e)
{
	return e == EVENT_VM_GONE || e == EVENT_DOMAIN_RENAMED || e >= EVENT_HEALTH;
}

static void check_fields(const char *word, const char *text, const struct log_field *f, size_t n)
{
	const char *p = text, *end;

	while ((p = strchr(p, '@'))) {
		bool sent = false;

		end = strchr(++p, '@');
		if (!end || strcspn(p, "\n ") < (size_t)(end - p))
			fail_msg("%s has a single @", word);
		for (size_t i = 0; i < n; i++)
			sent = sent || (strlen(f[i].name) == (size_t)(end - p) && startswith(p, f[i].name));
		if (!sent)
			fail_msg("%s uses @%.*s@, which its line does not have", word, (int)(end - p), p);
		p = end + 1;
	}
}

/* What avicd-hook sends, by src/hook/say.c; tests/host/hook.test looks at a line of it. */
static const struct log_field hook_fields[] = {
	{"AVICD_EVENT", ""},   {"DOMAIN_UUID", ""},  {"DOMAIN_NAME", ""},
	{"AVICD_FINDING", ""}, {"AVICD_DETAIL", ""}, {"AVICD_REMEDY", ""},
};

static void fields_are_sent(void **state)
{
	struct log_field f[REPORT_FIELDS_MAX];
	struct report_field_store store;
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	fixture_reason(&t, &vm, REASON_APIC_ID_MODIFIED, AGO(123), CONDITION_STUCK, CAUSE_KERNEL_BUG);
	for (int e = EVENT_NONE + 1; e < _EVENT_MAX; e++) {
		struct action a = {
			.event = (enum event_id)e,
			.vm = e <= EVENT_DOMAIN_RENAMED ? &vm : NULL,
			.duration = NSEC_PER_SEC,
			.bit = 4,
			.detail = has_detail((enum event_id)e) ? "qemu:///system: why" : NULL,
		};
		const struct event_desc *d = event_desc(a.event);
		const struct entry_text *text = entry_of(d->message_id);
		size_t n = report_fields(&t, &a, NOW, f, ARRAY_SIZE(f), &store);

		assert_non_null(text);
		if (startswith(d->word, "hook-")) {
			n = ARRAY_SIZE(hook_fields);
			memcpy(f, hook_fields, sizeof(hook_fields));
		}
		check_fields(d->word, text->header[0], f, n);
		check_fields(d->word, text->body, f, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_has_a_text),
		cmocka_unit_test(each_text_has_an_event),
		cmocka_unit_test(words_and_ids_are_unique),
		cmocka_unit_test(fields_are_sent),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
