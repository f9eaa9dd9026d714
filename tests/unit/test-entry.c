/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry.h: folding of records, wake-ups, storms, resets. The same code runs in BPF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "avicd/entry.h"

#define S  1000000000ULL
#define MS 1000000ULL
/* numbering of 6.3 */
#define ABSENT 2
#define ID 5
#define IRQWIN 8
#define PIT 9
#define B(n) (1ULL << (n))

static const struct entry_params params = { .quiet_mask = B(IRQWIN) | B(4) | B(11), .absent_bit = B(ABSENT), .disabled_bit = B(0), .storm_rate = 100 };

static int put(struct entry *e, uint64_t now, int reason, int set, uint64_t mask, uint64_t *fresh)
{
	__u64 bits = 0;
	int r = entry_update(e, now, reason, set, mask, &params, &bits);

	if (fresh)
		*fresh = bits;
	return r;
}

static void test_creation(void **state)
{
	struct entry e = {};
	uint64_t fresh;

	assert_int_equal(put(&e, 1 * S, ABSENT, 1, B(ABSENT), &fresh) & ENTRY_WAKE, ENTRY_WAKE);
	assert_int_equal(fresh, B(ABSENT));
	assert_int_equal(e.created_at, 1 * S);
	assert_int_equal(e.inits, 1);
	put(&e, 1 * S + 5, ABSENT, 0, 0, NULL);
	assert_int_equal(e.mask, 0);
	assert_int_equal(e.reason[ABSENT].count, 1);
	assert_int_equal(e.reason[ABSENT].total, 5);
	assert_int_equal(e.reason[ABSENT].since, 0);
}

/* 6.9 and older with enable_apicv=N: ABSENT, then DISABLED on top: one VM, not two. */
static void test_creation_off(void **state)
{
	struct entry e = {};

	put(&e, S, ABSENT, 1, B(ABSENT), NULL);
	put(&e, S + 1, 0, 1, B(ABSENT) | B(0), NULL);
	assert_int_equal(e.inits, 1);
	assert_int_equal(e.mask, 5);
}

/* A second struct kvm in one process starts its statistics anew, also when the mask does not change. */
static void test_second_vm(void **state)
{
	struct entry e = {};

	put(&e, 1 * S, 0, 1, 1, NULL);
	assert_int_equal(e.inits, 1);
	put(&e, 9 * S, 0, 1, 1, NULL);
	assert_int_equal(e.inits, 2);
	assert_int_equal(e.reason[0].since, 9 * S);
	assert_int_equal(e.reason[0].count, 1);
}

/* The first record of an older VM: what it did not set itself was there before and is no counted setting. */
static void test_older_vm(void **state)
{
	struct entry e = {};
	uint64_t fresh;

	put(&e, 3 * S, IRQWIN, 1, B(ID) | B(IRQWIN), &fresh);
	assert_int_equal(e.inits, 0);
	assert_int_equal(e.reason[ID].since, 3 * S);
	assert_int_equal(e.reason[ID].count, 0);
	assert_int_equal(e.reason[IRQWIN].count, 1);
	assert_int_equal(fresh, 0);
	put(&e, 3 * S + 11000, IRQWIN, 0, B(ID), NULL);
	assert_int_equal(e.reason[IRQWIN].total, 11000);
}

/* Records that change nothing: 6.3 on prints three per APIC map recalculation; 6.1 prints "set 7" twice. */
static void test_no_change(void **state)
{
	struct entry e = {};

	put(&e, S, ABSENT, 1, B(ABSENT), NULL);
	put(&e, S + 1, ABSENT, 0, 0, NULL);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(put(&e, 2 * S + i, ID, 0, 0, NULL), 0);
	assert_int_equal(e.changes, 2);
	assert_int_equal(e.events, 1002);
	put(&e, 3 * S, IRQWIN, 1, B(IRQWIN), NULL);
	put(&e, 3 * S + 1, IRQWIN, 1, B(IRQWIN), NULL);
	assert_int_equal(e.reason[IRQWIN].count, 1);
}

