/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets: each rule refuses alone and in its order, at its edge; of two good ones the better has the higher score. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "avicd/target.h"
#include "avicd/util.h"

#define GIB (1ULL << 20) /* in KiB */

static const struct target_need big = {.memory_kib = 8 * GIB, .vcpus = 8, .max_apic_id = 300};
static const struct target_facts good = {
	.reached = true,
	.reported = true,
	.fresh = true,
	.health = HEALTH_OK,
	.avic = TRI_YES,
	.max_id = 511,
	.fixed = {true, true, true},
	.cpu = TRI_YES,
	.machine = TRI_YES,
	.free_kib = 16 * GIB,
};

static void words(void **state)
{
	for (int a = 0; a < _TARGET_MAX; a++) {
		assert_true(strlen(target_rule_to_string(a)) > 2);
		assert_true(strlen(target_rule_sentence(a)) > 10);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(target_rule_to_string(a), target_rule_to_string(b));
	}
	assert_string_equal(target_rule_to_string(_TARGET_MAX), "unknown-rule");
}

static int64_t score_of(const struct target_need *n, const struct target_facts *f)
{
	int64_t score = -1;

	assert_int_equal(target_judge(n, f, &score), TARGET_GOOD);
	return score;
}

static void rules(void **state)
{
	struct target_facts f;
	struct target_need n;
	int64_t score;
	unsigned seen = 0;

#define REFUSED(rule, change)                                   \
	f = good;                                               \
	n = big;                                                \
	score = 4711;                                           \
	change;                                                 \
	assert_int_equal(target_judge(&n, &f, &score), rule);   \
	assert_int_equal(score == 4711, (rule) != TARGET_GOOD); \
	seen |= 1U << (rule)
	REFUSED(TARGET_GOOD, );
	REFUSED(TARGET_UNREACHED, f.reached = false);
	REFUSED(TARGET_SAME, f.same_host = true);
	REFUSED(TARGET_NO_REPORT, f.reported = false);
	REFUSED(TARGET_STALE, f.fresh = false);
	REFUSED(TARGET_STALE, f.health = HEALTH_UNKNOWN);
	REFUSED(TARGET_GOOD, f.health = HEALTH_DEGRADED); /* its kernel is proved; a VM there is still to be cured */
	REFUSED(TARGET_AVIC, f.avic = TRI_UNKNOWN);
	REFUSED(TARGET_AVIC, f.avic = TRI_NO);
	REFUSED(TARGET_EXPOSED, f.vulnerable = true);
	REFUSED(TARGET_EXPOSED, f.fixed[PROBE_REBOOT] = false);
	REFUSED(TARGET_EXPOSED, f.fixed[PROBE_DISABLED] = false);
	REFUSED(TARGET_EXPOSED, f.fixed[PROBE_LARGE_ID] = false);
	REFUSED(TARGET_EXPOSED, (n.max_apic_id = 256, f.fixed[PROBE_LARGE_ID] = false));
	REFUSED(TARGET_EXPOSED, (n.max_apic_id = -1, n.vcpus = 257, f.fixed[PROBE_LARGE_ID] = false));
	REFUSED(TARGET_GOOD, (n.max_apic_id = 255, f.fixed[PROBE_LARGE_ID] = false)); /* it cannot meet that one */
	REFUSED(TARGET_EXPOSED, (n.max_apic_id = 255, f.fixed[PROBE_REBOOT] = false));
	REFUSED(TARGET_EXPOSED, (n.max_apic_id = 255, f.vulnerable = true));
	REFUSED(TARGET_EXPOSED, f.health = HEALTH_EXPOSED);
	REFUSED(TARGET_IDS, f.max_id = 254);
	REFUSED(TARGET_IDS, f.max_id = 299);
	REFUSED(TARGET_GOOD, f.max_id = 300);
	REFUSED(TARGET_GOOD, f.max_id = -1); /* Intel has no such limit */
	REFUSED(TARGET_GOOD, (n.max_apic_id = -1, n.vcpus = 255, f.max_id = 254));
	REFUSED(TARGET_IDS, (n.max_apic_id = -1, n.vcpus = 256, f.max_id = 254));
	REFUSED(TARGET_CPU, f.cpu = TRI_UNKNOWN);
	REFUSED(TARGET_CPU, f.cpu = TRI_NO);
	REFUSED(TARGET_MACHINE, f.machine = TRI_UNKNOWN);
	REFUSED(TARGET_MACHINE, f.machine = TRI_NO);
	REFUSED(TARGET_MEMORY, f.free_kib = 9 * GIB - 1);
	REFUSED(TARGET_GOOD, f.free_kib = 9 * GIB);
	REFUSED(TARGET_PAGES, (n.page_kib = 2048, n.pages = 4096, f.free_pages = 4095));
	REFUSED(TARGET_GOOD, (n.page_kib = 2048, n.pages = 4096, f.free_pages = 4096));
	/* what is in hugepages is not taken from the rest */
	REFUSED(TARGET_GOOD, (n.page_kib = 2048, n.pages = 4096, f.free_pages = 4096, f.free_kib = GIB));
	REFUSED(TARGET_MEMORY, (n.page_kib = 2048, n.pages = 4096, f.free_pages = 4096, f.free_kib = GIB - 1));
#undef REFUSED
	assert_int_equal(seen, (1U << _TARGET_MAX) - 1);
}

/* Of nothing that is not known is anything believed: a struct of zeroes is refused, and so is each step towards a good one. */
static void what_is_not_known(void **state)
{
	struct target_facts f = {.avic = TRI_UNKNOWN, .cpu = TRI_UNKNOWN, .machine = TRI_UNKNOWN, .max_id = -1};
	int64_t score;

	assert_int_equal(target_judge(&big, &f, &score), TARGET_UNREACHED);
	f.reached = true;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_NO_REPORT);
	f.reported = true;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_STALE);
	f.fresh = true;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_STALE);
	f.health = HEALTH_OK;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_AVIC);
	f.avic = TRI_YES;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_EXPOSED);
	f.fixed[PROBE_REBOOT] = true;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_EXPOSED);
	f.fixed[PROBE_DISABLED] = true;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_EXPOSED);
	f.fixed[PROBE_LARGE_ID] = true;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_CPU);
	f.cpu = TRI_YES;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_MACHINE);
	f.machine = TRI_YES;
	assert_int_equal(target_judge(&big, &f, &score), TARGET_MEMORY);
}

static void scores(void **state)
{
	struct target_facts f = good;
	int64_t plain = score_of(&big, &good);

	assert_int_equal(plain, 7 * GIB);
	f.stuck = 1;
	assert_int_equal(score_of(&big, &f), plain - (int64_t)(16 * GIB));
	f = good;
	f.jobs = 1;
	assert_int_equal(score_of(&big, &f), plain - (int64_t)(64 * GIB));
	/* far more room wins over a job */
	f.free_kib += 65 * GIB;
	assert_true(score_of(&big, &f) > plain);
	/* the most that a figure can be is still a figure */
	f = good;
	f.free_kib = UINT64_MAX;
	assert_true(score_of(&big, &f) > plain);
	f.stuck = f.jobs = UINT32_MAX;
	assert_true(score_of(&big, &f) < INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(rules),
		cmocka_unit_test(what_is_not_known),
		cmocka_unit_test(scores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
