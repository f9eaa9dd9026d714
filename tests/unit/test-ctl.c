/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl's own small pieces: wrapping, widths, reading JSON, times, rates, finding a VM, the table of verbs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/sample.h"

static void check_wrap(const char *text, size_t first, size_t indent, size_t width, const char *expected)
{
	_cleanup_free_ char *buf = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&buf, &len);

	assert_non_null(f);
	ctl_wrap(f, text, first, indent, width);
	fclose(f);
	assert_string_equal(buf, expected);
}

static void test_wrap(void **state)
{
	check_wrap("", 0, 0, 10, "\n");
	check_wrap("   ", 0, 0, 10, "\n");
	check_wrap("one two three", 0, 0, 10, "one two\nthree\n");
	check_wrap("one two three", 0, 2, 7, "one two\n  three\n");
	/* exactly full, and one too many */
	check_wrap("12345 7890", 0, 0, 10, "12345 7890\n");
	check_wrap("12345 78901", 0, 0, 10, "12345\n78901\n");
	/* the first line has less room */
	check_wrap("one two", 5, 5, 10, "one\n     two\n");
	/* a word longer than the line stands alone, uncut */
	check_wrap("a bbbbbbbbbbbbbbb c", 0, 1, 10, "a\n bbbbbbbbbbbbbbb\n c\n");
	check_wrap("bbbbbbbbbbbbbbb", 4, 4, 10, "bbbbbbbbbbbbbbb\n");
	/* blanks and newlines of the text are blanks */
	check_wrap("  a\n\n b\tc ", 0, 0, 80, "a b c\n");
}

static void test_wrap_utf8(void **state)
{
	if (!ctl_utf8())
		skip();
	check_wrap("größe größe", 0, 0, 11, "größe größe\n");
	check_wrap("größe größe", 0, 0, 10, "größe\ngröße\n");
	check_wrap("漢字 漢字", 0, 0, 9, "漢字 漢字\n");
	check_wrap("漢字 漢字", 0, 0, 8, "漢字\n漢字\n");
	check_wrap("\033[0;1;31mred\033[0m blue", 0, 0, 8, "\033[0;1;31mred\033[0m blue\n");
}

static void test_text_width(void **state)
{
	assert_int_equal(ctl_text_width("", SIZE_MAX), 0);
	assert_int_equal(ctl_text_width("abc", SIZE_MAX), 3);
	assert_int_equal(ctl_text_width("abc", 2), 2);
	/* a lone byte that is no character takes one column */
	assert_int_equal(ctl_text_width("a\xff"
					"b",
					SIZE_MAX),
			 3);
	assert_int_equal(ctl_text_width("\033[0;1;31mx\033[0m", SIZE_MAX), 1);
	assert_int_equal(ctl_text_width("\033[", SIZE_MAX), 1);
	if (!ctl_utf8())
		return;
	assert_int_equal(ctl_text_width("café", SIZE_MAX), 4);
	assert_int_equal(ctl_text_width("漢字", SIZE_MAX), 4);
	assert_int_equal(ctl_text_width("e\xcc\x81", SIZE_MAX), 1);
}

static void test_width(void **state)
{
	setenv("COLUMNS", "132", true);
	assert_int_equal(ctl_width(), 132);
	setenv("COLUMNS", "3", true);
	assert_int_equal(ctl_width(), 40);
	setenv("COLUMNS", "99999999999999999999", true);
	assert_in_range(ctl_width(), 40, 10000);
	setenv("COLUMNS", "x", true);
	assert_in_range(ctl_width(), 40, 10000);
	unsetenv("COLUMNS");
}

