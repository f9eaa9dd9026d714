/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of a domain's XML: what it takes, and that hostile input is refused or taken as data. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "avicd/domxml.h"
#include "avicd/text.h"

static int read_text(const char *xml, struct domxml_facts *ret)
{
	return domxml_read(xml, strlen(xml), ret);
}

static void every_fact(void **state)
{
	static const char xml[] =
		"<?xml version='1.0'?>\n<!-- <domain type='x'/> -->\n"
		"<domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
		"<name>a&amp;b</name><uuid> 848EA81A-C86F-4498-AED2-362E6EC80912\n</uuid>"
		"<metadata><p:policy xmlns:p='https://avicd.org/domain/1' mode='prefer' "
		"remedy='auto'><name>no</name></p:policy>"
		"<o:x xmlns:o='urn:o'><domain><vcpu>77</vcpu></domain></o:x></metadata>"
		"<vcpu placement='static' current='2'>\n  16\n</vcpu>"
		"<os><type arch='x86_64' machine='pc-q35-9.0'>hvm</type></os>"
		"<features><ioapic driver='qemu'/><hyperv mode='custom'><synic state='on'/><stimer state='off'/>"
		"<avic state='on'/></hyperv></features>"
		"<cpu mode='custom'><model fallback='allow'>EPYC</model><topology sockets='2' dies='1' clusters='1' "
		"cores='4' threads='2'/><feature policy='disable' name='x2apic'/><feature name='svm'/></cpu>"
		"<clock offset='utc'><timer name='pit' tickpolicy='discard'/></clock><on_reboot>destroy</on_reboot>"
		"<devices><iommu model='intel'><driver intremap='on' eim='off'/></iommu>"
		"<hostdev mode='subsystem' type='pci'><source><vcpu>5</vcpu></source></hostdev></devices>"
		"<launchSecurity type='sev'/><qemu:commandline><qemu:arg value='-global'/>"
		"<qemu:arg value='a=b&#10;c'/></qemu:commandline></domain>";
	_cleanup_domxml_ struct domxml_facts f = {0};

	assert_int_equal(read_text(xml, &f), 0);
	assert_string_equal(f.type, "kvm");
	assert_string_equal(f.name, "a&b");
	assert_string_equal(f.uuid, "848ea81a-c86f-4498-aed2-362e6ec80912");
	assert_int_equal(f.vcpus.state, NUMBER_GOOD);
	assert_int_equal(f.vcpus.value, 16);
	assert_int_equal(f.vcpus_current.value, 2);
	assert_string_equal(f.machine, "pc-q35-9.0");
	assert_string_equal(f.ioapic, "qemu");
	assert_true(f.hyperv && f.synic == TRI_YES && f.stimer == TRI_NO && f.hyperv_avic == TRI_YES);
	assert_string_equal(f.cpu_model, "EPYC");
	assert_true(f.topology.given);
	assert_int_equal(f.topology.cores.value, 4);
	assert_string_equal(f.feature[FEATURE_X2APIC], "disable");
	assert_string_equal(f.feature[FEATURE_SVM], "require");
	assert_string_equal(f.feature[FEATURE_INVTSC], "");
	assert_true(f.pit);
	assert_string_equal(f.pit_policy, "discard");
	assert_string_equal(f.on_reboot, "destroy");
	assert_true(f.iommu && f.intremap == TRI_YES && f.eim == TRI_NO && f.xtsup == TRI_UNKNOWN);
	assert_true(f.hostdev);
	assert_int_equal(f.blockers, BIT64(BLOCKER_HOSTDEV));
	assert_string_equal(f.launch_security, "sev");
	assert_int_equal(f.mode, MODE_PREFER);
	assert_int_equal(f.remedy, DOMXML_REMEDY_AUTO);
	assert_string_equal(f.qemu_args, "-global\na=b?c");
}

