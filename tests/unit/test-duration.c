/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations, rates and points in time: from text and as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "avicd/clock.h"
#include "avicd/text.h"

#define SEC NSEC_PER_SEC

static void test_parse_duration(void **state)
{
	static const struct {
		const char *s;
		int r;
		uint64_t ns;
	} cases[] = {
		{"30s", 0, 30 * SEC},
		{"30", 0, 30 * SEC},
		{"0", 0, 0},
		{" 5 min ", 0, 300 * SEC},
		{"1h 30min", 0, 5400 * SEC},
		{"1h30min", 0, 5400 * SEC},
		{"1h 30", 0, 3630 * SEC},
		{"250ms", 0, 250 * NSEC_PER_MSEC},
		{"7us", 0, 7000},
		{"7\xc2\xb5s", 0, 7000},
		{"7\xce\xbcs", 0, 7000},
		{"3ns", 0, 3},
		{"1.5s", 0, 1500 * NSEC_PER_MSEC},
		{"0.25h", 0, 900 * SEC},
		{"0.0000000019s", 0, 1},
		{"2d", 0, 172800 * SEC},
		{"1week", 0, 604800 * SEC},
		{"1M", 0, 2629800 * SEC},
		{"1m", 0, 60 * SEC},
		{"2 months", 0, 5259600 * SEC},
		{"10y", 0, 315576000 * SEC},
		{"315576000", 0, 315576000 * SEC},
		{"315576001", -ERANGE, 0},
		{"10y 1ns", -ERANGE, 0},
		{"11y", -ERANGE, 0},
		{"18446744073709551615", -ERANGE, 0},
		{"18446744073709551616s", -ERANGE, 0},
		{"99999999999999999999999999y", -ERANGE, 0},
		{"9y 9y 9y", -ERANGE, 0},
		{"584y 300y 18446744073s", -ERANGE, 0},
		{"11y x", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"  ", -EINVAL, 0},
		{"s", -EINVAL, 0},
		{"-1s", -EINVAL, 0},
		{"+1s", -EINVAL, 0},
		{"1.s", -EINVAL, 0},
		{".5s", -EINVAL, 0},
		{"1,5s", -EINVAL, 0},
		{"1 fortnight", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"5\xff", -EINVAL, 0},
		{"1S", -EINVAL, 0},
		{"nan", -EINVAL, 0},
		{"infinity", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t ns = 4711;

		print_message("# duration \"%s\"\n", cases[i].s);
		assert_int_equal(parse_duration(cases[i].s, &ns), cases[i].r);
		assert_int_equal(ns, cases[i].r ? 4711 : cases[i].ns);
	}
}

static void test_rate(void **state)
{
	static const struct {
		const char *s;
		int r;
		double v;
	} cases[] = {
		{"100", 0, 100},
		{"100/s", 0, 100},
		{"100 / 1s", 0, 100},
		{"10 / 24h", 0, 10.0 / 86400},
		{"10/min", 0, 10.0 / 60},
		{"0.5/s", 0, 0.5},
		{"3 / 1h 30min", 0, 3.0 / 5400},
		{"1/10ms", 0, 100},
		{"0", -EINVAL, 0},
		{"0/s", -EINVAL, 0},
		{"1/0", -EINVAL, 0},
		{"1/0s", -EINVAL, 0},
		{"1/", -EINVAL, 0},
		{"/s", -EINVAL, 0},
		{"1/s/s", -EINVAL, 0},
		{"1 / s x", -EINVAL, 0},
		{"-1/s", -EINVAL, 0},
		{"1s", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"inf", -EINVAL, 0},
		{"18446744073709551616/s", -ERANGE, 0},
		{"1/11y", -ERANGE, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double v = 4711;

		print_message("# rate \"%s\"\n", cases[i].s);
		assert_int_equal(parse_rate(cases[i].s, &v), cases[i].r);
		assert_true(fabs(v - (cases[i].r ? 4711 : cases[i].v)) < 1e-9);
	}
}

static void test_format_duration(void **state)
{
	static const struct {
		uint64_t ns;
		const char *s;
	} cases[] = {
		{0, "0s"},
		{999, "999ns"},
		{480000, "480us"},
		{1500, "1.5us"},
		{1900000, "1.9ms"},
		{250 * NSEC_PER_MSEC, "250ms"},
		{999999999, "999ms"},
		{SEC, "1s"},
		{2300 * NSEC_PER_MSEC, "2.3s"},
		{59999 * NSEC_PER_MSEC, "59.9s"},
		{60 * SEC, "1min"},
		{252 * SEC, "4min 12s"},
		{3600 * SEC, "1h"},
		{11100 * SEC, "3h 5min"},
		{86400 * SEC, "1d"},
		{(12 * 86400 + 4 * 3600 + 59) * SEC, "12d 4h"},
		{UINT64_MAX, "213503d 23h"},
	};
	char buf[DURATION_MAX], tiny[4];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(format_duration(cases[i].ns, buf, sizeof(buf)), cases[i].s);
	assert_string_equal(format_duration(252 * SEC, tiny, sizeof(tiny)), "4mi");
}

static void test_wall(void **state)
{
	char buf[32];
	uint64_t a, b, wall;

	assert_string_equal(format_wall(0, buf), "1970-01-01T00:00:00Z");
	assert_string_equal(format_wall(UINT64_C(1795694584999999), buf), "2026-11-26T12:03:04Z");
	assert_string_equal(format_wall(UINT64_MAX, buf), "9999-12-31T23:59:59Z");

	a = now_ns();
	b = now_ns();
	assert_true(b >= a);
	/* A minute of tolerance: the wall clock may be set at this very moment, the test machine may stall. */
	wall = wall_us();
	assert_true(wall_of(a) <= wall + 60 * USEC_PER_SEC && wall_of(a) + 60 * USEC_PER_SEC >= wall);
	assert_true(wall_of(0) < wall);
	assert_true(wall_of(TIME_NEVER) > wall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_format_duration),
		cmocka_unit_test(test_wall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
