/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt hook: its decisions as a table, the freshness of host.json, marks, and the limits of what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "hook/decide.h"
#include "hook/hosthealth.h"
#include "hook/mark.h"
#include "hook/say.h"
#include "tmpdir.h"

#define BASE                                                                                              \
	.op = HOOK_START, .policy = POLICY_ENFORCE, .large_vcpus = 128, .mode = MODE_REQUIRE, .vcpus = 1, \
	.verdict = PREFLIGHT_FAILS, .host_fresh = true

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	const char *what;
	struct hook_case c;
	enum hook_decision expected;
} cases[] = {
	{"required, enforced", {BASE}, HOOK_REFUSE},
	{"at prepare first", {BASE, .op = HOOK_PREPARE}, HOOK_REFUSE},
	{"policy=warn never refuses", {BASE, .policy = POLICY_WARN}, HOOK_WARN},
	{"and warns once", {BASE, .policy = POLICY_WARN, .op = HOOK_PREPARE}, HOOK_GO},
	{"a host that is not known never refuses", {BASE, .host_fresh = false}, HOOK_WARN},
	{"nor at prepare", {BASE, .host_fresh = false, .op = HOOK_PREPARE}, HOOK_GO},
	{"a marked start warns", {BASE, .marked = true}, HOOK_WARN},
	{"a marked prepare goes", {BASE, .marked = true, .op = HOOK_PREPARE}, HOOK_GO},
	{"unless enforce_incoming", {BASE, .marked = true, .enforce_incoming = true}, HOOK_REFUSE},
	{"an incoming migration goes", {BASE, .op = HOOK_MIGRATE}, HOOK_GO},
	{"unless enforce_incoming", {BASE, .op = HOOK_MIGRATE, .marked = true, .enforce_incoming = true}, HOOK_REFUSE},
	{"also by policy=warn", {BASE, .op = HOOK_MIGRATE, .policy = POLICY_WARN, .enforce_incoming = true}, HOOK_GO},
	{"a restore itself is never refused", {BASE, .op = HOOK_RESTORE, .enforce_incoming = true}, HOOK_GO},
	{"small, no mode", {BASE, .mode = MODE_NONE, .vcpus = 127}, HOOK_WARN},
	{"large, no mode", {BASE, .mode = MODE_NONE, .vcpus = 128}, HOOK_REFUSE},
	{"large by the setting", {BASE, .mode = MODE_NONE, .vcpus = 2, .large_vcpus = 2}, HOOK_REFUSE},
	{"large, a mode that is none", {BASE, .mode = MODE_BAD, .vcpus = 128}, HOOK_REFUSE},
	{"large, prefer", {BASE, .mode = MODE_PREFER, .vcpus = 4096}, HOOK_WARN},
	{"large, ignore", {BASE, .mode = MODE_IGNORE, .vcpus = 4096}, HOOK_GO},
	{"works", {BASE, .verdict = PREFLIGHT_WORKS}, HOOK_GO},
	{"depends", {BASE, .verdict = PREFLIGHT_DEPENDS}, HOOK_GO},
	{"unknown", {BASE, .verdict = PREFLIGHT_UNKNOWN}, HOOK_GO},
	{"not KVM", {BASE, .verdict = PREFLIGHT_NOT_KVM}, HOOK_GO},
	{"host without AVIC, not required", {BASE, .host_off = true, .mode = MODE_NONE}, HOOK_GO},
	{"host without AVIC, required", {BASE, .host_off = true}, HOOK_REFUSE},
	{"host without AVIC, required, warn", {BASE, .host_off = true, .policy = POLICY_WARN}, HOOK_WARN},
};

static void decisions(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (decide(&cases[i].c) != cases[i].expected)
			fail_msg("%s: %d", cases[i].what, decide(&cases[i].c));
}

/* Whatever else is so: these never end in a refusal. */
static void never_refused(void **state)
{
	struct hook_case c = {.large_vcpus = 128};

	for (unsigned bits = 0; bits < 1U << 13; bits++) {
		c.op = (enum hook_op)(bits & 3);
		c.policy = bits >> 2 & 1 ? POLICY_ENFORCE : POLICY_WARN;
		c.enforce_incoming = bits >> 3 & 1;
		c.mode = (enum domxml_mode)((bits >> 4 & 7) % (MODE_BAD + 1));
		c.vcpus = bits >> 7 & 1 ? 4096 : 1;
		c.verdict = (enum preflight_verdict)((bits >> 8 & 7) % _PREFLIGHT_MAX);
		c.host_fresh = bits >> 11 & 1;
		c.marked = bits >> 12 & 1;
		if (decide(&c) == HOOK_REFUSE)
			assert_true(c.policy == POLICY_ENFORCE && c.host_fresh && c.verdict == PREFLIGHT_FAILS &&
				    c.op != HOOK_RESTORE && decide_requires(&c) &&
				    (c.enforce_incoming || (!c.marked && c.op != HOOK_MIGRATE)));
	}
}

