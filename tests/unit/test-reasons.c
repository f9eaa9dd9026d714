/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of reasons: whole, consistent, and in the tone that sentences need. */
#include "kernel-facts.h"

#include <ctype.h>

static void test_rows(void **state)
{
	for (int r = 0; r < _REASON_MAX; r++) {
		const struct reason_info *i = reason_info(r);
		const char *phrases[] = { i->what, i->set_by, i->cleared_by, i->remedy };

		assert_non_null(i->name);
		assert_int_equal(reason_from_name(i->name), r);
		for (size_t p = 0; p < ARRAY_SIZE(phrases); p++) {
			size_t len;

			assert_non_null(phrases[p]);
			len = strlen(phrases[p]);
			assert_in_range(len, 4, 300);
			/* They follow "remedy: " in a line of the journal. */
			assert_true(phrases[p][len - 1] != '.');
			for (const char *s = phrases[p]; *s; s++)
				assert_true(isprint((unsigned char)*s));
		}
		uint32_t changes = BIT64(REMEDY_RECONFIGURE) | (r == REASON_PIT_REINJ ? BIT64(REMEDY_RESTORE) : 0);

		/* What a setting keeps is cured by no new VM but one with another setting; what is sticky, by every one. */
		if (i->cls == CLASS_CONFIG || i->cls == CLASS_OFF)
			assert_int_equal(i->remedies & ~changes, 0);
		if (i->cls == CLASS_STICKY) {
			assert_true(i->remedies & BIT64(REMEDY_MIGRATE));
			assert_true(i->remedies & BIT64(REMEDY_COLD_REBOOT));
		}
		if (i->cause == CAUSE_VM_CONFIG && r != REASON_SEV)
			assert_true(i->remedies == changes);
	}
	assert_null(reason_info(REASON_UNKNOWN));
	assert_null(reason_info(_REASON_MAX));
}

static void test_classes(void **state)
{
	static const struct {
		enum reason r;
		enum reason_class cls;
		enum cause cause;
	} rows[] = {
		{ REASON_DISABLED, CLASS_OFF, CAUSE_HOST_CONFIG },
		{ REASON_HYPERV, CLASS_CONFIG, CAUSE_VM_CONFIG },
		{ REASON_ABSENT, CLASS_CONFIG, CAUSE_VM_CONFIG },
		{ REASON_BLOCKIRQ, CLASS_TRANSIENT, CAUSE_DEBUGGER },
		{ REASON_PHYSICAL_ID_ALIASED, CLASS_TRANSIENT, CAUSE_GUEST },
		{ REASON_APIC_ID_MODIFIED, CLASS_STICKY, CAUSE_UNKNOWN },
		{ REASON_APIC_BASE_MODIFIED, CLASS_STICKY, CAUSE_GUEST },
		{ REASON_NESTED, CLASS_TRANSIENT, CAUSE_VM_CONFIG },
		{ REASON_IRQWIN, CLASS_TRANSIENT, CAUSE_NONE },
		{ REASON_PIT_REINJ, CLASS_CONFIG, CAUSE_VM_CONFIG },
		{ REASON_X2APIC, CLASS_CONFIG, CAUSE_VM_CONFIG },
		{ REASON_SEV, CLASS_CONFIG, CAUSE_VM_CONFIG },
		{ REASON_LOGICAL_ID_ALIASED, CLASS_TRANSIENT, CAUSE_GUEST },
		{ REASON_PHYSICAL_ID_TOO_BIG, CLASS_CONFIG, CAUSE_VM_CONFIG },
	};

	assert_int_equal(ARRAY_SIZE(rows), _REASON_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(reason_info(rows[i].r)->cls, rows[i].cls);
		assert_int_equal(reason_info(rows[i].r)->cause, rows[i].cause);
		for (int l = 0; l < _LINE_MAX; l++) {
			bool early_nested = rows[i].r == REASON_NESTED && (l == LINE_5_6 || l == LINE_5_16);

			assert_int_equal(reason_class_of(rows[i].r, l), early_nested ? CLASS_CONFIG : rows[i].cls);
		}
	}
	assert_int_equal(reason_class_of(REASON_UNKNOWN, LINE_6_3), CLASS_STICKY);
}