static void bad_documents(void **state)
{
	static const char *const refused[] = {
		"",
		" ",
		"x",
		"<",
		"<domain",
		"<domain type='kvm'>",
		"<domain type='kvm'><name>a</name>",
		"<domain></domain><domain/>",
		"<domain type='kvm' type='qemu'/>",
		"<network/>",
		"<x:domain xmlns:x='urn:x'/>",
		"<!DOCTYPE domain><domain/>",
		"<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>",
		"<!DOCTYPE domain SYSTEM 'http://127.0.0.1:9/x.dtd'><domain/>",
		"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain><name>&x;</name></domain>",
		"<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
		"<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>]>"
		"<domain type='&f;'><name>&f;</name></domain>",
		"<domain><name>&nosuch;</name></domain>",
		"<domain><name>\xff\xfe</name></domain>",
		"<domain><name>&#0;</name></domain>",
	};
	struct domxml_facts f;

	memset(&f, 0x55, sizeof(f));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (read_text(refused[i], &f) != -EBADMSG)
			fail_msg("%s", refused[i]);
	/* what was refused left nothing behind */
	assert_int_equal(f.type[0], 0x55);
	assert_int_equal(domxml_read("<domain/>", DOMXML_MAX + 1, &f), -EFBIG);
	assert_int_equal(domxml_read("<domain/>\0<x", 12, &f), -EBADMSG);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		enum domxml_number_state state;
		uint32_t value;
	} rows[] = {
		{"<vcpu>1</vcpu>", NUMBER_GOOD, 1},
		{"<vcpu>0</vcpu>", NUMBER_GOOD, 0},
		{"<vcpu>100000</vcpu>", NUMBER_GOOD, 100000},
		{"<vcpu>4294967295</vcpu>", NUMBER_GOOD, UINT32_MAX},
		{"<vcpu>4294967296</vcpu>", NUMBER_BAD, 0},
		{"<vcpu>18446744073709551617</vcpu>", NUMBER_BAD, 0},
		{"<vcpu>-1</vcpu>", NUMBER_BAD, 0},
		{"<vcpu>+1</vcpu>", NUMBER_BAD, 0},
		{"<vcpu>0x10</vcpu>", NUMBER_BAD, 0},
		{"<vcpu>1 2</vcpu>", NUMBER_BAD, 0},
		{"<vcpu>1e3</vcpu>", NUMBER_BAD, 0},
		{"<vcpu/>", NUMBER_BAD, 0},
		{"<vcpu>$(id)</vcpu>", NUMBER_BAD, 0},
		{"<vcpu>&#x661;</vcpu>", NUMBER_BAD, 0},
		{"<vcpu><!-- 9 -->4<![CDATA[2]]></vcpu>", NUMBER_GOOD, 42},
		{"", NUMBER_ABSENT, 0},
		{"<a><vcpu>3</vcpu></a>", NUMBER_ABSENT, 0},
		{"<x:vcpu xmlns:x='urn:x'>3</x:vcpu>", NUMBER_ABSENT, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_domxml_ struct domxml_facts f = {0};
		char xml[256];

		snprintf(xml, sizeof(xml), "<domain type='kvm'>%s</domain>", rows[i].text);
		assert_int_equal(read_text(xml, &f), 0);
		if (f.vcpus.state != rows[i].state || f.vcpus.value != rows[i].value)
			fail_msg("%s: %d, %u", xml, f.vcpus.state, f.vcpus.value);
	}
}

