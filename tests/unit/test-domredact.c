/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's XML for others: no secret is in it, and what says something about AVIC is. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "avicd/domredact.h"
#include "avicd/domxml.h"
#include "avicd/file.h"

/* Each has SECRET in it where one may be, and KEEP where nothing may get lost. */
static const char *const documents[] = {
	"<domain><devices><graphics type='vnc' passwd='SECRET' port='KEEP'/></devices></domain>",
	"<domain><devices><graphics passwdValidTo='SECRET'/><channel KEEP='1'/></devices></domain>",
	"<domain><devices><disk><source protocol='rbd' name='KEEP'/><auth username='SECRET'><secret type='ceph' "
	"uuid='SECRET'/></auth>"
	"</disk></devices></domain>",
	"<domain><devices><disk><encryption format='luks'><secret type='passphrase' "
	"uuid='SECRET'/></encryption><KEEP/></disk></devices></domain>",
	"<domain><devices><disk><source protocol='https' name='x'><cookies><cookie "
	"name='a'>SECRET</cookie></cookies><KEEP/></source></disk>"
	"</devices></domain>",
	"<domain><devices><disk><source file='https://user:SECRET@host/image'/><target "
	"dev='KEEP'/></disk></devices></domain>",
	"<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline><qemu:arg "
	"value='secret,id=s0,data=SECRET'/>"
	"<qemu:arg value='-KEEP'/><qemu:env name='APP_PASSWORD' value='SECRET'/><qemu:env name='HOME' "
	"value='SECRET'/></qemu:commandline></domain>",
	"<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline><qemu:arg "
	"value='--vnc-password'/>"
	"<qemu:arg value='SECRET'/><qemu:arg value='KEEP'/></qemu:commandline></domain>",
	"<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline><qemu:arg value='-KEEP'/>"
	"<qemu:arg value='file=rbd:pool/image:id=admin:key=SECRET'/></qemu:commandline></domain>",
	"<domain><sysinfo type='fwcfg'><entry "
	"name='opt/io.systemd.credentials/x'>SECRET</entry></sysinfo><KEEP/></domain>",
	"<domain><os><cmdline>root=/dev/vda rootpassword=SECRET</cmdline><type machine='KEEP'>hvm</type></os></domain>",
	"<domain><launchSecurity "
	"type='sev'><session>SECRET</session><dhCert>SECRET</dhCert><policy>KEEP</policy></launchSecurity></domain>",
	"<domain><metadata><nova:instance "
	"xmlns:nova='http://openstack.org/nova'><nova:user>SECRET</nova:user></nova:instance>"
	"<avic:policy xmlns:avic='https://avicd.org/domain/1' mode='require' remedy='KEEP'/></metadata></domain>",
	"<domain><!-- SECRET --><title>KEEP</title><?pi SECRET?></domain>",
	"<domain><devices><interface><source KEEP='1' token='SECRET'/></interface></devices></domain>",
	"<domain><devices><tpm><backend><encryption secret='SECRET'/></backend><KEEP/></tpm></devices></domain>",
	"<domain><description><![CDATA[my password: SECRET]]></description><name>KEEP</name></domain>",
	"<domain><name>a &amp; &lt;b&gt; KEEP</name><description>pass&#119;ord SECRET</description></domain>",
};

static void test_secrets(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		_cleanup_free_ char *out = NULL, *again = NULL;

		assert_int_equal(domxml_redact(documents[i], strlen(documents[i]), &out), 0);
		if (strstr(out, "SECRET") || !strstr(out, "KEEP"))
			fail_msg("%s\nbecame\n%s", documents[i], out);
		/* it is XML, and all is done */
		assert_int_equal(domxml_redact(out, strlen(out), &again), 0);
		assert_string_equal(out, again);
	}
}

static void test_layout(void **state)
{
	static const char in[] =
		"<domain "
		"type='kvm'><name>a&amp;b\"'</name><os>\n<type>hvm</type>\n</os><features><acpi/></features></domain>";
	_cleanup_free_ char *out = NULL;

	assert_int_equal(domxml_redact(in, strlen(in), &out), 0);
	assert_string_equal(
		out, "<domain type=\"kvm\">\n  <name>a&amp;b&quot;'</name>\n  <os>\n    <type>hvm</type>\n  </os>\n"
		     "  <features>\n    <acpi/>\n  </features>\n</domain>\n");
}

static void test_bad(void **state)
{
	static const char *const bad[] = {"", "<domain>", "text", "<!DOCTYPE d [<!ENTITY a 'b'>]><domain>&a;</domain>",
					  "<a></b>"};
	_cleanup_free_ char *deep = malloc(300 * 3 + 1);
	char *out = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(domxml_redact(bad[i], strlen(bad[i]), &out), -EBADMSG);
	for (int i = 0; i < 300; i++)
		memcpy(deep + i * 3, "<a>", 4);
	assert_int_equal(domxml_redact(deep, strlen(deep), &out), -EBADMSG);
	assert_null(out);
}

/* Of each domain that the tests have, the same is known as before. */
static void test_facts(void **state)
{
	const char *top = getenv("top_srcdir");
	_cleanup_free_ char *dir = NULL;
	unsigned n = 0;
	struct dirent *e;
	DIR *d;

	assert_true(asprintf(&dir, "%s/tests/data/domains", top ?: ".") > 0);
	d = opendir(dir);
	assert_non_null(d);
	while ((e = readdir(d))) {
		_cleanup_free_ char *path = NULL, *xml = NULL, *out = NULL;
		_cleanup_domxml_ struct domxml_facts before, after;
		size_t len;

		domxml_init(&before);
		domxml_init(&after);
		if (!strstr(e->d_name, ".xml"))
			continue;
		assert_true(asprintf(&path, "%s/%s", dir, e->d_name) > 0);
		assert_int_equal(file_read(path, DOMXML_MAX, &xml, &len), 0);
		if (domxml_read(xml, len, &before) < 0)
			continue;
		assert_int_equal(domxml_redact(xml, len, &out), 0);
		assert_int_equal(domxml_read(out, strlen(out), &after), 0);
		assert_string_equal(before.qemu_args ?: "", after.qemu_args ?: "");
		free(before.qemu_args);
		free(after.qemu_args);
		before.qemu_args = after.qemu_args = NULL;
		if (memcmp(&before, &after, sizeof(before)) != 0)
			fail_msg("%s: other facts in\n%s", e->d_name, out);
		n++;
	}
	closedir(d);
	assert_true(n > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
