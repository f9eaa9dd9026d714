/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numberings: by line, by names with numbers, by release; masks as text. */
#include "kernel-facts.h"

static void test_lines(void **state)
{
	struct numbering n;

	for (size_t i = 0; i < ARRAY_SIZE(known_bits); i++) {
		numbering_from_line(known_bits[i].line, &n);
		assert_numbering(&n, known_bits[i].line);
		assert_int_equal(n.origin, NUMBERING_TABLE);
	}
	numbering_from_line(LINE_NONE, &n);
	assert_int_equal(n.origin, NUMBERING_NONE);
	assert_int_equal(n.n_bits, 0);
	assert_true(numbering_mask(&n, REASON_IRQWIN) == 0);
	assert_int_equal(numbering_reason(&n, 0), REASON_UNKNOWN);
	numbering_from_line(_LINE_MAX, &n);
	assert_int_equal(n.origin, NUMBERING_NONE);
}

static void test_releases(void **state)
{
	static const struct {
		const char *release;
		enum kernel_line line;
	} rows[] = {
		{ "6.1.0-50-amd64", LINE_6_0 },	     { "5.6.0", LINE_5_6 },
		{ "5.15.0-91-generic", LINE_5_6 },   { "5.16.1", LINE_5_16 },
		{ "5.17", LINE_5_16 },		     { "5.18.0-1-amd64", LINE_5_18 },
		{ "5.19.0-41-generic", LINE_5_19 },  { "6.0.0-1016-oem", LINE_6_0 },
		{ "6.2.16", LINE_6_0 },		     { "6.3.0", LINE_6_3 },
		{ "6.12.95+deb12-amd64", LINE_6_3 }, { "6.16.12", LINE_6_3 },
		{ "6.17.0-rc1", LINE_6_17 },	     { "6.20.1", LINE_6_17 },
		{ "7.0.4", LINE_6_17 },		     { "7.1.0", LINE_7_1 },
		{ "7.3.4+deb13-amd64", LINE_7_1 },   { "8.0.0", LINE_7_1 },
		{ "10.2", LINE_7_1 },		     { "7.1-rc3", LINE_7_1 },
		{ "5.5.19", LINE_NONE },	     { "4.18.0-553.el8", LINE_NONE },
		{ "", LINE_NONE },		     { "6", LINE_NONE },
		{ "6.", LINE_NONE },		     { ".6", LINE_NONE },
		{ "-6.1", LINE_NONE },		     { " 6.1", LINE_NONE },
		{ "x6.1", LINE_NONE },		     { "99999.1", LINE_NONE },
		{ "6.99999999999999999", LINE_NONE }, { NULL, LINE_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(kernel_line_of(rows[i].release), rows[i].line);
	assert_true(release_at_least("6.19.1", 6, 19));
	assert_false(release_at_least("6.18.99", 6, 19));
	assert_true(release_at_least("7.0", 6, 19));
}

/* The pairs that a kernel of @line has, as BTF would give them. */
static size_t pairs_of(enum kernel_line line, struct name_bit *pairs)
{
	struct numbering n;
	size_t k = 0;

	numbering_from_line(line, &n);
	for (int r = 0; r < _REASON_MAX; r++)
		if (n.bit[r] >= 0)
			pairs[k++] = (struct name_bit){ reason_info(r)->name, (unsigned)n.bit[r] };
	return k;
}

static void test_inference(void **state)
{
	static const struct {
		enum kernel_line line;
		const char *release;
		enum kernel_line expected;
	} rows[] = {
		/* numbers tell alone, and against the release: a fork with backports has what came with the numbers */
		{ LINE_5_18, NULL, LINE_5_18 },
		{ LINE_5_19, NULL, LINE_5_19 },
		{ LINE_6_0, NULL, LINE_6_0 },
		{ LINE_6_3, NULL, LINE_6_3 },
		{ LINE_6_3, "5.14.0-503.el9.x86_64", LINE_6_3 },
		{ LINE_6_0, "6.12.0", LINE_6_0 },
		/* 6.17 and 7.1 differ in nothing but the release */
		{ LINE_6_17, NULL, LINE_6_17 },
		{ LINE_6_17, "6.18.44", LINE_6_17 },
		{ LINE_6_17, "7.0.13", LINE_6_17 },
		{ LINE_6_17, "7.1.3", LINE_7_1 },
		{ LINE_7_1, "9.9.9", LINE_7_1 },
		{ LINE_7_1, "6.1.0", LINE_6_17 },
		{ LINE_7_1, "junk", LINE_6_17 },
	};
	struct name_bit pairs[_REASON_MAX];
	struct numbering n;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t k = pairs_of(rows[i].line, pairs);

		assert_int_equal(numbering_from_pairs(pairs, k, NUMBERING_INFERRED, rows[i].release, &n), 0);
		assert_numbering(&n, rows[i].expected);
		assert_int_equal(n.origin, NUMBERING_INFERRED);
	}
}

/* A kernel that this version has never heard of. */
static void test_future(void **state)
{
	struct name_bit pairs[32];
	size_t k = pairs_of(LINE_7_1, pairs);
	struct numbering n;
	char buf[BIT_NAME_MAX], names[MASK_NAMES_MAX];

	pairs[k++] = (struct name_bit){ "APICV_INHIBIT_REASON_MOON_PHASE", 13 };
	pairs[k++] = (struct name_bit){ "APICV_INHIBIT_REASON_LAST", 13 };
	pairs[k++] = (struct name_bit){ "APICV_INHIBIT_REASON_FAR", 0x80000000 };
	pairs[k++] = (struct name_bit){ "NR_APICV_INHIBIT_REASONS", 14 };
	pairs[k++] = (struct name_bit){ NULL, 3 };
	assert_int_equal(numbering_from_pairs(pairs, k, NUMBERING_BTF, "7.5.0", &n), 0);
	assert_int_equal(n.line, LINE_7_1);
	assert_int_equal(n.n_bits, 14);
	assert_int_equal(numbering_reason(&n, 13), REASON_UNKNOWN);
	assert_int_equal(numbering_class(&n, 13), CLASS_STICKY);
	assert_string_equal(bit_name(&n, 13, buf), "BIT(13)");
	assert_string_equal(mask_names(&n, BIT64(8) | BIT64(13) | BIT64(63), names, sizeof(names)),
			    "IRQWIN|BIT(13)|BIT(63)");

	/* One inserted in the middle: numbers from the names, lifetimes from the release. */
	k = pairs_of(LINE_7_1, pairs);
	for (size_t i = 0; i < k; i++)
		pairs[i].bit += pairs[i].bit >= 3;
	assert_int_equal(numbering_from_pairs(pairs, k, NUMBERING_BTF, "8.1", &n), 0);
	assert_int_equal(n.line, LINE_7_1);
	assert_int_equal(n.bit[REASON_APIC_ID_MODIFIED], 6);
	assert_int_equal(n.bit[REASON_ABSENT], 2);
	assert_int_equal(n.n_bits, 14);
	/* Without a release: the most alike. */
	k = pairs_of(LINE_6_0, pairs);
	assert_int_equal(numbering_from_pairs(pairs, k - 1, NUMBERING_BTF, NULL, &n), 0);
	assert_int_equal(n.line, LINE_6_0);
}

static void test_bad_pairs(void **state)
{
	static const struct {
		struct name_bit pairs[3];
		size_t n;
	} rows[] = {
		{ { { "X", 0 } }, 0 },
		{ { { "X", 0 } }, 1 },
		{ { { "NR_APICV_INHIBIT_REASONS", 13 } }, 1 },
		{ { { "IRQWIN", 32 } }, 1 },
		{ { { "IRQWIN", UINT32_MAX } }, 1 },
		{ { { "IRQWIN", 8 }, { "SEV", 8 } }, 2 },
		{ { { "IRQWIN", 8 }, { "IRQWIN", 9 } }, 2 },
		{ { { "DISABLE", 0 }, { "DISABLED", 0 } }, 2 },
	};
	struct numbering n, before;

	memset(&n, 0x5a, sizeof(n));
	before = n;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(numbering_from_pairs(rows[i].pairs, rows[i].n, NUMBERING_BTF, NULL, &n), -EINVAL);
		assert_memory_equal(&n, &before, sizeof(n));
	}
}