static void test_fields(void **state)
{
	_cleanup_json_ json_object *o =
		json_tokener_parse("{\"s\":\"text\",\"e\":\"\",\"c\":\"a\\u001bb\",\"n\":null,\"i\":42,"
				   "\"d\":1.5,\"t\":true,\"f\":false,\"a\":[\"x\",1,\"y\"],\"big\":1e300}");
	char buf[DURATION_MAX];
	_cleanup_text_ struct text t = {0};

	assert_string_equal(field_str(o, "s"), "text");
	assert_null(field_str(o, "n"));
	assert_null(field_str(o, "i"));
	assert_null(field_str(o, "missing"));
	assert_null(field_str(NULL, "s"));
	assert_string_equal(field_str(o, "c"), "?");
	assert_string_equal(field_text(o, "e"), "-");
	assert_string_equal(field_text(o, "missing"), "-");
	assert_int_equal(field_int(o, "i"), 42);
	assert_int_equal(field_int(o, "missing"), 0);
	assert_int_equal(field_tri(o, "t"), TRI_YES);
	assert_int_equal(field_tri(o, "f"), TRI_NO);
	assert_int_equal(field_tri(o, "n"), TRI_UNKNOWN);
	assert_int_equal(field_tri(o, "i"), TRI_UNKNOWN);
	assert_int_equal(field_len(field_array(o, "a")), 3);
	assert_null(field_array(o, "s"));
	assert_int_equal(field_len(NULL), 0);
	field_strings(field_array(o, "a"), ", ", &t);
	assert_string_equal(t.s, "x, y");
	assert_string_equal(field_duration(o, "d", buf), "1.5s");
	assert_string_equal(field_duration(o, "n", buf), "-");
	assert_string_equal(field_duration(o, "missing", buf), "-");
	assert_string_equal(field_duration(o, "big", buf), "-");
}

static void test_times(void **state)
{
	char buf[TIME_MAX];

	setenv("TZ", "UTC", true);
	assert_int_equal(time_parse("1970-01-02T00:00:00Z"), 86400 * USEC_PER_SEC);
	assert_int_equal(time_parse("2026-11-22T12:03:04Z"), 1795348984ULL * USEC_PER_SEC);
	assert_int_equal(time_parse("2026-11-22T12:03:04.123456Z"), 1795348984ULL * USEC_PER_SEC);
	assert_int_equal(time_parse(NULL), 0);
	assert_int_equal(time_parse("yesterday"), 0);
	assert_int_equal(time_parse(""), 0);
	assert_string_equal(time_local(1795348984ULL * USEC_PER_SEC, buf), "2026-11-22 12:03:04");
	assert_string_equal(time_short(1795348984ULL * USEC_PER_SEC, buf), "Nov 22 12:03:04");
	assert_string_equal(time_local(0, buf), "-");
	assert_string_equal(time_local(UINT64_MAX, buf), time_local(UINT64_MAX, buf)); /* whatever it is, no crash */
}

static void test_find(void **state)
{
	static const char text[] =
		"{\"vms\":[{\"name\":\"a\",\"uuid\":\"5e6b0c1a-3f5e-4c0f-9a55-000000000001\",\"pid\":10},"
		"{\"name\":\"twin\",\"uuid\":\"5e6b0c1a-3f5e-4c0f-9a55-000000000002\",\"pid\":11},"
		"{\"name\":\"twin\",\"uuid\":\"5e6b0c1a-3f5e-4c0f-9a55-000000000003\",\"pid\":12},"
		"{\"name\":\"11\",\"uuid\":null,\"pid\":13},{\"name\":null,\"uuid\":null,\"pid\":14}, 5]}";
	static const struct {
		const char *who;
		int r;
		int pid;
	} cases[] = {
		{"a", 0, 10},
		{"10", 0, 10},
		{"14", 0, 14},
		{"11", 0, 13}, /* the name comes before the pid */
		{"twin", -ENOTUNIQ, 0},
		{"5E6B0C1A-3F5E-4C0F-9A55-000000000003", 0, 12},
		{"5e6b0c1a3f5e4c0f9a55000000000002", 0, 11},
		{"b", -ENXIO, 0},
		{"", -ENXIO, 0},
		{"0", -ENXIO, 0},
		{"99999999999999999999", -ENXIO, 0},
	};
	_cleanup_json_ json_object *o = json_tokener_parse(text);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_object *vm = NULL;

		assert_int_equal(state_find(o, cases[i].who, &vm), cases[i].r);
		if (cases[i].r == 0)
			assert_int_equal(field_int(vm, "pid"), cases[i].pid);
	}
}

