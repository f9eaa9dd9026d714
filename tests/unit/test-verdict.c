/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict_of(), causes, origins of stacks, health: by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "avicd/verdict.h"

#define S NSEC_PER_SEC
#define M(r) (1U << REASON_##r)

static uint64_t mask_of(const struct numbering *n, uint32_t reasons)
{
	uint64_t m = 0;

	for (int r = 0; r < _REASON_MAX; r++)
		if (reasons >> r & 1) {
			assert_true(n->bit[r] >= 0);
			m |= numbering_mask(n, (enum reason)r);
		}
	return m;
}

/* now is 1000 s; since and boot are "seconds ago" */
struct row {
	const char *name;
	enum kernel_line line;
	uint32_t reasons;
	int since, boot; /* -1: unknown boot */
	enum tristate avic;
	unsigned flags;
	enum condition condition;
	enum cause cause;
	int deadline; /* seconds from now, -1 never */
};
#define PAUSED    1
#define AMBIGUOUS 2
#define UNSEEN    4

static const struct row rows[] = {
	{ "nothing set", LINE_6_3, 0, 0, 500, TRI_YES, 0, CONDITION_ACTIVE, CAUSE_NONE, -1 },
	{ "not seen is unknown", LINE_6_3, 0, 0, 500, TRI_YES, UNSEEN, CONDITION_UNKNOWN, CAUSE_NONE, -1 },
	{ "not seen beats off", LINE_6_3, 0, 0, 500, TRI_NO, UNSEEN, CONDITION_UNKNOWN, CAUSE_NONE, -1 },
	{ "two VMs in a process", LINE_6_3, M(APIC_ID_MODIFIED), 900, 900, TRI_YES, AMBIGUOUS, CONDITION_UNKNOWN, CAUSE_NONE, -1 },
	{ "host off", LINE_6_0, 0, 0, 900, TRI_NO, 0, CONDITION_OFF, CAUSE_HOST_CONFIG, -1 },
	{ "mask says off", LINE_6_17, M(DISABLED), 900, 900, TRI_UNKNOWN, 0, CONDITION_OFF, CAUSE_HOST_CONFIG, -1 },
	{ "off, ABSENT stays on 6.9 and older", LINE_6_3, M(DISABLED) | M(ABSENT), 900, 900, TRI_UNKNOWN, 0, CONDITION_OFF, CAUSE_HOST_CONFIG, -1 },
	{ "just started", LINE_6_3, M(PIT_REINJ), 5, 5, TRI_YES, 0, CONDITION_SETTLING, CAUSE_NONE, 25 },
	{ "settling ends", LINE_6_3, M(PIT_REINJ), 31, 31, TRI_YES, 0, CONDITION_CONFIGURED, CAUSE_VM_CONFIG, -1 },
	{ "boot unknown: no settling", LINE_6_3, 0, 0, -1, TRI_YES, 0, CONDITION_ACTIVE, CAUSE_NONE, -1 },
	{ "id modified, young", LINE_6_0, M(APIC_ID_MODIFIED), 40, 50, TRI_YES, 0, CONDITION_TRANSIENT, CAUSE_UNKNOWN, 20 },
	{ "id modified, old", LINE_6_0, M(APIC_ID_MODIFIED), 60, 90, TRI_YES, 0, CONDITION_STUCK, CAUSE_UNKNOWN, -1 },
	{ "id modified while settling", LINE_6_0, M(APIC_ID_MODIFIED), 70, 10, TRI_YES, 0, CONDITION_SETTLING, CAUSE_NONE, 20 },
	{ "a paused VM is not stuck", LINE_6_0, M(APIC_ID_MODIFIED), 900, 950, TRI_YES, PAUSED, CONDITION_TRANSIENT, CAUSE_UNKNOWN, -1 },
	{ "base modified is the guest's", LINE_6_3, M(APIC_BASE_MODIFIED), 90, 95, TRI_YES, 0, CONDITION_STUCK, CAUSE_GUEST, -1 },
	{ "stuck beats configured", LINE_6_0, M(APIC_BASE_MODIFIED) | M(PIT_REINJ), 90, 95, TRI_YES, 0, CONDITION_STUCK, CAUSE_GUEST, -1 },
	{ "configured beats young", LINE_6_0, M(APIC_ID_MODIFIED) | M(PIT_REINJ), 40, 95, TRI_YES, 0, CONDITION_CONFIGURED, CAUSE_VM_CONFIG, 20 },
	{ "interrupt window", LINE_6_0, M(IRQWIN), 90, 95, TRI_YES, 0, CONDITION_TRANSIENT, CAUSE_NONE, -1 },
	{ "stale IRQWIN of 7.1", LINE_7_1, M(IRQWIN) | M(PIT_REINJ), 900, 950, TRI_YES, 0, CONDITION_CONFIGURED, CAUSE_VM_CONFIG, -1 },
	{ "aliased for long", LINE_6_3, M(LOGICAL_ID_ALIASED), 900, 950, TRI_YES, 0, CONDITION_TRANSIENT, CAUSE_NONE, -1 },
	{ "SEV", LINE_6_3, M(SEV), 900, 950, TRI_YES, 0, CONDITION_CONFIGURED, CAUSE_VM_CONFIG, -1 },
	{ "SynIC AutoEOI", LINE_6_0, M(HYPERV), 900, 950, TRI_YES, 0, CONDITION_CONFIGURED, CAUSE_VM_CONFIG, -1 },
	{ "x2APIC of 5.19", LINE_5_19, M(X2APIC), 900, 950, TRI_YES, 0, CONDITION_CONFIGURED, CAUSE_VM_CONFIG, -1 },
	{ "too big", LINE_6_17, M(PHYSICAL_ID_TOO_BIG), 900, 950, TRI_YES, 0, CONDITION_CONFIGURED, CAUSE_VM_CONFIG, -1 },
	{ "debugger", LINE_6_3, M(BLOCKIRQ), 900, 950, TRI_YES, 0, CONDITION_TRANSIENT, CAUSE_NONE, -1 },
};