static void operations(void **state)
{
	static const char *const others[] = {"",       "started", "stopped", "release",	  "reconnect",
					     "attach", "Start",	  "start ",  "prepare\n", "-"};

	assert_int_equal(decide_op("prepare", "begin"), HOOK_PREPARE);
	assert_int_equal(decide_op("start", "begin"), HOOK_START);
	assert_int_equal(decide_op("migrate", "begin"), HOOK_MIGRATE);
	assert_int_equal(decide_op("restore", "begin"), HOOK_RESTORE);
	assert_int_equal(decide_op("start", "end"), -EINVAL);
	assert_int_equal(decide_op("start", ""), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(decide_op(others[i], "begin"), -EINVAL);
}

#define BOOT "2b0cbb56-0d2f-4f5f-8f42-1f1f0c4a9d3e"
#define AT   1700000000ULL /* 2023-11-14T22:13:20Z */
#define JSON(schema, boot, at, resync, avic)                                                                        \
	"{\"schema\":\"" schema "\",\"boot_id\":\"" boot "\",\"written_at\":\"" at "\",\"resync_interval\":" resync \
	",\"avic\":" avic "}"
#define AVIC "{\"effective\":true,\"x2avic\":true,\"max_id\":511,\"vendor\":\"amd\"}"
#define GOOD JSON("avicd/1", BOOT, "2023-11-14T22:13:20Z", "60.0", AVIC)

static void freshness(void **state)
{
	static const struct {
		const char *json;
		uint64_t now;
		int expected;
	} files[] = {
		{GOOD, AT, 0},
		{GOOD, AT + 179, 0},
		{GOOD, AT + 180, -ESTALE},
		{GOOD, AT + 1000000, -ESTALE},
		{GOOD, AT - 5, 0},
		{GOOD, AT - 6, -ESTALE},
		{GOOD, 0, -ESTALE},
		{JSON("avicd/1", BOOT, "2023-11-14T22:13:20Z", "1", AVIC), AT + 2, 0},
		{JSON("avicd/1", BOOT, "2023-11-14T22:13:20.25Z", "1", AVIC), AT + 3, -ESTALE},
		{JSON("avicd/1", "", "2023-11-14T22:13:20Z", "60", AVIC), AT, -ESTALE},
		{JSON("avicd/1", "x", "2023-11-14T22:13:20Z", "60", AVIC), AT, -ESTALE},
		{JSON("avicd/2", BOOT, "2023-11-14T22:13:20Z", "60", AVIC), AT, -EBADMSG},
		{JSON("avicd/1", BOOT, "2023-11-14 22:13", "60", AVIC), AT, -EBADMSG},
		{JSON("avicd/1", BOOT, "2023-11-14T22:13:20+01:00", "60", AVIC), AT, -EBADMSG},
		{JSON("avicd/1", BOOT, "2023-11-14T22:13:20Z", "1e300", AVIC), AT, -EBADMSG},
		{JSON("avicd/1", BOOT, "2023-11-14T22:13:20Z", "-60", AVIC), AT, -EBADMSG},
		{JSON("avicd/1", BOOT, "2023-11-14T22:13:20Z", "\"NaN\"", AVIC), AT, -EBADMSG},
		{JSON("avicd/1", BOOT, "2023-11-14T22:13:20Z", "60", "[]"), AT, -EBADMSG},
		{"", AT, -EBADMSG},
		{"{", AT, -EBADMSG},
		{"[]", AT, -EBADMSG},
		{"null", AT, -EBADMSG},
		{"{}", AT, -EBADMSG},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct preflight_host h;
		int r;

		preflight_host_unknown(&h);
		r = hosthealth_parse(files[i].json, BOOT, files[i].now * USEC_PER_SEC, &h);
		if (r != files[i].expected)
			fail_msg("%zu: %d: %s", i, r, files[i].json);
		assert_int_equal(h.avic, r == 0 ? TRI_YES : TRI_UNKNOWN);
		assert_int_equal(h.max_id, r == 0 ? 511 : -1);
	}
}

static void what_it_does_not_tell_stays(void **state)
{
	struct preflight_host h = {.avic = TRI_YES, .x2avic = TRI_NO, .max_id = 254};
	const char *json = JSON("avicd/1", BOOT, "2023-11-14T22:13:20Z", "60",
				"{\"effective\":null,\"x2avic\":\"yes\",\"max_id\":-7}");

	assert_int_equal(hosthealth_parse(json, BOOT, AT * USEC_PER_SEC, &h), 0);
	assert_int_equal(h.avic, TRI_YES);
	assert_int_equal(h.x2avic, TRI_NO);
	assert_int_equal(h.max_id, 254);
}

#define UUID "848ea81a-c86f-4498-aed2-362e6ec80912"

static void marks(void **state)
{
	_cleanup_free_ char *folder = NULL, *file = NULL, *ran = NULL;
	struct timespec old[2] = {{.tv_sec = time(NULL) - MARK_SECONDS - 1}, {.tv_sec = time(NULL) - MARK_SECONDS - 1}};
	static const char *const bad[] = {"", "..", "../../etc/passwd", "848ea81a-c86f-4498-aed2-362e6ec8091/",
					  "848ea81ac86f4498aed2362e6ec80912"};
	struct stat st;

	assert_true(asprintf(&folder, "%s/hook", (char *)*state) > 0);
	assert_true(asprintf(&file, "%s/" UUID, folder) > 0);
	setenv("RUNTIME_DIRECTORY", "/nonexistent/avicd", 1);
	assert_int_equal(mark_leave(UUID), -ENOENT);
	assert_int_equal(mark_find(UUID), -ENOENT);
	setenv("RUNTIME_DIRECTORY", *state, 1);
	assert_int_equal(mark_find(UUID), 0);
	assert_int_equal(mark_leave(UUID), 0);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(mark_find(UUID), 1);
	assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
	assert_int_equal(mark_find(UUID), 0);
	assert_int_equal(mark_leave(UUID), 0);
	assert_int_equal(mark_find(UUID), 1);
	mark_drop(UUID);
	mark_drop(UUID);
	assert_int_equal(mark_find(UUID), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(mark_leave(bad[i]), -EINVAL);
		assert_int_equal(mark_find(bad[i]), -EINVAL);
		mark_drop(bad[i]);
	}
	/* not ours alone, or not a folder: nothing in it is believed, hence nothing refused */
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(mark_find(UUID), -EPERM);
	assert_int_equal(mark_leave(UUID), -EPERM);
	assert_true(asprintf(&ran, "%s/.ran", folder) > 0);
	assert_int_equal(unlink(ran), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(symlink("/etc", folder), 0);
	assert_true(mark_find(UUID) < 0);
	assert_true(mark_leave(UUID) < 0);
	assert_int_equal(unlink(folder), 0);
}

static void long_words(struct findings *f, enum grade grade, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		findings_add(f, "pit", "if lost PIT ticks are discarded", grade, "%s %0300d", word, 7);
		findings_remedy(f, "<a>\n  <b x='%s'/>\n</a>", word);
	}
}

static void texts_are_short_and_clean(void **state)
{
	for (size_t n = 0; n < 40; n++) {
		_cleanup_findings_ struct findings findings = {0};
		struct preflight_prediction p = {.sure = n ? 0 : UINT32_MAX};
		struct domxml_facts f = {.name = "a\nb\x1b[31m\xff"};
		struct saying s;

		long_words(&findings, GRADE_FAIL, n, "secret\x1b\n");
		assert_int_equal(say_compose(&s, HOOK_REFUSE, &f, &findings, &p, "AVIC", n % 2), 0);
		assert_in_range(s.text.len, 1, SAY_TEXT_MAX);
		for (const char *line = s.text.s; *line; line = strchr(line, '\n') + 1)
			assert_true(startswith(line, "avicd: "));
		assert_null(strchr(s.text.s, '\x1b'));
		assert_null(strchr(s.causes.s, '\n'));
		assert_true(s.remedies.len > 0 && s.remedies.len < 1024 && s.causes.len < 1024 && s.ids.len < 1024);
		if (n % 2) {
			assert_null(strstr(s.text.s, "secret"));
			assert_null(strstr(s.causes.s, "secret"));
			assert_null(strstr(s.remedies.s, "secret"));
		}
		say_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions),
		cmocka_unit_test(never_refused),
		cmocka_unit_test(operations),
		cmocka_unit_test(freshness),
		cmocka_unit_test(what_it_does_not_tell_stays),
		cmocka_unit_test_setup_teardown(marks, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(texts_are_short_and_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
