/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corrections of a domain's XML in all layouts that a file may have: the result, and the diff. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "avicd/domfix.h"
#include "avicd/domxml.h"
#include "avicd/text.h"

#define PIT    BIT64(DOMFIX_PIT)
#define IOMMU  BIT64(DOMFIX_IOMMU)
#define HYPERV BIT64(DOMFIX_HYPERV)
#define X2APIC BIT64(DOMFIX_X2APIC)
#define TIMER  "<timer name='pit' tickpolicy='discard'/>"

static char *fixed(const char *xml, uint32_t fixes)
{
	_cleanup_domfix_ struct domfix_edits e = {0};
	char *s;
	size_t len;

	assert_int_equal(domfix_plan(xml, strlen(xml), fixes, &e), 0);
	assert_int_equal(domfix_apply(xml, strlen(xml), &e, &s, &len), 0);
	assert_int_equal(strlen(s), len);
	return s;
}

static void layouts(void **state)
{
	static const struct {
		uint32_t fixes;
		const char *before, *after;
	} rows[] = {
		{PIT, "<domain/>", "<domain><clock offset='utc'>" TIMER "</clock></domain>"},
		{PIT, "<domain></domain>", "<domain><clock offset='utc'>" TIMER "</clock></domain>"},
		{PIT, "<domain>\n</domain>\n",
		 "<domain>\n  <clock offset='utc'>\n    " TIMER "\n  </clock>\n</domain>\n"},
		{PIT, "<domain>\n\t<devices/>\n</domain>",
		 "<domain>\n\t<clock offset='utc'>\n\t\t" TIMER "\n\t</clock>\n\t<devices/>\n</domain>"},
		{PIT, "<domain><devices/></domain>",
		 "<domain><clock offset='utc'>" TIMER "</clock><devices/></domain>"},
		{PIT, "<domain>\n  <clock offset='utc'/>\n</domain>",
		 "<domain>\n  <clock offset='utc'>\n    " TIMER "\n  </clock>\n</domain>"},
		{PIT, "<domain><clock offset=\"utc\" /></domain>",
		 "<domain><clock offset=\"utc\" >" TIMER "</clock></domain>"},
		{PIT, "<domain>\n  <clock offset='utc'>\n    <timer name='rtc'/>\n  </clock>\n</domain>",
		 "<domain>\n  <clock offset='utc'>\n    <timer name='rtc'/>\n    " TIMER "\n  </clock>\n</domain>"},
		{PIT, "<domain><clock><timer tickpolicy = \"delay\"\n name='pit'></timer></clock></domain>",
		 "<domain><clock><timer tickpolicy = \"discard\"\n name='pit'></timer></clock></domain>"},
		{PIT, "<domain><clock><timer name='pit'\n/></clock></domain>",
		 "<domain><clock><timer name='pit' tickpolicy='discard'\n/></clock></domain>"},
		{PIT, "<domain><clock><timer name='pit'></timer></clock></domain>",
		 "<domain><clock><timer name='pit' tickpolicy='discard'></timer></clock></domain>"},
		{PIT, "<domain><clock>" TIMER "</clock></domain>", "<domain><clock>" TIMER "</clock></domain>"},
		/* what only looks like an element */
		{PIT,
		 "<?xml version='1.0'?><?a <clock>?><!-- <clock> "
		 "--><domain><description><![CDATA[<clock/>]]></description>"
		 "<title b=\"/>\">x</title><clock/></domain>",
		 "<?xml version='1.0'?><?a <clock>?><!-- <clock> "
		 "--><domain><description><![CDATA[<clock/>]]></description>"
		 "<title b=\"/>\">x</title><clock>" TIMER "</clock></domain>"},
		{PIT,
		 "<domain><title a='>'/><!-- </domain> --><metadata><clock/><x:clock xmlns:x='urn:x'/>"
		 "<domain xmlns='urn:y'><clock/></domain></metadata><clock/></domain>",
		 "<domain><title a='>'/><!-- </domain> --><metadata><clock/><x:clock xmlns:x='urn:x'/>"
		 "<domain xmlns='urn:y'><clock/></domain></metadata><clock>" TIMER "</clock></domain>"},
		{PIT, "<domain><clock xmlns='urn:x'/><clock a='1'/></domain>",
		 "<domain><clock xmlns='urn:x'/><clock a='1'>" TIMER "</clock></domain>"},
		{IOMMU, "<domain><devices/></domain>",
		 "<domain><features><ioapic driver='qemu'/></features><devices><iommu model='intel'>"
		 "<driver intremap='on' eim='on'/></iommu></devices></domain>"},
		{IOMMU, "<domain/>",
		 "<domain><features><ioapic driver='qemu'/></features><devices><iommu model='intel'>"
		 "<driver intremap='on' eim='on'/></iommu></devices></domain>"},
		{IOMMU,
		 "<domain><features><ioapic driver='kvm'/></features><devices><iommu "
		 "model='intel'/></devices></domain>",
		 "<domain><features><ioapic driver='qemu'/></features><devices><iommu model='intel'>"
		 "<driver intremap='on' eim='on'/></iommu></devices></domain>"},
		{IOMMU,
		 "<domain><features/><devices><iommu model='amd'><driver iotlb='on' "
		 "xtsup='off'/></iommu></devices></domain>",
		 "<domain><features><ioapic driver='qemu'/></features><devices><iommu model='amd'>"
		 "<driver iotlb='on' xtsup='on' intremap='on'/></iommu></devices></domain>"},
		{IOMMU, "<domain><devices><iommu model='virtio'/></devices></domain>",
		 "<domain><devices><iommu model='virtio'/></devices></domain>"},
		{HYPERV, "<domain><features><hyperv><avic state='off'/></hyperv></features></domain>",
		 "<domain><features><hyperv><avic state='on'/></hyperv></features></domain>"},
		{HYPERV, "<domain><features><hyperv mode='passthrough'/></features></domain>",
		 "<domain><features><hyperv mode='passthrough'/></features></domain>"},
		{X2APIC,
		 "<domain>\n <cpu>\n  <feature name='x2apic' policy='disable'/>\n  <feature name='svm'/>\n "
		 "</cpu>\n</domain>",
		 "<domain>\n <cpu>\n  <feature name='svm'/>\n </cpu>\n</domain>"},
		{X2APIC, "<domain><cpu><feature name='x2apic'></feature><a/></cpu></domain>",
		 "<domain><cpu><a/></cpu></domain>"},
		{PIT | HYPERV | X2APIC,
		 "<domain><features><hyperv><synic state='on'/></hyperv></features><cpu><feature "
		 "name='x2apic'/></cpu></domain>",
		 "<domain><features><hyperv><synic state='on'/><avic state='on'/></hyperv></features><cpu></cpu>"
		 "<clock offset='utc'>" TIMER "</clock></domain>"},
		{0, "<domain>\n<a/>\r\n</domain>", "<domain>\n<a/>\r\n</domain>"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_domxml_ struct domxml_facts before = {0}, after = {0};
		_cleanup_free_ char *got = NULL, *again = NULL;

		assert_int_equal(domxml_read(rows[i].before, strlen(rows[i].before), &before), 0);
		got = fixed(rows[i].before, rows[i].fixes);
		assert_string_equal(got, rows[i].after);
		assert_int_equal(domxml_read(got, strlen(got), &after), 0);
		if (rows[i].fixes & PIT)
			assert_string_equal(after.pit_policy, "discard");
		/* what is right is not touched again */
		again = fixed(got, rows[i].fixes);
		assert_string_equal(again, got);
	}
}

static void diffs(void **state)
{
	static const struct {
		uint32_t fixes;
		const char *xml, *diff;
	} rows[] = {
		{PIT, "<domain><clock>" TIMER "</clock></domain>\n", ""},
		{PIT, "<domain/>",
		 "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-<domain/>\n\\ No newline at end of file\n"
		 "+<domain><clock offset='utc'>" TIMER "</clock></domain>\n\\ No newline at end of file\n"},
		{PIT, "<domain>\n</domain>\n",
		 "--- a\n+++ b\n@@ -1,2 +1,5 @@\n <domain>\n+  <clock offset='utc'>\n+    " TIMER
		 "\n+  </clock>\n </domain>\n"},
		/* two hunks, the second behind lines that the first added */
		{PIT | HYPERV,
		 "<domain>\n<features>\n<hyperv>\n</hyperv>\n</features>\n\n\n\n\n\n\n<clock>\n</clock>\n</domain>\n",
		 "--- a\n+++ b\n@@ -1,6 +1,7 @@\n <domain>\n <features>\n <hyperv>\n+  <avic state='on'/>\n "
		 "</hyperv>\n </features>\n \n"
		 "@@ -10,5 +11,6 @@\n \n \n <clock>\n+  " TIMER "\n </clock>\n </domain>\n"},
		/* one hunk, as their contexts touch */
		{PIT | HYPERV,
		 "<domain>\n<features>\n<hyperv>\n</hyperv>\n</features>\n\n\n<clock>\n</clock>\n</domain>\n",
		 "--- a\n+++ b\n@@ -1,10 +1,12 @@\n <domain>\n <features>\n <hyperv>\n+  <avic state='on'/>\n "
		 "</hyperv>\n </features>\n \n"
		 " \n <clock>\n+  " TIMER "\n </clock>\n </domain>\n"},
		/* two edits of one line */
		{IOMMU, "<domain><features/><devices/></domain>\n",
		 "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-<domain><features/><devices/></domain>\n"
		 "+<domain><features><ioapic driver='qemu'/></features><devices><iommu model='intel'><driver "
		 "intremap='on' "
		 "eim='on'/></iommu></devices></domain>\n"},
		/* lines that only go */
		{X2APIC, "<domain>\n<cpu>\n<feature name='x2apic'/>\n</cpu>\n</domain>\n",
		 "--- a\n+++ b\n@@ -1,5 +1,4 @@\n <domain>\n <cpu>\n-<feature name='x2apic'/>\n </cpu>\n </domain>\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_domfix_ struct domfix_edits e = {0};
		_cleanup_free_ char *diff = NULL;

		assert_int_equal(domfix_plan(rows[i].xml, strlen(rows[i].xml), rows[i].fixes, &e), 0);
		assert_int_equal(domfix_diff(rows[i].xml, strlen(rows[i].xml), &e, "a", "b", &diff), 0);
		assert_string_equal(diff, rows[i].diff);
	}
}

static void refused(void **state)
{
	static const char wide[] = "<\0d\0o\0m\0a\0i\0n\0/\0>";
	_cleanup_domfix_ struct domfix_edits e = {0};
	_cleanup_text_ struct text t = {0};

	assert_int_equal(domfix_plan(wide, sizeof(wide), PIT, &e), -ENOTSUP);
	assert_int_equal(domfix_plan("", 0, PIT, &e), -ENOTSUP);
	assert_int_equal(domfix_plan("<a:domain xmlns:a='urn:x'/>", 27, PIT, &e), -ENOTSUP);
	assert_int_equal(domfix_plan("<domain", 7, PIT, &e), -EBADMSG);
	assert_int_equal(domfix_plan("<domain>", 8, PIT, &e), -EBADMSG);
	assert_int_equal(domfix_plan("</domain>", 9, PIT, &e), -EBADMSG);
	text_add(&t, "<domain><clock>");
	for (int i = 0; i < 500; i++)
		text_add(&t, "<timer name='pit'/>");
	text_add(&t, "</clock></domain>");
	assert_int_equal(domfix_plan(t.s, t.len, PIT, &e), -E2BIG);
	text_done(&t);
	t = (struct text){0};
	text_add(&t, "<domain><clock>");
	for (int i = 0; i < 100000; i++)
		text_add(&t, "<timer/>");
	text_add(&t, "</clock></domain>");
	assert_int_equal(domfix_plan(t.s, t.len, PIT, &e), -E2BIG);
	assert_int_equal(e.n, 0);
	for (int i = 0; i < _DOMFIX_MAX; i++)
		assert_non_null(domfix_to_string(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(diffs),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("domfix", tests, NULL, NULL);
}
