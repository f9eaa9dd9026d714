/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shipped avicd.conf and the manual avicd.conf(5) say what the table of settings says, no more and no less. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "avicd/file.h"
#include "avicd/settings.h"
#include "avicd/text.h"

static char *conf, *manual;

static char *source_file(const char *name)
{
	const char *top = getenv("top_srcdir");
	_cleanup_text_ struct text path = { 0 };
	char *s = NULL;

	text_addf(&path, "%s/%s", top ? top : ".", name);
	assert_int_equal(file_read(path.s, 1 << 20, &s, NULL), 0);
	return s;
}

static int setup(void **state)
{
	conf = source_file("conf/avicd.conf");
	manual = source_file("man/avicd.conf.5");
	return 0;
}

static int teardown(void **state)
{
	free(conf);
	free(manual);
	return 0;
}

/* count_lines() - lines of @text that begin with @start; all of them end in @end when it is not NULL. */
static size_t count_lines(const char *text, const char *start, const char *end)
{
	size_t n = 0;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!startswith(line, start))
			continue;
		if (end) {
			size_t len = strcspn(line, "\n"), want = strlen(start) + strlen(end);

			if (len != want || strncmp(line + strlen(start), end, strlen(end)) != 0)
				fail_msg("\"%.*s\" should be \"%s%s\"", (int)len, line, start, end);
		}
		n++;
	}
	return n;
}

static void conf_shows_each_default_commented(void **state)
{
	for (const struct config_item *i = settings_items; i->key; i++) {
		char start[64];

		snprintf(start, sizeof(start), "#%s=", i->key);
		if (count_lines(conf, start, i->default_text) != 1)
			fail_msg("conf/avicd.conf has no line, or several, for %s", i->key);
	}
}

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	fail_msg("%s:%u: %s", file, line, text);
}

/* What is commented is exactly what holds anyway: with the "#" of every "#key=" line cut, the file is fine and changes nothing. */
static void conf_uncommented_is_the_default(void **state)
{
	_cleanup_text_ struct text all = { 0 };
	struct settings shipped, plain;

	for (const char *line = conf; *line;) {
		size_t len = strcspn(line, "\n");
		size_t word = strspn(line + (*line == '#'), "abcdefghijklmnopqrstuvwxyz_");
		bool setting = line[0] == '#' && word > 0 && line[1 + word] == '=';

		text_addn(&all, line + setting, len - setting);
		text_add(&all, "\n");
		line += len + (line[len] == '\n');
	}
	assert_int_equal(settings_init(&shipped), 0);
	assert_int_equal(settings_init(&plain), 0);
	assert_int_equal(config_load_buffer(settings_items, &shipped, "avicd.conf", all.s, problem, NULL), 0);
	for (const struct config_item *i = settings_items; i->key; i++) {
		_cleanup_free_ char *a = NULL, *b = NULL;

		assert_int_equal(settings_show(&shipped, i, &a), 0);
		assert_int_equal(settings_show(&plain, i, &b), 0);
		assert_string_equal(a, b);
	}
	settings_done(&shipped);
	settings_done(&plain);
}

static void conf_has_nothing_else(void **state)
{
	size_t n = 0, items = 0;

	for (const struct config_item *i = settings_items; i->key; i++)
		items++;
	for (const char *line = conf; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line == '#' && line[1] >= 'a' && line[1] <= 'z')
			n++;
		else if (*line && *line != '\n' && *line != '#' && !startswith(line, "[avicd]"))
			fail_msg("conf/avicd.conf: \"%.20s\" is in force", line);
	}
	assert_int_equal(n, items);
}

static bool is_of_host(const char *key)
{
	for (const struct config_item *i = settings_items; i->key; i++)
		if (streq(i->key, key))
			return true;
	return false;
}

static void manual_has_each_setting(void **state)
{
	size_t items = 0;

	for (const struct config_item *i = settings_items; i->key; i++, items++) {
		char start[64], with[64];

		assert_string_equal(i->section, "avicd");
		snprintf(start, sizeof(start), ".It Cm %s Ns =", i->key);
		snprintf(with, sizeof(with), " Ns Ar %s", i->default_text);
		if (count_lines(manual, start, *i->default_text ? with : "") != 1)
			fail_msg("avicd.conf(5) has no entry, or several, for %s", i->key);
	}
	for (const struct config_item *i = policy_items; i->key; i++) {
		char start[64];

		/* one entry tells of a key that the host has, too */
		items += !is_of_host(i->key);
		snprintf(start, sizeof(start), ".It Cm %s Ns =", i->key);
		if (count_lines(manual, start, NULL) != 1)
			fail_msg("avicd.conf(5) has no entry, or several, for %s", i->key);
	}
	/* Entries of keys are the ones with "="; of the others, only the name of one is the begin of a key's. */
	assert_int_equal(count_lines(manual, ".It Cm ", NULL) - count_lines(manual, ".It Cm auto\n", NULL) -
				 count_lines(manual, ".It Cm bpf", NULL) - count_lines(manual, ".It Cm tracefs", NULL) -
				 count_lines(manual, ".It Cm recorded", NULL),
			 items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_shows_each_default_commented),
		cmocka_unit_test(conf_uncommented_is_the_default),
		cmocka_unit_test(conf_has_nothing_else),
		cmocka_unit_test(manual_has_each_setting),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