static struct sample sample_of(const char *text, uint64_t at)
{
	struct sample s;

	assert_int_equal(sample_make(json_tokener_parse(text), at, 0, &s), 0);
	return s;
}

static void test_rates(void **state)
{
	struct sample a =
		sample_of("{\"vms\":[{\"pid\":3,\"seen_since\":\"2026-11-22T00:00:00Z\",\"changes\":10,\"events\":20},"
			  "{\"pid\":1,\"seen_since\":\"2026-11-22T00:00:00Z\",\"changes\":5,\"events\":5},"
			  "{\"pid\":2,\"seen_since\":\"2026-11-22T00:00:00Z\",\"changes\":5,\"events\":5}]}",
			  NSEC_PER_SEC);
	/* 1: busy; 2: another process of the same pid; 3: the daemon counts from 0 again; 4: new */
	struct sample b =
		sample_of("{\"vms\":[{\"pid\":4,\"changes\":1000,\"events\":1000},"
			  "{\"pid\":2,\"seen_since\":\"2026-11-22T00:00:05Z\",\"changes\":50,\"events\":50},"
			  "{\"pid\":3,\"seen_since\":\"2026-11-22T00:00:00Z\",\"changes\":4,\"events\":6},"
			  "{\"pid\":1,\"seen_since\":\"2026-11-22T00:00:00Z\",\"changes\":205,\"events\":405}]}",
			  3 * NSEC_PER_SEC);

	sample_rates(&b, &a);
	assert_int_equal(b.n, 4);
	assert_int_equal(b.vms[0].pid, 1);
	assert_true(b.vms[0].change_rate > 99.9 && b.vms[0].change_rate < 100.1);
	assert_true(b.vms[0].event_rate > 199.9 && b.vms[0].event_rate < 200.1);
	assert_int_equal(b.vms[1].pid, 3);
	assert_true(b.vms[1].change_rate > 1.9 && b.vms[1].change_rate < 2.1);
	/* no rate without an earlier sample: these come last, the most changes first */
	assert_int_equal(b.vms[2].pid, 4);
	assert_true(b.vms[2].change_rate < 0);
	assert_int_equal(b.vms[3].pid, 2);
	assert_true(b.vms[3].change_rate < 0);
	sample_done(&a);
	/* nothing before: no rates, no crash */
	sample_rates(&b, &a);
	sample_done(&b);
}

static void test_verbs(void **state)
{
	assert_string_equal(ctl_verbs[0].name, "status");
	for (const struct ctl_verb *v = ctl_verbs; v->name; v++) {
		assert_non_null(v->run);
		assert_non_null(v->args);
		assert_non_null(v->help);
		assert_true(v->min <= v->max);
		assert_ptr_equal(ctl_verb_find(v->name), v);
		/* a verb's option may not hide a global one */
		for (const struct ctl_option *o = v->options; o && o->name; o++)
			for (const struct ctl_option *g = ctl_global_options; g->name; g++) {
				assert_string_not_equal(o->name, g->name);
				assert_true(!o->c || o->c != g->c);
			}
	}
	assert_null(ctl_verb_find("statu"));
	assert_null(ctl_verb_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),  cmocka_unit_test(test_wrap_utf8), cmocka_unit_test(test_text_width),
		cmocka_unit_test(test_width), cmocka_unit_test(test_fields),	cmocka_unit_test(test_times),
		cmocka_unit_test(test_find),  cmocka_unit_test(test_rates),	cmocka_unit_test(test_verbs),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
