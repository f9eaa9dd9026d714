/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The [domain NAME] sections: which one wins, bad headers and keys, how many there may be, and hostile patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/settings.h"
#include "avicd/text.h"

#define _cleanup_settings_ _cleanup_(settings_done)
#define UUID		   "848ea81a-c86f-4498-aed2-362e6ec80912"

/* The bad lines as one text, "line: text\n" each. */
static void note_problem(const char *file, unsigned line, const char *text, void *userdata)
{
	text_addf(userdata, "%u: %s\n", line, text);
}

static int load(struct settings *s, const char *in, struct text *problems)
{
	assert_int_equal(settings_init(s), 0);
	return config_load_buffer(settings_items, s, "c", in, note_problem, problems);
}

/* "MODE/SOURCE@LINE REMEDY/SOURCE@LINE"; no line where no section decides. */
static void describe(const struct policy *p, char *buf, size_t size)
{
	char mode[16] = "", remedy[16] = "";

	if (p->mode_section)
		snprintf(mode, sizeof(mode), "@%u", p->mode_section->line);
	if (p->remedy_section)
		snprintf(remedy, sizeof(remedy), "@%u", p->remedy_section->line);
	snprintf(buf, size, "%s/%s%s %s/%s%s", policy_mode_to_string(p->mode) ?: "none",
		 policy_source_to_string(p->mode_from), mode, policy_remedy_to_string(p->remedy),
		 policy_source_to_string(p->remedy_from), remedy);
}

static const char many[] = "[domain *]\nmode=prefer\nremedy=auto\n"    /* 1 */
			   "[domain " UUID "]\nmode=require\n"	       /* 4 */
			   "[domain web-*]\nmode=ignore\n"	       /* 6 */
			   "[domain  db[0-9]  ] ; [x]\nmode=require\n" /* 8 */
			   "[domain db\\*]\nremedy=report\n"	       /* 10 */
			   "[domain 848EA81A-c86f-4498-aed2-362e6ec80912]\nremedy=report\n";

static void precedence(void **state)
{
	static const struct {
		const char *in, *name, *uuid;
		enum domxml_mode mode;
		enum domxml_remedy remedy;
		const char *expected;
	} cases[] = {
		{"", "big", UUID, 0, 0, "none/default report/default"},
		{"", "big", UUID, MODE_PREFER, DOMXML_REMEDY_AUTO, "prefer/metadata auto/metadata"},
		{many, "big", "", 0, 0, "prefer/section@1 auto/section@1"},
		{many, "web-1", "", 0, 0, "ignore/section@6 auto/section@1"},
		{many, "web-", "", 0, 0, "ignore/section@6 auto/section@1"},
		{many, "web", "", 0, 0, "prefer/section@1 auto/section@1"},
		{many, "db7", "", 0, 0, "require/section@8 auto/section@1"},
		{many, "db77", "", 0, 0, "prefer/section@1 auto/section@1"},
		{many, "db*", "", 0, 0, "prefer/section@1 report/section@10"},
		/* a UUID goes over each pattern, wherever it stands; the last of two of one UUID wins, key by key */
		{many, "web-1", UUID, 0, 0, "require/section@4 report/section@12"},
		{many, "web-1", "848EA81A-C86F-4498-AED2-362E6EC80912", 0, 0, "require/section@4 report/section@12"},
		{many, UUID, "", 0, 0, "prefer/section@1 auto/section@1"},
		/* metadata go over all, attribute by attribute; a bad one counts as none */
		{many, "web-1", UUID, MODE_IGNORE, 0, "ignore/metadata report/section@12"},
		{many, "web-1", UUID, 0, DOMXML_REMEDY_AUTO, "require/section@4 auto/metadata"},
		{many, "web-1", UUID, MODE_BAD, DOMXML_REMEDY_BAD, "require/section@4 report/section@12"},
		/* no meaning of a file: a name may have a '/' or begin with a dot */
		{many, ".a/b", "", 0, 0, "prefer/section@1 auto/section@1"},
		{"[domain a]\nmode=require\n[avicd]\nsettle=5s\n[domain a]\nmode=ignore\n", "a", "", 0, 0,
		 "ignore/section@5 report/default"},
		{"[domain a b]\nmode=require\n", "a b", "", 0, 0, "require/section@1 report/default"},
		{"[domain [a]x]]\nmode=require\n", "ax]", "", 0, 0, "require/section@1 report/default"},
		{"[domain []a]]\nmode=require\n", "]", "", 0, 0, "require/section@1 report/default"},
		{"[domain x;y#z]\nmode=require\n", "x;y#z", "", 0, 0, "require/section@1 report/default"},
		{"[domain a ;b]\nmode=require\n", "a ;b", "", 0, 0, "require/section@1 report/default"},
		{"[domain a[\\]]]\nmode=require\n", "a]", "", 0, 0, "require/section@1 report/default"},
		{"[domain a[!\\]]]\nmode=require\n", "a]", "", 0, 0, "none/default report/default"},
		{"[domain a\\[b]\nmode=require\n", "a[b", "", 0, 0, "require/section@1 report/default"},
		{"[domain a[[]]\nmode=require\n", "a[", "", 0, 0, "require/section@1 report/default"},
		{"[domain vm[[:digit:]x]]\nmode=require\n", "vm7", "", 0, 0, "require/section@1 report/default"},
		{"[domain vm[[:digit:]x]]\nmode=require\n", "vmx", "", 0, 0, "require/section@1 report/default"},
		/* bytes, in every locale */
		{"[domain caf?]\nmode=require\n", "caf\xc3\xa9", "", 0, 0, "none/default report/default"},
		{"[domain caf??]\nmode=require\n", "caf\xc3\xa9", "", 0, 0, "require/section@1 report/default"},
		{"[domain caf\xc3\xa9]\nmode=require\n", "caf\xc3\xa9", "", 0, 0, "require/section@1 report/default"},
	};

	(void)setlocale(LC_ALL, "C.UTF-8");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_settings_ struct settings s = {0};
		_cleanup_text_ struct text t = {0};
		struct policy p;
		char is[128];

		if (load(&s, cases[i].in, &t) != 0)
			fail_msg("%zu: %s", i, t.s);
		policy_of(&s.policies, cases[i].name, cases[i].uuid, cases[i].mode, cases[i].remedy, &p);
		describe(&p, is, sizeof(is));
		if (!streq(is, cases[i].expected))
			fail_msg("%zu: %s %s: %s, not %s", i, cases[i].name, cases[i].uuid, is, cases[i].expected);
	}
}

