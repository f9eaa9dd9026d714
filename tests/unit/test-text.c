/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing strings, numbers, UTF-8, UUIDs, and the words of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "avicd/events.h"
#include "avicd/text.h"

static void test_growing(void **state)
{
	_cleanup_text_ struct text t = {0};
	_cleanup_free_ char *s = NULL;

	for (int i = 0; i < 1000; i++) {
		text_addf(&t, "%03d", i);
		text_addn(&t, "xyz", 1);
		text_add(&t, ",");
	}
	assert_int_equal(t.len, 5000);
	assert_int_equal(strlen(t.s), 5000);
	assert_memory_equal(t.s + 4990, "998x,999x,", 10);
	assert_int_equal(text_take(&t, &s), 0);
	assert_null(t.s);
	assert_int_equal(t.len, 0);
}

static void test_growing_empty(void **state)
{
	_cleanup_text_ struct text t = {0};
	_cleanup_free_ char *s = NULL;

	text_addn(&t, NULL, 0);
	assert_int_equal(text_take(&t, &s), 0);
	assert_string_equal(s, "");
	text_done(&t);
	text_done(&t);
}

static void test_growing_without_memory(void **state)
{
	_cleanup_text_ struct text t = {0};
	char *s = NULL;

	text_add(&t, "kept");
	text_addn(&t, "x", SIZE_MAX - 2);
	assert_int_equal(t.error, -ENOMEM);
	text_add(&t, "dropped");
	assert_string_equal(t.s, "kept");
	assert_int_equal(text_take(&t, &s), -ENOMEM);
	assert_null(s);
}

static void test_u64(void **state)
{
	static const struct {
		const char *s;
		int r;
		uint64_t v;
	} cases[] = {
		{"0", 0, 0},
		{"10", 0, 10},
		{"010", 0, 10},
		{"0x1F", 0, 31},
		{"0Xff", 0, 255},
		{"18446744073709551615", 0, UINT64_MAX},
		{"0xffffffffffffffff", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"0x10000000000000000", -ERANGE, 0},
		{"99999999999999999999999", -ERANGE, 0},
		{"99999999999999999999999x", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"0x", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1a", -EINVAL, 0},
		{"0xg", -EINVAL, 0},
		{"1.5", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t v = 4711;

		print_message("# u64 \"%s\"\n", cases[i].s);
		assert_int_equal(parse_u64(cases[i].s, &v), cases[i].r);
		assert_int_equal(v, cases[i].r ? 4711 : cases[i].v);
	}
}

static void test_i64(void **state)
{
	static const struct {
		const char *s;
		int r;
		int64_t v;
	} cases[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"-5", 0, -5},
		{"-0x10", 0, -16},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0},
		{"--1", -EINVAL, 0},
		{"-", -EINVAL, 0},
		{"", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t v = 4711;

		print_message("# i64 \"%s\"\n", cases[i].s);
		assert_int_equal(parse_i64(cases[i].s, &v), cases[i].r);
		assert_true(v == (cases[i].r ? 4711 : cases[i].v));
	}
}

static void test_bool(void **state)
{
	static const char *const yes[] = {"yes", "YES", "true", "on", "1"}, *const no[] = {"no", "False", "off", "0"},
				 *const bad[] = {"", "2", "y", "yes ", "nein"};
	bool b;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		b = false;
		assert_int_equal(parse_bool(yes[i], &b), 0);
		assert_true(b);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		b = true;
		assert_int_equal(parse_bool(no[i], &b), 0);
		assert_false(b);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse_bool(bad[i], &b), -EINVAL);
}

