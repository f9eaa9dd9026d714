/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers by the event's format, and the order in which a kernel is asked. */
#include "kernel-facts.h"

#include "avicd/btf.h"
#include "avicd/file.h"

static int numbering_of_file(const char *name, const char *release, struct numbering *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_SIZE];

	assert_int_equal(file_read(data_path(path, name), 65536, &text, NULL), 0);
	return event_format_numbering(text, release, ret);
}

static void test_files(void **state)
{
	struct numbering n;

	assert_int_equal(numbering_of_file("format/6.1.format", "6.1.0", &n), -ENOENT);
	assert_int_equal(numbering_of_file("format/6.12.format", "6.12.95", &n), 0);
	assert_numbering(&n, LINE_6_3);
	assert_int_equal(n.origin, NUMBERING_FORMAT);
	assert_int_equal(numbering_of_file("format/6.18.format", "6.18.44", &n), 0);
	assert_numbering(&n, LINE_6_17);
	assert_int_equal(numbering_of_file("format/7.3.format", "7.3.4", &n), 0);
	assert_numbering(&n, LINE_7_1);
	assert_int_equal(numbering_of_file("format/7.3.format", NULL, &n), 0);
	assert_numbering(&n, LINE_6_17);
}

#define FMT(list) "name: x\nprint fmt: \"%s\", __print_flags(REC->inhibits, \"|\", " list ")"

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		int r, irqwin;
	} rows[] = {
		{ FMT("{ 1UL << (APICV_INHIBIT_REASON_DISABLE), \"DISABLE\" }, { 1 << (X), \"IRQWIN\" }"), 0, 1 },
		/* numbers, should a kernel resolve them */
		{ FMT("{ (((1UL)) << (0)), \"DISABLED\" }, { ((1UL) << ((7))), \"IRQWIN\" }"), 0, 7 },
		{ FMT("{ 1<<0, \"DISABLED\" }, { 1<<31, \"IRQWIN\" }"), 0, 31 },
		{ FMT("{ 1<<0, \"DISABLED\" }, { 1<<32, \"IRQWIN\" }"), -EINVAL, 0 },
		{ FMT("{ 1<<99999999999, \"IRQWIN\" }"), -EINVAL, 0 },
		{ FMT("{ BIT(A), \"DISABLED\" }, { BIT(B), \"NEWS\" }, { BIT(C), \"IRQWIN\" }"), 0, 2 },
		{ FMT("{ 1 << A, \"IRQWIN\" }, { 1 << B, \"IRQWIN\" }"), -EINVAL, 0 },
		{ FMT("{ 1 << A, \"WHAT\" }"), -EINVAL, 0 },
		{ FMT("{ 1 << A, \"IRQ"), -ENOENT, 0 },
		{ FMT("{ 1 << A, "), -ENOENT, 0 },
		{ FMT("{"), -ENOENT, 0 },
		{ FMT(""), -ENOENT, 0 },
		{ "{ 1 << A, \"IRQWIN\" }", -ENOENT, 0 },
		{ "print fmt: \"%s\"", -ENOENT, 0 },
		{ "__print_flags({ 1, \"IRQWIN\" })", -ENOENT, 0 },
		{ "", -ENOENT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct numbering n;

		assert_int_equal(event_format_numbering(rows[i].text, NULL, &n), rows[i].r);
		if (rows[i].r == 0)
			assert_int_equal(n.bit[REASON_IRQWIN], rows[i].irqwin);
	}
}

/* More entries and longer names than there is room for. */
static void test_long(void **state)
{
	static char text[65536];
	struct numbering n;
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), "print fmt: __print_flags(x, ");
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "{ 1 << A, \"%s%0200d\" }, ",
					i ? "" : "IRQWIN\" }, { 1 << B, \"", i);
	assert_int_equal(event_format_numbering(text, NULL, &n), 0);
	assert_int_equal(n.bit[REASON_IRQWIN], 0);
	assert_int_equal(n.n_bits, 64);
}

static void test_kernel(void **state)
{
	static const struct {
		const char *root;
		int r;
		enum numbering_origin origin;
		enum kernel_line line;
	} rows[] = {
		{ "zen4", 0, NUMBERING_BTF, LINE_6_3 },	    { "zen5", 0, NUMBERING_BTF, LINE_7_1 },
		{ "zen3", 0, NUMBERING_FORMAT, LINE_6_17 }, { "intel", 0, NUMBERING_BTF, LINE_6_0 },
		{ "nokvm", 0, NUMBERING_TABLE, LINE_6_3 },  { "pvm", 0, NUMBERING_BTF, LINE_6_17 },
		{ "old", -EOPNOTSUPP, 0, 0 },		    { "nothing-here", -EOPNOTSUPP, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct numbering n;

		use_sysroot(rows[i].root);
		assert_int_equal(kernel_numbering(&n), rows[i].r);
		if (rows[i].r < 0)
			continue;
		assert_numbering(&n, rows[i].line);
		assert_int_equal(n.origin, rows[i].origin);
	}
	unsetenv("AVICD_SYSROOT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