static void fill(struct verdict_in *in, const struct numbering *n, const struct core_settings *s, struct host_facts_core *h, const struct row *r)
{
	*h = (struct host_facts_core){ .avic = r->avic, .vendor = "amd" };
	*in = (struct verdict_in){
		.numbering = n, .settings = s, .host = h, .known = !(r->flags & UNSEEN), .ambiguous = r->flags & AMBIGUOUS,
		.running = !(r->flags & PAUSED), .now = 1000 * S, .boot_at = r->boot < 0 ? 0 : (1000 - (uint64_t)r->boot) * S,
		.mask = mask_of(n, r->reasons), .ids_right = TRI_UNKNOWN,
	};
	for (int i = 0; i < REASON_BITS; i++)
		in->since[i] = in->mask >> i & 1 ? (1000 - (uint64_t)r->since) * S : 0;
}

static void test_table(void **state)
{
	struct core_settings s;

	core_settings_default(&s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host_facts_core h;
		struct verdict_in in;
		struct numbering n;
		struct verdict v;

		numbering_from_line(rows[i].line, &n);
		fill(&in, &n, &s, &h, &rows[i]);
		verdict_of(&in, &v);
		if (v.condition != rows[i].condition || v.cause != rows[i].cause)
			fail_msg("%s: %s, cause '%s'", rows[i].name, condition_to_string(v.condition), cause_to_string(v.cause));
		if (rows[i].deadline < 0 ? v.deadline != TIME_NEVER : v.deadline != (1000 + (uint64_t)rows[i].deadline) * S)
			fail_msg("%s: deadline %lu", rows[i].name, (unsigned long)v.deadline);
	}
}

