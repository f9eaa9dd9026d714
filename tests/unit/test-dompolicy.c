/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy in a domain's metadata: the element by itself, libvirt's test driver, and a socket that nobody answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "virt/dompolicy_xml.h"

#define TEST_URI "test:///default"
#define PATIENCE (60 * NSEC_PER_SEC)

static void edits(void **state)
{
	static const struct {
		const char *xml;
		struct dompolicy_change change;
		const char *expected;
	} cases[] = {
		{NULL, {.mode = MODE_REQUIRE}, "<policy mode=\"require\"/>"},
		{NULL,
		 {.mode = MODE_IGNORE, .remedy = DOMXML_REMEDY_AUTO},
		 "<policy mode=\"ignore\" remedy=\"auto\"/>"},
		{"<policy mode=\"require\"/>", {.mode = MODE_PREFER}, "<policy mode=\"prefer\"/>"},
		{"<policy mode=\"x\"/>", {.remedy = DOMXML_REMEDY_REPORT}, "<policy mode=\"x\" remedy=\"report\"/>"},
		{"<policy mode=\"x\"/>",
		 {.remedies = "restore heal"},
		 "<policy mode=\"x\" remedies=\"restore heal\"/>"},
		{"<policy mode=\"x\" remedies=\"heal\"/>", {.remedies = ""}, "<policy mode=\"x\"/>"},
		{"<policy later='1' mode='a'>\n <more a='&lt;'/>\n</policy>",
		 {.mode = MODE_REQUIRE},
		 "<policy later=\"1\" mode=\"require\">\n <more a=\"&lt;\"/>\n</policy>"},
	};
	static const char *const bad[] = {
		"",
		"x",
		"<policy",
		"<policy/><policy/>",
		"<!DOCTYPE policy [<!ENTITY a \"b\">]><policy mode='&a;'/>",
		"<!DOCTYPE policy SYSTEM 'file:///etc/passwd'><policy/>",
	};
	_cleanup_text_ struct text large = {0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *s = NULL;

		assert_int_equal(dompolicy_edit(cases[i].xml, &cases[i].change, &s), 0);
		assert_string_equal(s, cases[i].expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct dompolicy_copy c = {0};
		char *s = NULL;

		assert_int_equal(dompolicy_edit(bad[i], &(struct dompolicy_change){.mode = MODE_REQUIRE}, &s),
				 -EBADMSG);
		assert_null(s);
		assert_int_equal(dompolicy_words(bad[i], &c), -EBADMSG);
	}
	text_add(&large, "<policy a='");
	for (int i = 0; i < DOMPOLICY_XML_MAX; i++)
		text_add(&large, "a");
	text_add(&large, "'/>");
	assert_int_equal(dompolicy_words(large.s, &(struct dompolicy_copy){0}), -EBADMSG);
}

static void words(void **state)
{
	struct dompolicy_copy c = {0};
	char xml[256];

	assert_int_equal(dompolicy_words("<policy remedies='heal,migrate'/>", &c), 0);
	assert_string_equal(c.remedies, "heal,migrate");
	assert_int_equal(dompolicy_words("<policy mode='require' remedy=\"auto\"/>", &c), 0);
	assert_string_equal(c.remedies, "");
	assert_string_equal(c.mode, "require");
	assert_string_equal(c.remedy, "auto");
	assert_int_equal(dompolicy_words("<policy x:mode='require' xmlns:x='y' remedy='a&#9;b'/>", &c), 0);
	assert_string_equal(c.mode, "");
	assert_string_equal(c.remedy, "a?b");
	/* what is longer than any word is cut, at a character */
	snprintf(xml, sizeof(xml), "<policy mode='%0*d\xc3\xa9'/>", DOMXML_WORD_MAX - 2, 7);
	assert_int_equal(dompolicy_words(xml, &c), 0);
	assert_int_equal(strlen(c.mode), DOMXML_WORD_MAX - 2);
}

/* The test driver lives in this process, and goes with its last connection: what is asked for afterwards is fresh. */
static void test_driver(void **state)
{
	const struct dompolicy_change change = {.mode = MODE_REQUIRE}, unset = {.unset = true};
	_cleanup_free_ char *why = NULL;
	struct dompolicy d;

	assert_int_equal(dompolicy_get(TEST_URI, "test", PATIENCE, &d, &why), 0);
	assert_string_equal(d.name, "test");
	assert_true(d.live.there && d.config.there && !d.live.element && !d.config.element);
	assert_int_equal(d.vcpus, 2);
	assert_int_equal(dompolicy_set(TEST_URI, d.uuid, &change, PATIENCE, &d, &why), 0);
	assert_true(d.live.element && d.config.element);
	assert_string_equal(d.live.mode, "require");
	assert_string_equal(d.config.mode, "require");
	assert_string_equal(d.config.remedy, "");
	assert_int_equal(dompolicy_set(TEST_URI, "test", &unset, PATIENCE, &d, &why), 0);
	assert_false(d.live.element || d.config.element);
	assert_null(why);
	assert_int_equal(dompolicy_get(TEST_URI, "none", PATIENCE, &d, &why), -ENOENT);
	free_p(&why);
	why = NULL;
	assert_int_equal(dompolicy_set("qemu+ssh://host/system", "test", &change, PATIENCE, &d, &why), -EINVAL);
	assert_non_null(why);
	free_p(&why);
	why = NULL;
	assert_int_equal(dompolicy_get("qemu+unix:///system?socket=/none", "test", PATIENCE, &d, &why), -ENOTCONN);
}

static void nobody_answers(void **state)
{
	static char folder[] = "/tmp/test-dompolicy.XXXXXX";
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_free_ char *why = NULL;
	uint64_t begin = now_ns();
	struct dompolicy d;
	char uri[128];

	assert_non_null(mkdtemp(folder));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	snprintf(uri, sizeof(uri), "qemu+unix:///system?socket=%s", a.sun_path);
	assert_int_equal(dompolicy_get(uri, "test", 300 * NSEC_PER_MSEC, &d, &why), -ETIMEDOUT);
	assert_true(now_ns() - begin < 20 * NSEC_PER_SEC);
	unlink(a.sun_path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits),
		cmocka_unit_test(words),
		cmocka_unit_test(test_driver),
		cmocka_unit_test(nobody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
