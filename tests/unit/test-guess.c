/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbering inferred from records alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "avicd/tracetext.h"

#define FAMILY_6_3 (BIT64(LINE_6_3) | BIT64(LINE_6_17) | BIT64(LINE_7_1))

struct fixture {
	const char *name;
	enum kernel_line line;
	uint32_t possible;
	const char *why; /* the sentence holds this */
};

static const struct fixture fixtures[] = {
	{"report.txt", LINE_6_3, FAMILY_6_3,
	 "reason 8 toggles within 11 us: IRQWIN is 8 on 6.3 and later, 7 on 5.19 to 6.2"},
	{"6.0-stuck.txt", LINE_6_0, BIT64(LINE_5_19) | BIT64(LINE_6_0), "reason 7 toggles within 9.0 us"},
	{"6.12-pit.txt", LINE_6_3, FAMILY_6_3, "the trace prints names (6.11 and later do)"},
	{"7.3-clean.txt", LINE_7_1, FAMILY_6_3, "the trace prints names"},
	{"resets.txt", LINE_6_3, FAMILY_6_3, "reason 8 toggles within 13 us"},
	{"two-vms.txt", LINE_6_3, FAMILY_6_3, "reason 8 toggles"},
	{"lost.txt", LINE_6_3, FAMILY_6_3, "reason 8 toggles"},
	{"5.15-old.txt", LINE_5_6, BIT64(LINE_5_6) | BIT64(LINE_5_16),
	 "kvm_apicv_update_request is the event of 5.17 and older"},
};

static struct trace_file *open_fixture(const char *name)
{
	const char *top = getenv("top_srcdir");
	struct trace_file *f = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/trace/%s", top ? top : ".", name);
	if (trace_file_open(path, &f, NULL) < 0)
		fail_msg("cannot open %s", path);
	return f;
}

static void recordings(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		struct trace_file *f = open_fixture(fixtures[i].name);
		struct numbering_guess g;

		assert_int_equal(trace_file_numbering(f, &g), 0);
		if (g.numbering.line != fixtures[i].line || g.possible != fixtures[i].possible ||
		    !strstr(g.why, fixtures[i].why))
			fail_msg("%s: line %d, possible %#x: %s", fixtures[i].name, g.numbering.line, g.possible,
				 g.why);
		assert_int_equal(g.numbering.origin, NUMBERING_INFERRED);
		trace_file_close(f);
	}
}

/* A trace.dat says it itself: by the event's format where that has names, else by the kernel's release. */
static void by_the_file(void **state)
{
	struct numbering_guess g;
	struct trace_file *f = open_fixture("6.12-pit.dat");

	assert_int_equal(trace_file_numbering(f, &g), 0);
	assert_int_equal(g.numbering.origin, NUMBERING_FORMAT);
	assert_int_equal(g.numbering.bit[REASON_PIT_REINJ], 9);
	trace_file_close(f);
	f = open_fixture("6.0-stuck.dat");
	assert_int_equal(trace_file_numbering(f, &g), 0);
	assert_int_equal(g.numbering.origin, NUMBERING_TABLE);
	assert_int_equal(g.numbering.line, LINE_6_0);
	assert_string_equal(g.why, "the file was recorded on kernel 6.0.0-1016-oem");
	trace_file_close(f);
}

/* One record; names as the kernel prints them, or NULL. */
struct rec {
	uint64_t at;
	bool set;
	int reason;
	uint64_t mask;
	const char *names;
};

static int guess(const struct rec *recs, size_t n, struct numbering_guess *ret)
{
	struct numbering_guess_state s = {};

	for (size_t i = 0; i < n; i++) {
		struct trace_record r = {.kind = RECORD_INHIBIT,
					 .at = recs[i].at,
					 .tid = 1,
					 .tgid = -1,
					 .reason = recs[i].reason,
					 .set = recs[i].set,
					 .mask = recs[i].mask};

		if (recs[i].names)
			snprintf(r.names, sizeof(r.names), "%s", recs[i].names);
		numbering_guess_add(&s, &r);
	}
	return numbering_guess(&s, ret);
}

static void nothing(void **state)
{
	struct numbering_guess g;

	assert_int_equal(guess(NULL, 0, &g), -ENODATA);
}