static void test_class_masks(void **state)
{
	struct numbering n;

	numbering_from_line(LINE_6_3, &n);
	assert_true(numbering_class_mask(&n, CLASS_TRANSIENT, UINT64_MAX) ==
		    (BIT64(3) | BIT64(4) | BIT64(7) | BIT64(8) | BIT64(11)));
	assert_true(numbering_class_mask(&n, CLASS_OFF, UINT64_MAX) == BIT64(0));
	assert_true(numbering_class_mask(&n, CLASS_CONFIG, UINT64_MAX) == (BIT64(1) | BIT64(2) | BIT64(9) | BIT64(10)));
	assert_true(numbering_class_mask(&n, CLASS_STICKY, UINT64_MAX) == (BIT64(5) | BIT64(6) | ~(BIT64(12) - 1)));
	assert_true(numbering_class_mask(&n, CLASS_STICKY, 0x120) == 0x20);
	numbering_from_line(LINE_5_6, &n);
	assert_int_equal(numbering_class(&n, 2), CLASS_CONFIG); /* NESTED */
	numbering_from_line(LINE_5_18, &n);
	assert_int_equal(numbering_class(&n, 2), CLASS_TRANSIENT);
	/* The first report's masks: the same numbers mean other reasons on the kernels that had the bug. */
	numbering_from_line(LINE_6_0, &n);
	assert_true(numbering_class_mask(&n, CLASS_STICKY, 0x90) == 0x10);
	assert_int_equal(numbering_reason(&n, 5), REASON_APIC_BASE_MODIFIED);
}

static void test_mask_names(void **state)
{
	struct numbering n;
	char buf[MASK_NAMES_MAX], small[8], exact[7];

	numbering_from_line(LINE_6_3, &n);
	assert_string_equal(mask_names(&n, 0, buf, sizeof(buf)), "none");
	assert_string_equal(mask_names(&n, 0x120, buf, sizeof(buf)), "APIC_ID_MODIFIED|IRQWIN");
	assert_string_equal(mask_names(&n, 0x120, small, sizeof(small)), "APIC_ID");
	assert_string_equal(mask_names(&n, 0x100, exact, sizeof(exact)), "IRQWIN");
	assert_string_equal(mask_names(&n, 0x300, exact, sizeof(exact)), "IRQWIN");
	/* every bit at once has room */
	assert_true(strlen(mask_names(&n, UINT64_MAX, buf, sizeof(buf))) < sizeof(buf));
	assert_non_null(strstr(buf, "|BIT(12)|"));
	buf[0] = 'x';
	mask_names(&n, 1, buf, 0);
	assert_int_equal(buf[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_inference),
		cmocka_unit_test(test_future),
		cmocka_unit_test(test_bad_pairs),
		cmocka_unit_test(test_class_masks),
		cmocka_unit_test(test_mask_names),
	};

	return cmocka_run_group_tests_name("numbering", tests, NULL, NULL);
}