static void names_are_data(void **state)
{
	static const char *const same[] = {"-x", "..", "$(id)", "a b", "/etc/passwd", "%s%n", "größe", "`x`"};
	char xml[4096], longest[300];

	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		_cleanup_domxml_ struct domxml_facts f = {0};

		snprintf(xml, sizeof(xml), "<domain><name>%s</name></domain>", same[i]);
		assert_int_equal(read_text(xml, &f), 0);
		assert_string_equal(f.name, same[i]);
	}
	/* as long as libvirt lets it be, longer, and with a character at the cut */
	for (size_t n = 240; n < 290; n++) {
		_cleanup_domxml_ struct domxml_facts f = {0};

		memset(longest, 'n', n);
		strcpy(longest + n, "ö");
		snprintf(xml, sizeof(xml), "<domain type='%s'><name>%s</name></domain>", longest, longest);
		assert_int_equal(read_text(xml, &f), 0);
		assert_true(text_is_utf8(f.name, strlen(f.name)));
		assert_int_equal(strlen(f.name), n + 2 < DOMAIN_NAME_MAX ? n + 2
						 : n < DOMAIN_NAME_MAX	 ? n
									 : DOMAIN_NAME_MAX - 1);
		assert_int_equal(strlen(f.type), DOMXML_WORD_MAX - 1);
	}
	{
		_cleanup_domxml_ struct domxml_facts f = {0};

		assert_int_equal(read_text("<domain><name>a\033[31m&#x9b;&#10;b</name></domain>", &f), -EBADMSG);
		assert_int_equal(read_text("<domain><name>a&#x9b;&#10;b</name></domain>", &f), 0);
		assert_null(strpbrk(f.name, "\n\033"));
	}
}

static void utf16(void **state)
{
	static const char xml[] = "<domain type='kvm'><name>b</name></domain>";
	_cleanup_domxml_ struct domxml_facts f = {0};
	char wide[2 * sizeof(xml)] = "\xff\xfe";

	for (size_t i = 0; i < sizeof(xml) - 1; i++)
		wide[2 + 2 * i] = xml[i];
	assert_int_equal(domxml_read(wide, 2 * sizeof(xml), &f), 0);
	assert_string_equal(f.name, "b");
	assert_string_equal(f.type, "kvm");
}

/* @n times @part inside <domain>. */
static char *many(const char *head, const char *part, size_t n, const char *tail, size_t *ret_len)
{
	size_t len = strlen(part), at = strlen(head);
	char *s = malloc(at + n * len + strlen(tail) + 1);

	assert_non_null(s);
	memcpy(s, head, at);
	for (size_t i = 0; i < n; i++, at += len)
		memcpy(s + at, part, len);
	strcpy(s + at, tail);
	*ret_len = at + strlen(tail);
	return s;
}

static void large_documents(void **state)
{
	static const struct {
		const char *head, *part, *tail;
		size_t n;
		int r;
	} rows[] = {
		{"<domain>", "<a>", "", 20000, -EBADMSG}, /* deeper than we follow: no recursion of ours */
		{"<domain>", "<disk><x/></disk>", "<name>end</name></domain>", 50000, 0},
		{"<domain><name>", "n", "</name><name>end</name></domain>", 1000000, 0},
		{"<domain><metadata><q xmlns='urn:x'>", "<a b='c'>d</a>", "</q></metadata><name>end</name></domain>",
		 20000, 0},
		{"<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline>",
		 "<qemu:arg value='-s'/>", "</qemu:commandline><name>end</name></domain>", 20000, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_domxml_ struct domxml_facts f = {0};
		size_t len;
		_cleanup_free_ char *xml = many(rows[i].head, rows[i].part, rows[i].n, rows[i].tail, &len);

		assert_int_equal(domxml_read(xml, len, &f), rows[i].r);
		if (rows[i].r == 0)
			assert_string_equal(f.name, "end");
	}
}

static void empty_facts(void **state)
{
	_cleanup_domxml_ struct domxml_facts f = {0};

	assert_int_equal(read_text("<domain/>", &f), 0);
	assert_string_equal(f.type, "");
	assert_int_equal(f.vcpus.state, NUMBER_ABSENT);
	assert_int_equal(f.mode, MODE_NONE);
	assert_true(!f.pit && !f.iommu && !f.hyperv && !f.topology.given && !f.qemu_args);
	for (int b = 0; b < _BLOCKER_MAX; b++)
		assert_non_null(domxml_blocker_to_string(b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fact),	  cmocka_unit_test(bad_documents), cmocka_unit_test(numbers),
		cmocka_unit_test(names_are_data), cmocka_unit_test(utf16),	   cmocka_unit_test(large_documents),
		cmocka_unit_test(empty_facts),
	};

	return cmocka_run_group_tests_name("domxml", tests, NULL, NULL);
}
