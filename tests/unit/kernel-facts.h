/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of kernel facts share: where the data is, and the numberings to expect. */
#ifndef TEST_KERNEL_FACTS_H
#define TEST_KERNEL_FACTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "avicd/reasons.h"
#include "avicd/util.h"

/* data_path() - a file of tests/data, in @buf of PATH_SIZE. */
#define PATH_SIZE 512
static inline char *data_path(char *buf, const char *name)
{
	const char *top = getenv("top_srcdir");

	snprintf(buf, PATH_SIZE, "%s/tests/data/%s", top ? top : ".", name);
	return buf;
}

/* use_sysroot() - everything below "the system root" is of tests/data/sysroot/NAME from now on. */
static inline void use_sysroot(const char *name)
{
	char buf[PATH_SIZE], rel[128];

	snprintf(rel, sizeof(rel), "sysroot/%s", name);
	assert_int_equal(setenv("AVICD_SYSROOT", data_path(buf, rel), 1), 0);
}

/* The numbers as kernels have them, told a second time and in another shape than in the code. */
struct known_bits {
	enum kernel_line line;
	unsigned n_bits;
	enum reason at[16]; /* reason of bit 0, 1, ... */
};

static const struct known_bits known_bits[] = {
	{ LINE_5_6, 6,
	  { REASON_DISABLED, REASON_HYPERV, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ, REASON_X2APIC } },
	{ LINE_5_16, 8,
	  { REASON_DISABLED, REASON_HYPERV, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ, REASON_X2APIC,
	    REASON_BLOCKIRQ, REASON_ABSENT } },
	{ LINE_5_18, 9,
	  { REASON_DISABLED, REASON_HYPERV, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ, REASON_X2APIC,
	    REASON_BLOCKIRQ, REASON_ABSENT, REASON_SEV } },
	{ LINE_5_19, 11,
	  { REASON_DISABLED, REASON_HYPERV, REASON_ABSENT, REASON_BLOCKIRQ, REASON_APIC_ID_MODIFIED,
	    REASON_APIC_BASE_MODIFIED, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ, REASON_X2APIC, REASON_SEV } },
	{ LINE_6_0, 10,
	  { REASON_DISABLED, REASON_HYPERV, REASON_ABSENT, REASON_BLOCKIRQ, REASON_APIC_ID_MODIFIED,
	    REASON_APIC_BASE_MODIFIED, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ, REASON_SEV } },
	{ LINE_6_3, 12,
	  { REASON_DISABLED, REASON_HYPERV, REASON_ABSENT, REASON_BLOCKIRQ, REASON_PHYSICAL_ID_ALIASED,
	    REASON_APIC_ID_MODIFIED, REASON_APIC_BASE_MODIFIED, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ,
	    REASON_SEV, REASON_LOGICAL_ID_ALIASED } },
	{ LINE_6_17, 13,
	  { REASON_DISABLED, REASON_HYPERV, REASON_ABSENT, REASON_BLOCKIRQ, REASON_PHYSICAL_ID_ALIASED,
	    REASON_APIC_ID_MODIFIED, REASON_APIC_BASE_MODIFIED, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ,
	    REASON_SEV, REASON_LOGICAL_ID_ALIASED, REASON_PHYSICAL_ID_TOO_BIG } },
	{ LINE_7_1, 13,
	  { REASON_DISABLED, REASON_HYPERV, REASON_ABSENT, REASON_BLOCKIRQ, REASON_PHYSICAL_ID_ALIASED,
	    REASON_APIC_ID_MODIFIED, REASON_APIC_BASE_MODIFIED, REASON_NESTED, REASON_IRQWIN, REASON_PIT_REINJ,
	    REASON_SEV, REASON_LOGICAL_ID_ALIASED, REASON_PHYSICAL_ID_TOO_BIG } },
};

/* assert_numbering() - @n has exactly the numbers of @line. */
static inline void assert_numbering(const struct numbering *n, enum kernel_line line)
{
	const struct known_bits *k = NULL;
	size_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known_bits); i++)
		if (known_bits[i].line == line)
			k = &known_bits[i];
	assert_non_null(k);
	assert_int_equal(n->line, line);
	assert_int_equal(n->n_bits, k->n_bits);
	for (unsigned bit = 0; bit < 70; bit++)
		assert_int_equal(numbering_reason(n, bit), bit < k->n_bits ? k->at[bit] : REASON_UNKNOWN);
	for (int r = 0; r < _REASON_MAX; r++)
		if (n->bit[r] >= 0) {
			assert_int_equal(k->at[n->bit[r]], r);
			assert_true(numbering_mask(n, r) == BIT64(n->bit[r]));
			found++;
		} else {
			assert_true(numbering_mask(n, r) == 0);
		}
	assert_int_equal(found, k->n_bits);
}

#endif