static void test_clean(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *out;
	} cases[] = {
		{"plain", 100, "plain"},
		{"", 100, ""},
		{"abc", 2, "ab"},
		{"abc", 0, ""},
		{"a\nb\tc\x1b[31m\x7f", 100, "a?b?c?[31m?"},
		{"gr\xc3\xbc\xc3\x9f", 100, "gr\xc3\xbc\xc3\x9f"},
		{"gr\xc3\xbc", 3, "gr"},		      /* no half character */
		{"\xf0\x9f\x90\xa7!", 4, "\xf0\x9f\x90\xa7"}, /* four bytes */
		{"\xf0\x9f\x90\xa7", 3, ""},
		{"\xff\xfe", 100, "??"},
		{"a\xc3", 100, "a?"},	 /* cut at the end */
		{"\xc3(", 100, "?("},	 /* no continuation */
		{"\xc0\xaf", 100, "??"}, /* overlong '/' */
		{"\xe0\x80\xaf", 100, "???"},
		{"\xf0\x80\x80\xaf", 100, "????"},
		{"\xed\xa0\x80", 100, "???"},	   /* surrogate */
		{"\xf4\x90\x80\x80", 100, "????"}, /* above U+10FFFF */
		{"\xf5\x80\x80\x80", 100, "????"},
		{"\x80", 100, "?"},
		{"a\xc2\x9b"
		 "31m",
		 100, "a?31m"}, /* C1: CSI in one character */
		{"a\xe2\x80\xa8"
		 "b",
		 100, "a?b"}, /* line separator */
		{"a\xe2\x80\xae"
		 "b",
		 100, "a?b"}, /* right-to-left override */
		{"a\xe2\x81\xa6"
		 "b",
		 100, "a?b"}, /* isolate */
		{"\xe2\x82\xac", SIZE_MAX, "\xe2\x82\xac"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *out = NULL, *copy = strdup(cases[i].in);

		assert_int_equal(text_clean(cases[i].in, cases[i].max, &out), 0);
		assert_string_equal(out, cases[i].out);
		assert_true(text_is_utf8(out, strlen(out)));
		if (cases[i].max < 100)
			continue;
		text_clean_inplace(copy);
		assert_string_equal(copy, cases[i].out);
	}
	assert_true(text_is_utf8("a\0b\n", 4));
	assert_false(text_is_utf8("a\xc3", 2));
	assert_false(text_is_utf8("\xc3\xa9", 1));
}

static void test_strip(void **state)
{
	static const char *const cases[][2] = {
		{"", ""}, {" ", ""}, {"a", "a"}, {" \t a b \r\n", "a b"}, {"\v\f\n", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[32];

		snprintf(buf, sizeof(buf), "%s", cases[i][0]);
		assert_string_equal(strip(buf), cases[i][1]);
	}
}

#define UUID "0123abcd-4567-89ef-0123-456789abcdef"

static void test_uuid(void **state)
{
	static const struct {
		const char *s;
		bool valid;
		int r;
	} cases[] = {
		{UUID, true, 0},
		{"0123ABCD-4567-89EF-0123-456789ABCDEF", true, 0},
		{"0123abcd456789ef0123456789abcdef", false, 0},
		{"0123ABCD456789EF0123456789ABCDEF", false, 0},
		{"", false, -EINVAL},
		{"0123abcd-4567-89ef-0123-456789abcde", false, -EINVAL},
		{UUID "0", false, -EINVAL},
		{UUID "\n", false, -EINVAL},
		{"0123abcd456789ef0123456789abcde", false, -EINVAL},
		{"0123abcd456789ef0123456789abcdef0", false, -EINVAL},
		{"0123abcd-4567-89ef-0123_456789abcdef", false, -EINVAL},
		{"0123abcd-4567-89ef-0123456789abcdef0", false, -EINVAL},
		{"g123abcd-4567-89ef-0123-456789abcdef", false, -EINVAL},
		{"../../../../../../../../../../../../", false, -EINVAL},
		{"------------------------------------", false, -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[37] = "untouched";

		assert_int_equal(uuid_is_valid(cases[i].s), cases[i].valid);
		assert_int_equal(uuid_normalize(cases[i].s, buf), cases[i].r);
		assert_string_equal(buf, cases[i].r ? "untouched" : UUID);
	}
}

static void test_events(void **state)
{
	assert_null(event_desc(EVENT_NONE));
	assert_null(event_desc(_EVENT_MAX));
	for (enum event_id i = EVENT_NONE + 1; i < _EVENT_MAX; i++) {
		const struct event_desc *d = event_desc(i);

		assert_non_null(d);
		assert_int_equal(strspn(d->word, "abcdefghijklmnopqrstuvwxyz-"), strlen(d->word));
		assert_int_equal(strlen(d->message_id), 32);
		assert_int_equal(strspn(d->message_id, "0123456789abcdef"), 32);
		for (enum event_id j = EVENT_NONE + 1; j < i; j++) {
			assert_string_not_equal(d->word, event_desc(j)->word);
			assert_string_not_equal(d->message_id, event_desc(j)->message_id);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_growing_empty),
		cmocka_unit_test(test_growing_without_memory),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_i64),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