/* The exact lines to put into a domain's XML. */
static void test_remedy_text(void **state)
{
	static const struct {
		enum reason r;
		const char *has;
	} rows[] = {
		{ REASON_PIT_REINJ, "<timer name='pit' tickpolicy='discard'/>" },
		{ REASON_PIT_REINJ, "<ioapic driver='qemu'/>" },
		{ REASON_HYPERV, "<avic state='on'/>" },
		{ REASON_NESTED, "<feature policy='disable' name='svm'/>" },
		{ REASON_X2APIC, "<feature policy='disable' name='x2apic'/>" },
		{ REASON_DISABLED, "avic=1" },
		{ REASON_ABSENT, "kernel_irqchip=off" },
		{ REASON_APIC_ID_MODIFIED, "migrate the VM or power-cycle it" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_non_null(strstr(reason_info(rows[i].r)->remedy, rows[i].has));
}

static void test_names(void **state)
{
	assert_int_equal(reason_from_name("APICV_INHIBIT_REASON_DISABLE"), REASON_DISABLED);
	assert_int_equal(reason_from_name("APICV_INHIBIT_REASON_DISABLED"), REASON_DISABLED);
	assert_int_equal(reason_from_name("disable"), REASON_DISABLED);
	assert_int_equal(reason_from_name("irqwin"), REASON_IRQWIN);
	assert_int_equal(reason_from_name("apicv_inhibit_reason_sev"), REASON_SEV);
	assert_int_equal(reason_from_name("SEVEN"), REASON_UNKNOWN);
	assert_int_equal(reason_from_name("APICV_INHIBIT_REASON_"), REASON_UNKNOWN);
	assert_int_equal(reason_from_name("NR_APICV_INHIBIT_REASONS"), REASON_UNKNOWN);
	assert_int_equal(reason_from_name(""), REASON_UNKNOWN);
	assert_int_equal(reason_from_name(NULL), REASON_UNKNOWN);
}

static void test_lifetime(void **state)
{
	static const struct {
		enum reason r;
		enum kernel_line line;
		const char *has;
	} rows[] = {
		{ REASON_APIC_ID_MODIFIED, LINE_5_19, "as long as the VM" },
		{ REASON_APIC_ID_MODIFIED, LINE_6_0, "as long as the VM" },
		{ REASON_APIC_ID_MODIFIED, LINE_6_3, "next APIC map recalculation" },
		{ REASON_APIC_ID_MODIFIED, LINE_7_1, "next APIC map recalculation" },
		{ REASON_APIC_ID_MODIFIED, LINE_5_18, "does not have it" },
		{ REASON_APIC_ID_MODIFIED, LINE_NONE, "up to 6.2" },
		{ REASON_APIC_BASE_MODIFIED, LINE_7_1, "as long as the VM" },
		{ REASON_IRQWIN, LINE_6_17, "again and again" },
		{ REASON_IRQWIN, LINE_7_1, "may stay set" },
		{ REASON_NESTED, LINE_5_16, "as long as the VM" },
		{ REASON_NESTED, LINE_5_18, "never in the mask" },
		{ REASON_NESTED, LINE_7_1, "never in the mask" },
		{ REASON_X2APIC, LINE_5_19, "as long as the VM" },
		{ REASON_X2APIC, LINE_6_0, "does not have it" },
		{ REASON_HYPERV, LINE_5_6, "up to 5.14" },
		{ REASON_PHYSICAL_ID_TOO_BIG, LINE_6_3, "does not have it" },
		{ REASON_UNKNOWN, LINE_6_3, "not know" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_non_null(strstr(reason_lifetime(rows[i].r, rows[i].line), rows[i].has));
	for (int r = -1; r <= _REASON_MAX; r++)
		for (int l = 0; l <= _LINE_MAX; l++)
			assert_true(strlen(reason_lifetime(r, l)) > 4);
}

static void test_vendor(void **state)
{
	int intel = 0;

	for (int r = 0; r < _REASON_MAX; r++) {
		assert_true(reason_vendor(r, "amd"));
		assert_true(reason_vendor(r, ""));
		assert_true(reason_vendor(r, NULL));
		intel += reason_vendor(r, "intel");
	}
	assert_int_equal(intel, 7);
	assert_true(reason_vendor(REASON_APIC_ID_MODIFIED, "intel"));
	assert_false(reason_vendor(REASON_IRQWIN, "intel"));
	assert_false(reason_vendor(REASON_PIT_REINJ, "intel"));
	assert_true(reason_vendor(REASON_UNKNOWN, "intel"));
}

static void test_words(void **state)
{
	for (int i = 0; i < _CAUSE_MAX; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(cause_to_string(i), cause_to_string(j));
	assert_string_equal(cause_to_string(CAUSE_NONE), "");
	assert_string_equal(cause_to_string(CAUSE_KERNEL_BUG), "kernel-bug");
	assert_string_equal(cause_to_string(-1), "unknown");
	assert_string_equal(remedy_to_string(REMEDY_COLD_REBOOT), "cold-reboot");
	assert_string_equal(remedy_to_string(_REMEDY_MAX), "unknown");
	assert_string_equal(reason_class_to_string(CLASS_STICKY), "sticky");
	assert_string_equal(reason_class_to_string(-1), "unknown");
	assert_string_equal(numbering_origin_to_string(NUMBERING_FORMAT), "format");
	assert_string_equal(numbering_origin_to_string(99), "none");
	assert_string_equal(kernel_line_to_string(LINE_6_3), "6.3-6.16");
	assert_string_equal(kernel_line_to_string(99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_remedy_text),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_vendor),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("reasons", tests, NULL, NULL);
}