static void bad_lines(void **state)
{
#define BELOW	"; the settings below it are ignored"
#define ACCEPTS BELOW "; accepted: the name of a domain, with *, ? and [...] as in the shell, or its UUID\n"
	static const struct {
		const char *in, *problems;
		size_t n;
	} cases[] = {
		{"[domain a]\nmode=force\n", "2: mode=force is not understood; accepted: " POLICY_MODES "\n", 1},
		{"[domain a]\nmode=\n", "2: mode= is not understood; accepted: " POLICY_MODES "\n", 1},
		{"[domain a]\nMode=require\n", "2: unknown key \"Mode\" in section [domain a]\n", 1},
		{"[domain a]\nremedy=heal\nremedy\n",
		 "2: remedy=heal is not understood; accepted: " POLICY_REMEDIES "\n"
		 "3: no '=' in this line; accepted: KEY=VALUE\n",
		 1},
		{"[domain a]\nsettle=5s\n", "2: unknown key \"settle\" in section [domain a]\n", 1},
		{"[avicd]\nmode=require\n", "2: unknown key \"mode\" in section [avicd]\n", 0},
		{"[domain]\nmode=require\n",
		 "1: unknown section [domain]" BELOW "; accepted: [avicd] or [domain NAME]\n", 0},
		{"[domains a]\nmode=x\n",
		 "1: unknown section [domains a]" BELOW "; accepted: [avicd] or [domain NAME]\n", 0},
		{"[Domain a]\nmode=x\n", "1: unknown section [Domain a]" BELOW "; accepted: [avicd] or [domain NAME]\n",
		 0},
		{"[domain  ]\nmode=x\n", "1: [domain ] is not understood" ACCEPTS, 0},
		{"[domain a[b]\nmode=require\n", "1: [domain a[b] is not understood" ACCEPTS, 0},
		{"[domain [b]\nmode=require\n", "1: [domain [b] is not understood" ACCEPTS, 0},
		{"[domain web[]\nmode=x\n", "1: [domain web[] is not understood" ACCEPTS, 0},
		/* a ']' behind a '\\', or of a class, is not the end of a bracket */
		{"[domain web[a\\]]\nmode=require\n", "1: [domain web[a\\]] is not understood" ACCEPTS, 0},
		{"[domain web[\\]]\nmode=require\n", "1: [domain web[\\]] is not understood" ACCEPTS, 0},
		{"[domain web[a\\]\nmode=require\n", "1: [domain web[a\\] is not understood" ACCEPTS, 0},
		{"[domain web[[:digit:]]\nmode=require\n", "1: [domain web[[:digit:]] is not understood" ACCEPTS, 0},
		{"[domain web[[:digits:]]]\nmode=require\n", "1: [domain web[[:digits:]]] is not understood" ACCEPTS,
		 0},
		{"[domain web[[:digit]]]\nmode=require\n", "1: [domain web[[:digit]]] is not understood" ACCEPTS, 0},
		{"[domain [a]b[c]\nmode=require\n", "1: [domain [a]b[c] is not understood" ACCEPTS, 0},
		{"[domain web[!]]\nmode=x\n", "1: [domain web[!]] is not understood" ACCEPTS, 0},
		{"[domain web\\]\nmode=x\n", "1: [domain web\\] is not understood" ACCEPTS, 0},
		{"[domain a\x1b"
		 "b]\nmode=x\n",
		 "1: [domain a?b] is not understood" ACCEPTS, 0},
		{"[domain a\nmode=x\n", "1: ']' is missing in the section header" BELOW "\n", 0},
		{"[domain a]b\nmode=x\n", "1: text after a section header" BELOW "\n", 0},
		{"[domain \xff]\nmode=x\n", "1: this line is not UTF-8 text" BELOW "\n", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_settings_ struct settings s = {0};
		_cleanup_text_ struct text t = {0};
		int r = load(&s, cases[i].in, &t);

		assert_true(r >= 1);
		if (!streq(t.s ?: "", cases[i].problems))
			fail_msg("%zu: %s, not %s", i, t.s, cases[i].problems);
		assert_int_equal(s.policies.n, cases[i].n);
		for (size_t n = 0; n < s.policies.n; n++)
			assert_int_equal(s.policies.list[n].mode, MODE_NONE);
	}
}

static void limits(void **state)
{
	_cleanup_settings_ struct settings s = {0}, t = {0};
	_cleanup_text_ struct text in = {0}, problems = {0};
	struct policy p;
	char name[POLICY_NAME_MAX + 2];

	for (int i = 0; i < POLICY_SECTIONS_MAX; i++)
		text_addf(&in, "[domain vm%d]\nmode=require\n", i);
	text_add(&in, "[domain vm7]\nmode=ignore\n[domain *]\nmode=ignore\n[avicd]\nsettle=5s\n");
	assert_int_equal(load(&s, in.s, &problems), 2);
	assert_non_null(
		strstr(problems.s, "2001: too many [domain NAME] sections; the settings below it are ignored\n"));
	assert_int_equal(s.policies.n, POLICY_SECTIONS_MAX);
	assert_int_equal(s.settle, 5 * NSEC_PER_SEC);
	policy_of(&s.policies, "vm7", "", MODE_NONE, DOMXML_REMEDY_NONE, &p);
	assert_int_equal(p.mode, MODE_REQUIRE);

	/* as long as a name may be, and a byte longer */
	text_done(&in);
	text_done(&problems);
	in = problems = (struct text){0};
	memset(name, 'n', sizeof(name) - 1);
	name[POLICY_NAME_MAX + 1] = '\0';
	text_addf(&in, "[avicd]\n# %s\n[domain %s]\nmode=ignore\n[domain %s]\nmode=require\n", name, name, name + 1);
	/* where inih has short lines, the header is not shown to it all the same */
	assert_true(load(&t, in.s, &problems) >= 1);
	assert_true(t.policies.n <= 1);
}

/* Nobody waits for a pattern: the hook has a second for everything. */
static void hostile_pattern(void **state)
{
	_cleanup_settings_ struct settings s = {0};
	_cleanup_text_ struct text in = {0}, problems = {0};
	char name[POLICY_NAME_MAX + 1];
	uint64_t begin;
	struct policy p;

	for (int i = 0; i < 100; i++) {
		text_add(&in, "[domain ");
		for (int j = 0; j < 60; j++)
			text_add(&in, "*a");
		text_add(&in, "*b]\nmode=require\n");
	}
	memset(name, 'a', sizeof(name) - 1);
	name[POLICY_NAME_MAX] = '\0';
	assert_int_equal(load(&s, in.s, &problems), 0);
	begin = now_ns();
	policy_of(&s.policies, name, UUID, MODE_NONE, DOMXML_REMEDY_NONE, &p);
	assert_true(now_ns() - begin < 5 * NSEC_PER_SEC);
	assert_int_equal(p.mode, MODE_NONE);
}

static void requires(void **state)
{
	assert_true(policy_requires(MODE_REQUIRE, 1, 128));
	assert_true(policy_requires(MODE_NONE, 128, 128));
	assert_true(policy_requires(MODE_BAD, 128, 128));
	assert_false(policy_requires(MODE_NONE, 127, 128));
	assert_false(policy_requires(MODE_PREFER, 4096, 128));
	assert_false(policy_requires(MODE_IGNORE, 4096, 128));
	for (int m = MODE_NONE; m <= MODE_BAD; m++)
		if (policy_mode_to_string(m))
			assert_int_equal(policy_mode_from_string(policy_mode_to_string(m)), m);
	for (int r = DOMXML_REMEDY_NONE; r <= DOMXML_REMEDY_BAD; r++)
		if (policy_remedy_to_string(r))
			assert_int_equal(policy_remedy_from_string(policy_remedy_to_string(r)), r);
	assert_int_equal(policy_mode_from_string(""), MODE_BAD);
	assert_int_equal(policy_remedy_from_string("Auto"), DOMXML_REMEDY_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(precedence),	   cmocka_unit_test(bad_lines), cmocka_unit_test(limits),
		cmocka_unit_test(hostile_pattern), cmocka_unit_test(requires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