/* A bit that this kernel's table does not know is nothing to wave through: it is named, and stuck when it lasts. */
static void test_unknown_bit(void **state)
{
	static const struct row r = { "", LINE_6_17, 0, 90, 95, TRI_YES, 0, CONDITION_STUCK, CAUSE_UNKNOWN, -1 };
	struct core_settings s;
	struct host_facts_core h;
	struct verdict_in in;
	struct numbering n;
	struct verdict v;
	char buf[BIT_NAME_MAX];

	core_settings_default(&s);
	numbering_from_line(LINE_6_17, &n);
	fill(&in, &n, &s, &h, &r);
	in.mask = BIT64(14);
	in.since[14] = 900 * S;
	verdict_of(&in, &v);
	assert_int_equal(v.condition, CONDITION_STUCK);
	assert_int_equal(v.cause, CAUSE_UNKNOWN);
	assert_int_equal(v.headline, 14);
	assert_int_equal(v.remedies, 0);
	assert_string_equal(bit_name(&n, 14, buf), "BIT(14)");
}

/* The rules for APIC_ID_MODIFIED, one by one. The bit was set at 910 s. */
static void test_id_cause(void **state)
{
	const enum probe_result UN = PROBE_UNPROVABLE, VU = PROBE_VULNERABLE, FI = PROBE_FIXED;
	const struct {
		enum kernel_line line;
		enum tristate ids;
		enum probe_result probe[_PROBE_BUG_MAX]; /* reboot, disabled, large-id */
		bool large;
		uint64_t until; /* s; the reboot bug was there until then */
		enum stack_origin stack;
		enum cause cause;
		bool patched; /* the probe met a kernel with livepatches */
	} t[] = {
		/* numbering of 6.3 on: never the bug */
		{ LINE_6_3, TRI_YES, { VU, VU, VU }, false, 0, STACK_LAPIC, CAUSE_UNKNOWN, false },
		{ LINE_6_3, TRI_NO, { UN, UN, UN }, false, 0, STACK_NONE, CAUSE_GUEST, false },
		{ LINE_7_1, TRI_YES, { VU, VU, VU }, true, 0, STACK_LAPIC, CAUSE_UNKNOWN, false },
		/* a wrong id now */
		{ LINE_6_0, TRI_NO, { VU, VU, VU }, false, 0, STACK_LAPIC, CAUSE_GUEST, false },
		/* ids right: no bug that fits is there */
		{ LINE_6_0, TRI_YES, { FI, FI, FI }, false, 0, STACK_NONE, CAUSE_GUEST, false },
		{ LINE_6_0, TRI_YES, { FI, FI, FI }, true, 0, STACK_LAPIC, CAUSE_GUEST, false },
		{ LINE_6_0, TRI_YES, { FI, FI, UN }, false, 0, STACK_LAPIC, CAUSE_GUEST, false },
		{ LINE_6_0, TRI_YES, { FI, FI, VU }, false, 0, STACK_LAPIC, CAUSE_GUEST, false },
		/* one is there */
		{ LINE_6_0, TRI_YES, { VU, FI, UN }, false, 0, STACK_LAPIC, CAUSE_KERNEL_BUG, false },
		{ LINE_6_0, TRI_YES, { FI, VU, FI }, false, 0, STACK_LAPIC, CAUSE_KERNEL_BUG, false },
		{ LINE_5_19, TRI_YES, { VU, VU, VU }, true, 0, STACK_LAPIC, CAUSE_KERNEL_BUG, false },
		{ LINE_6_0, TRI_YES, { FI, FI, VU }, true, 0, STACK_LAPIC, CAUSE_KERNEL_BUG, false },
		{ LINE_6_0, TRI_YES, { VU, VU, VU }, false, 0, STACK_RUN, CAUSE_GUEST, false },
		/* was there when the bit was set; or had been patched before */
		{ LINE_6_0, TRI_YES, { FI, FI, FI }, false, 920, STACK_LAPIC, CAUSE_KERNEL_BUG, false },
		{ LINE_6_0, TRI_YES, { FI, FI, FI }, false, 900, STACK_LAPIC, CAUSE_GUEST, false },
		/* it was patched, and whether before or after the bit was set, nobody saw; or somebody saw it set */
		{ LINE_6_0, TRI_YES, { FI, FI, FI }, false, 0, STACK_NONE, CAUSE_UNKNOWN, true },
		{ LINE_6_0, TRI_YES, { FI, FI, FI }, false, 0, STACK_LAPIC, CAUSE_GUEST, true },
		{ LINE_6_0, TRI_YES, { FI, FI, FI }, false, 0, STACK_RUN, CAUSE_GUEST, true },
		{ LINE_6_0, TRI_NO, { FI, FI, FI }, false, 0, STACK_NONE, CAUSE_GUEST, true },
		{ LINE_6_0, TRI_YES, { VU, FI, UN }, false, 0, STACK_LAPIC, CAUSE_KERNEL_BUG, true },
		/* no ground to act */
		{ LINE_6_0, TRI_YES, { FI, FI, UN }, true, 0, STACK_LAPIC, CAUSE_UNKNOWN, false },
		{ LINE_6_0, TRI_YES, { FI, UN, FI }, false, 0, STACK_LAPIC, CAUSE_UNKNOWN, false },
		{ LINE_6_0, TRI_YES, { VU, VU, VU }, false, 0, STACK_NONE, CAUSE_UNKNOWN, false },
		{ LINE_6_0, TRI_YES, { VU, VU, VU }, false, 0, STACK_OTHER, CAUSE_UNKNOWN, false },
		{ LINE_6_0, TRI_YES, { UN, UN, UN }, false, 0, STACK_LAPIC, CAUSE_UNKNOWN, false },
		{ LINE_6_0, TRI_UNKNOWN, { VU, VU, VU }, false, 0, STACK_LAPIC, CAUSE_UNKNOWN, false },
		{ LINE_6_0, TRI_UNKNOWN, { FI, FI, FI }, false, 0, STACK_NONE, CAUSE_UNKNOWN, false },
	};
	static const struct row r = { "", LINE_6_0, M(APIC_ID_MODIFIED), 90, 95, TRI_YES, 0, CONDITION_STUCK, CAUSE_UNKNOWN, -1 };
	struct core_settings s;

	core_settings_default(&s);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct host_facts_core h;
		struct verdict_in in;
		struct numbering n;
		struct verdict v;

		numbering_from_line(t[i].line, &n);
		fill(&in, &n, &s, &h, &r);
		for (int b = 0; b < _PROBE_BUG_MAX; b++)
			h.probe[b] = (struct probe_answer){.result = t[i].probe[b], .patched = t[i].patched};
		h.probe[PROBE_REBOOT].vulnerable_until = t[i].until * S;
		in.ids_right = t[i].ids;
		in.large_ids = t[i].large;
		in.id_stack = t[i].stack;
		verdict_of(&in, &v);
		assert_int_equal(v.condition, CONDITION_STUCK);
		if (v.cause != t[i].cause)
			fail_msg("row %zu: %s", i, cause_to_string(v.cause));
		assert_int_equal(!!(v.remedies & BIT64(REMEDY_LIVEPATCH)), v.cause == CAUSE_KERNEL_BUG);
	}
}