/* `reason` of the record lies: the masks are diffed. */
static void test_diff_not_reason(void **state)
{
	struct entry e = {};
	uint64_t fresh;

	put(&e, S, ABSENT, 1, B(ABSENT), NULL);
	put(&e, 2 * S, 11, 0, B(ID) | B(PIT), &fresh);
	assert_int_equal(e.reason[ABSENT].total, S);
	assert_int_equal(e.reason[ID].count, 1);
	assert_int_equal(e.reason[PIT].count, 1);
	assert_int_equal(fresh, B(ID) | B(PIT));
	/* numbers out of range must not touch memory */
	put(&e, 3 * S, 77, 1, ~0ULL, NULL);
	put(&e, 3 * S, -1, 0, 1ULL << 63, NULL);
	assert_int_equal(e.mask, 1ULL << 63);
}

/* However fast a guest toggles, a VM makes a burst and then at most four wake-ups a second. */
static void test_wake_limit(void **state)
{
	struct entry e = {};
	unsigned wakes = 0;

	put(&e, S, ABSENT, 1, B(ABSENT), NULL);
	for (uint64_t t = 0; t < 10 * S; t += MS / 10)
		wakes += put(&e, 2 * S + t, ID, (t / 100000) & 1, (t / 100000) & 1 ? B(ID) : 0, NULL) & ENTRY_WAKE;
	assert_in_range(wakes, 40, 50);
	assert_int_equal(e.changes, 1 + 100000 - 0);
}

static void test_storm(void **state)
{
	struct entry e = {};
	unsigned wakes = 0;

	put(&e, S, ABSENT, 1, B(ABSENT), NULL);
	put(&e, S + 1, ABSENT, 0, 0, NULL);
	/* 49 pairs a second: below the rate, and quiet bits alone do not wake */
	for (uint64_t i = 0; i < 98; i++)
		wakes += put(&e, 5 * S + i * S / 98, IRQWIN, !(i & 1), i & 1 ? 0 : B(IRQWIN), NULL) & ENTRY_WAKE;
	assert_int_equal(wakes, 0);
	assert_int_equal(e.storm_at, 0);
	/* 10,000 changes a second for five seconds: one wake-up */
	for (uint64_t i = 0; i < 50000; i++)
		wakes += put(&e, 20 * S + i * S / 10000, IRQWIN, !(i & 1), i & 1 ? 0 : B(IRQWIN), NULL) & ENTRY_WAKE;
	assert_int_equal(wakes, 1);
	assert_true(e.storm_at >= 24 * S);
}

static void test_reset(void **state)
{
	struct entry e = {};

	put(&e, 100 * S, ABSENT, 1, B(ABSENT), NULL);
	entry_reset(&e, 100 * S + 10 * MS, 1); /* vCPU creation, by a thread that did other work before: libvirtd probes so */
	entry_reset(&e, 150 * S, 0);           /* the machine's first reset, after a long start: nothing ran yet */
	assert_int_equal(e.resets, 0);
	assert_true(entry_reset(&e, 200 * S, 1) & ENTRY_WAKE);
	assert_int_equal(entry_reset(&e, 200 * S + 110 * MS, 1), 0); /* second burst of the same reset */
	assert_int_equal(e.resets, 1);
	assert_int_equal(e.reset_at, 200 * S);
	entry_reset(&e, 210 * S, 1);
	assert_int_equal(e.resets, 2);
}

/* A VM older than the watch, of which only a reset was seen: the mask is not known. */
static void test_reset_first(void **state)
{
	struct entry e = {};

	assert_true(entry_reset(&e, 5 * S, 1) & ENTRY_WAKE);
	assert_int_equal(e.resets, 1);
	assert_int_equal(e.mask_known, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_creation),	 cmocka_unit_test(test_creation_off), cmocka_unit_test(test_second_vm),
		cmocka_unit_test(test_older_vm),	 cmocka_unit_test(test_no_change),    cmocka_unit_test(test_diff_not_reason),
		cmocka_unit_test(test_wake_limit),	 cmocka_unit_test(test_storm),	      cmocka_unit_test(test_reset),
		cmocka_unit_test(test_reset_first),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