/* X2APIC is 9 on 5.19 and never cleared; 7 toggles, so 9 is not PIT_REINJ. */
static void x2apic_of_5_19(void **state)
{
	static const struct rec recs[] = {
		{1000, true, 2, 0x4, NULL},   {2000, false, 2, 0, NULL},     {3000, true, 9, 0x200, NULL},
		{9000, true, 7, 0x280, NULL}, {9010, false, 7, 0x200, NULL},
	};
	struct numbering_guess g;

	assert_int_equal(guess(recs, ARRAY_SIZE(recs), &g), 0);
	assert_int_equal(g.numbering.line, LINE_5_19);
}

/* On 5.18 ABSENT is 7 and IRQWIN 3. */
static void line_5_18(void **state)
{
	static const struct rec recs[] = {
		{1000, true, 7, 0x80, NULL},  {2000000, false, 7, 0, NULL},  {5000000, true, 3, 0x8, NULL},
		{5009000, false, 3, 0, NULL}, {6000000, true, 3, 0x8, NULL}, {6009000, false, 3, 0, NULL},
	};
	struct numbering_guess g;

	assert_int_equal(guess(recs, ARRAY_SIZE(recs), &g), 0);
	assert_int_equal(g.numbering.line, LINE_5_18);
}

static void creation_tells_little(void **state)
{
	static const struct rec recs[] = {{1000, true, 2, 0x4, NULL}, {2000, false, 2, 0, NULL}};
	struct numbering_guess g;

	assert_int_equal(guess(recs, ARRAY_SIZE(recs), &g), 0);
	assert_int_equal(g.numbering.line, LINE_6_3);
	assert_int_equal(g.possible, BIT64(LINE_5_19) | BIT64(LINE_6_0) | FAMILY_6_3);
	assert_non_null(strstr(g.why, "nothing in the trace tells"));
}

static void too_big_is_new(void **state)
{
	static const struct rec recs[] = {{1000, true, 12, 0x1000, NULL}};
	struct numbering_guess g;

	assert_int_equal(guess(recs, ARRAY_SIZE(recs), &g), 0);
	assert_int_equal(g.possible, BIT64(LINE_6_17) | BIT64(LINE_7_1));
}

/* A kernel that is newer than the tables: printed names are believed, the rest is the newest table's. */
static void newer_than_the_tables(void **state)
{
	static const struct rec recs[] = {
		{1000, true, 9, 0x200, "IRQWIN"},
		{2000, false, 9, 0, NULL},
		{3000, true, 5, 0x20, "NEWTHING"},
		{4000, true, 20, 0x100020, "NEWTHING|0x100000"},
	};
	struct numbering_guess g;

	assert_int_equal(guess(recs, ARRAY_SIZE(recs), &g), 0);
	assert_int_equal(g.possible, 0);
	assert_int_equal(g.numbering.bit[REASON_IRQWIN], 9);
	assert_int_equal(g.numbering.reason[9], REASON_IRQWIN);
	assert_int_equal(g.numbering.reason[8], REASON_UNKNOWN);
	assert_int_equal(g.numbering.bit[REASON_PIT_REINJ], -1);
	assert_int_equal(g.numbering.reason[5], REASON_UNKNOWN);
	assert_int_equal(g.numbering.bit[REASON_APIC_ID_MODIFIED], -1);
	assert_int_equal(g.numbering.bit[REASON_ABSENT], 2);
	assert_non_null(strstr(g.why, "no known numbering"));
}

/* trace-cmd cannot evaluate the names of 6.11 and prints the mask twice: that is no name. */
static void masks_printed_twice(void **state)
{
	static const struct rec recs[] = {{1000, true, 8, 0x120, "0x120"}, {1011, false, 8, 0x20, "0x20"}};
	struct numbering_guess g;

	assert_int_equal(guess(recs, ARRAY_SIZE(recs), &g), 0);
	assert_int_equal(g.numbering.line, LINE_6_3);
	assert_null(strstr(g.why, "names"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recordings),
		cmocka_unit_test(by_the_file),
		cmocka_unit_test(nothing),
		cmocka_unit_test(x2apic_of_5_19),
		cmocka_unit_test(line_5_18),
		cmocka_unit_test(creation_tells_little),
		cmocka_unit_test(too_big_is_new),
		cmocka_unit_test(newer_than_the_tables),
		cmocka_unit_test(masks_printed_twice),
	};

	return cmocka_run_group_tests_name("numbering inferred", tests, NULL, NULL);
}
