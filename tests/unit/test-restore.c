/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of restore and cold-reboot that need no libvirt: the image, the PIT's XML, what QEMU says of its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "job/deed.h"
#include "job/image.h"
#include "job/pit.h"
#include "job/watch.h"
#include "tmpdir.h"

/* the waiting of the job, without a job */
int run_call(struct run *r, call_fn fn, void *arg, uint64_t limit_ns _unused_)
{
	r->said[0] = '\0';
	return fn(arg, r->said);
}

int run_wait(struct run *r _unused_, struct call *const *calls _unused_, size_t n _unused_, uint64_t until _unused_,
	     run_tick tick _unused_, void *arg _unused_)
{
	return -ETIMEDOUT;
}

void run_pause(struct run *r _unused_, uint64_t ns _unused_)
{
}

static void put(const char *path, const char *text)
{
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, false), 0);
}

static void test_look(void **state)
{
	static const struct {
		const char *text;
		enum image_state state;
	} rows[] = {
		{"", IMAGE_PARTIAL},
		{"LibvirtQemudSav", IMAGE_PARTIAL},
		{"LibvirtQemudPart and more", IMAGE_PARTIAL},
		{"LibvirtQemudSave and more", IMAGE_COMPLETE},
		{"something else altogether", IMAGE_PARTIAL},
	};
	struct run r = {0};
	struct image i;
	char path[IMAGE_PATH_MAX], link[IMAGE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/x.save", (char *)*state);
	snprintf(link, sizeof(link), "%s/link", (char *)*state);
	assert_int_equal(image_do(&r, image_look, path, NSEC_PER_SEC, &i), 0);
	assert_int_equal(i.state, IMAGE_NONE);
	for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
		put(path, rows[n].text);
		assert_int_equal(image_do(&r, image_look, path, NSEC_PER_SEC, &i), 0);
		assert_int_equal(i.state, rows[n].state);
	}
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(image_do(&r, image_look, link, NSEC_PER_SEC, &i), -ELOOP);
	assert_non_null(strstr(r.said, "cannot be opened"));
	assert_int_equal(image_do(&r, image_remove, path, NSEC_PER_SEC, NULL), 0);
	assert_int_equal(image_do(&r, image_remove, path, NSEC_PER_SEC, NULL), 0);
	assert_int_equal(access(path, F_OK), -1);
	/* nobody waits for the other end of a pipe */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(image_do(&r, image_look, path, NSEC_PER_SEC, &i), -ESPIPE);
	assert_int_equal(image_do(&r, image_remove, *state, NSEC_PER_SEC, NULL), -EISDIR);
}

static void test_measure(void **state)
{
	struct run r = {0};
	struct image i;
	char path[IMAGE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/a/b", (char *)*state);
	assert_int_equal(image_do(&r, image_measure, path, NSEC_PER_SEC, &i), 0);
	assert_true(i.room_kib > 0 && i.rate_kib > 0);
	/* nothing is left: it is empty */
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0770), 0);
	assert_int_equal(image_do(&r, image_measure, path, NSEC_PER_SEC, &i), -EPERM);
	assert_non_null(strstr(r.said, "chmod go-w"));
	assert_int_equal(rmdir(path), 0);
	put(path, "a file");
	assert_true(image_do(&r, image_measure, path, NSEC_PER_SEC, &i) < 0);
	assert_int_equal(unlink(path), 0);
}

#define DOMAIN(clock) \
	"<domain type='kvm'>\n  <name>x</name>\n  " clock "\n  <on_reboot>restart</on_reboot>\n</domain>\n"
#define TIMER(more)                                                                                      \
	"<clock offset='utc'>\n    <timer name='rtc' tickpolicy='catchup'/>\n    <timer name='pit'" more \
	"/>\n  </clock>"
static const char after[] = DOMAIN(TIMER(" tickpolicy='discard'"));

static void test_pit(void **state _unused_)
{
	static const struct {
		const char *xml;
		enum pit pit;
		const char *after;
	} rows[] = {
		{DOMAIN(TIMER(" tickpolicy='delay'")), PIT_KEEPS, after},
		{DOMAIN(TIMER(" tickpolicy='catchup'")), PIT_KEEPS, after},
		{DOMAIN(TIMER("")), PIT_KEEPS, after},
		{after, PIT_DISCARDS, NULL},
		{DOMAIN("<clock offset='utc'/>"), PIT_NONE, NULL},
		{DOMAIN(""), PIT_NONE, NULL},
	};

	for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
		_cleanup_free_ char *xml = NULL;
		enum pit pit;

		assert_int_equal(pit_read(rows[n].xml, &pit), 0);
		assert_int_equal(pit, rows[n].pit);
		assert_int_equal(pit_change(rows[n].xml, &xml), rows[n].after ? 0 : -ENOENT);
		if (rows[n].after)
			assert_string_equal(xml, rows[n].after);
	}
}

static void test_pit_bad(void **state _unused_)
{
	static const char *const bad[] = {"", "<domain", "<network/>",
					  "<!DOCTYPE domain [<!ENTITY a 'b'>]><domain>&a;</domain>"};

	for (size_t n = 0; n < ARRAY_SIZE(bad); n++) {
		_cleanup_free_ char *xml = NULL;

		assert_true(pit_change(bad[n], &xml) < 0);
		assert_null(xml);
	}
}

static void test_reason(void **state _unused_)
{
	static const struct {
		const char *details, *reason;
	} rows[] = {
		{"{\"guest\":true,\"reason\":\"guest-reset\"}", "guest-reset"},
		{"{\"guest\":true,\"reason\":\"guest-shutdown\"}", "guest-shutdown"},
		/* QEMU before 4.0 */
		{"{\"guest\":true}", ""},
		{"{}", ""},
		{"", ""},
		{NULL, ""},
		{"{\"reason\":1}", ""},
		{"{\"reason\":null}", ""},
		{"[\"guest-reset\"]", ""},
		{"\"guest-reset\"", ""},
		{"{\"reason\":\"guest-reset\"", ""},
		{"{\"reason\":{\"reason\":\"guest-reset\"}}", ""},
		{"[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", ""},
		{"{\"reason\":\"a\\nb\"}", "a?b"},
	};
	char reason[64];

	for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
		watch_reason(rows[n].details, reason, sizeof(reason));
		assert_string_equal(reason, rows[n].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_look, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_measure, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(test_pit),
		cmocka_unit_test(test_pit_bad),
		cmocka_unit_test(test_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