/* Several non-transient reasons: only what cures all of them is a remedy. */
static void test_remedies_cure_all(void **state)
{
	static const struct row r = { "", LINE_6_0, M(APIC_BASE_MODIFIED) | M(SEV), 90, 95, TRI_YES, 0, CONDITION_STUCK, CAUSE_GUEST, -1 };
	struct core_settings s;
	struct host_facts_core h;
	struct verdict_in in;
	struct numbering n;
	struct verdict v;

	core_settings_default(&s);
	numbering_from_line(LINE_6_0, &n);
	fill(&in, &n, &s, &h, &r);
	verdict_of(&in, &v);
	assert_int_equal(v.n, 2);
	assert_int_equal(v.remedies & BIT64(REMEDY_MIGRATE), 0);
}

static void test_ids_right(void **state)
{
	const uint64_t x2apic = 0xfee00c00, xapic = 0xfee00800, disabled = 0xfee00000;
	const struct {
		struct snap_vcpu v;
		enum tristate right;
	} t[] = {
		{ { 1, x2apic, 1, true, true }, TRI_YES },	 { { 1, xapic, 1U << 24, true, true }, TRI_YES },
		{ { 1, xapic, 1, true, true }, TRI_NO },	 { { 1, x2apic, 1U << 24, true, true }, TRI_NO },
		{ { 1, disabled, 1, true, false }, TRI_YES },	 { { 1, disabled, 1U << 24, true, false }, TRI_YES },
		{ { 1, disabled, 2U << 24, true, false }, TRI_NO }, { { 300, xapic, (300U & 255) << 24, true, true }, TRI_YES },
		{ { 300, x2apic, 300, true, true }, TRI_YES },	 { { 1, xapic, 1U << 24, false, true }, TRI_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		if (apic_ids_right(&t[i].v, 1) != t[i].right)
			fail_msg("row %zu", i);
	assert_int_equal(apic_ids_right(NULL, 0), TRI_UNKNOWN);
	assert_false(apic_ids_large(&t[0].v, 1));
	assert_true(apic_ids_large(&t[7].v, 1));
	assert_false(apic_ids_large(NULL, 0));
}

static void test_stack_origin(void **state)
{
	assert_int_equal(stack_origin(NULL), STACK_NONE);
	assert_int_equal(stack_origin("kvm_set_or_clear_apicv_inhibit+0x3e/0x60 [kvm]\nkvm_apic_set_state+0x1f/0x2 [kvm]\n"
				      "kvm_arch_vcpu_ioctl+0xe/0x1 [kvm]\n"), STACK_LAPIC);
	assert_int_equal(stack_origin("kvm_apic_get_state+0x1f/0x2 [kvm]"), STACK_LAPIC);
	assert_int_equal(stack_origin("kvm_lapic_reg_write+0x1/0x2\nkvm_arch_vcpu_ioctl_run+0x1/0x2 [kvm]\n"), STACK_RUN);
	assert_int_equal(stack_origin("some_kvm_apic_set_state+0x1/0x2\n"), STACK_OTHER);
	assert_int_equal(stack_origin(""), STACK_OTHER);
}

static void test_health(void **state)
{
	struct host_facts_core on = { .avic = TRI_YES }, bug = { .avic = TRI_YES, .probe[PROBE_DISABLED].result = PROBE_VULNERABLE };
	struct host_facts_core off = { .avic = TRI_NO }, what = { .avic = TRI_UNKNOWN };

	assert_int_equal(health_of(&on, false, 0, 0, false), HEALTH_UNKNOWN);
	assert_int_equal(health_of(&off, true, 0, 0, false), HEALTH_OFF);
	assert_int_equal(health_of(&on, true, 1, 0, false), HEALTH_DEGRADED);
	assert_int_equal(health_of(&on, true, 1, 1, false), HEALTH_DEGRADED);
	assert_int_equal(health_of(&on, true, 0, 1, false), HEALTH_UNKNOWN);
	assert_int_equal(health_of(&what, true, 0, 0, false), HEALTH_UNKNOWN);
	assert_int_equal(health_of(&bug, true, 0, 0, false), HEALTH_EXPOSED);
	assert_int_equal(health_of(&bug, true, 0, 0, true), HEALTH_OK);
	assert_int_equal(health_of(&on, true, 0, 0, false), HEALTH_OK);
	for (int c = 0; c < _CONDITION_MAX; c++)
		assert_true(condition_to_string((enum condition)c)[0]);
	assert_string_equal(condition_to_string((enum condition)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	 cmocka_unit_test(test_unknown_bit),	  cmocka_unit_test(test_id_cause),
		cmocka_unit_test(test_remedies_cure_all), cmocka_unit_test(test_ids_right), cmocka_unit_test(test_stack_origin),
		cmocka_unit_test(test_health),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
