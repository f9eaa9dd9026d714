/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the libvirt room that need no libvirt connection: queue, notes, tables, XML, URIs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/domxml.h"
#include "virt/facts.h"
#include "virt/lifecycle.h"
#include "virt/notes.h"
#include "virt/queue.h"
#include "virt/uri.h"

static bool readable(const struct queue *q)
{
	struct pollfd p = {.fd = queue_fd(q), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static int post(struct queue *q, enum virt_kind kind, const char *detail)
{
	struct virt_message m = {.kind = kind};

	snprintf(m.detail, sizeof(m.detail), "%s", detail);
	return queue_post(q, &m);
}

static void queue_keeps_order_and_wakes(void **state)
{
	_cleanup_(queue_free_p) struct queue *q = NULL;
	uint64_t begin = now_ns(), last = begin;
	struct virt_message m;
	bool drained;
	char word[16];

	assert_int_equal(queue_new(100, &q), 0);
	assert_false(readable(q));
	assert_int_equal(queue_take(q, &m, &drained), 0);
	assert_false(drained);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 50; i++) {
			snprintf(word, sizeof(word), "%d", i);
			assert_int_equal(post(q, VIRT_REBOOT, word), 0);
		}
		for (int i = 0; i < 50; i++) {
			assert_true(readable(q));
			snprintf(word, sizeof(word), "%d", i);
			assert_int_equal(queue_take(q, &m, &drained), 1);
			assert_string_equal(m.detail, word);
			assert_true(m.at >= last);
			assert_false(drained);
			last = m.at;
		}
		assert_false(readable(q));
	}
	assert_int_equal(queue_dropped(q), 0);
}

static void queue_is_bounded(void **state)
{
	_cleanup_(queue_free_p) struct queue *q = NULL;
	struct virt_message m;
	bool drained = false;

	assert_int_equal(queue_new(3, &q), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(post(q, VIRT_DOMAIN, ""), 0);
	assert_int_equal(post(q, VIRT_DOMAIN, ""), -ENOBUFS);
	assert_int_equal(post(q, VIRT_STOPPED, ""), -ENOBUFS);
	/* the state of a connection still gets in, though not for ever */
	for (int i = 0; i < QUEUE_RESERVE; i++)
		assert_int_equal(post(q, VIRT_DOWN, ""), 0);
	assert_int_equal(post(q, VIRT_DOWN, ""), -ENOBUFS);
	assert_int_equal(queue_dropped(q), 3);

	for (int i = 0; i < 3 + QUEUE_RESERVE; i++) {
		assert_false(drained);
		assert_int_equal(queue_take(q, &m, &drained), 1);
	}
	assert_true(drained); /* said with the last one, and once */
	assert_false(readable(q));
	assert_int_equal(queue_take(q, &m, &drained), 0);
	assert_false(drained);
	assert_int_equal(post(q, VIRT_DOMAIN, ""), 0);
	assert_int_equal(queue_take(q, &m, &drained), 1);
	assert_false(drained);
}

#define WRITERS 4
#define WRITES	5000

static void *write_many(void *arg)
{
	for (int i = 0; i < WRITES; i++)
		if (post(arg, VIRT_REBOOT, "") < 0)
			return arg;
	return NULL;
}

static void queue_has_many_writers(void **state)
{
	_cleanup_(queue_free_p) struct queue *q = NULL;
	pthread_t threads[WRITERS];
	struct virt_message m;
	uint64_t last = 0;
	bool drained;
	void *failed;

	assert_int_equal(queue_new(QUEUE_LIMIT, &q), 0);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, q), 0);
	for (int n = 0; n < WRITERS * WRITES;) {
		struct pollfd p = {.fd = queue_fd(q), .events = POLLIN};

		assert_int_equal(poll(&p, 1, 30000), 1);
		while (queue_take(q, &m, &drained) == 1) {
			assert_true(m.at >= last);
			last = m.at;
			n++;
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_false(readable(q));
}

static void notes_wait_once_each(void **state)
{
	struct notes notes = {};
	char uuid[DOMAIN_UUID_MAX];

	assert_int_equal(notes_take(&notes, uuid), 0);
	assert_int_equal(notes_add(&notes, "a"), 0);
	assert_int_equal(notes_add(&notes, "b"), 0);
	assert_int_equal(notes_add(&notes, "a"), 0);
	assert_int_equal(notes_add_mark(&notes), 0);
	assert_int_equal(notes_add(&notes, "c"), 0);
	assert_int_equal(notes_add(&notes, "b"), 0);

	assert_int_equal(notes_take(&notes, uuid), 1);
	assert_string_equal(uuid, "a");
	/* taken, so it may wait again, and behind the mark */
	assert_int_equal(notes_add(&notes, "a"), 0);
	assert_int_equal(notes_take(&notes, uuid), 1);
	assert_string_equal(uuid, "b");
	assert_int_equal(notes_take(&notes, uuid), 1);
	assert_string_equal(uuid, "");
	assert_int_equal(notes_take(&notes, uuid), 1);
	assert_string_equal(uuid, "c");
	assert_int_equal(notes_take(&notes, uuid), 1);
	assert_string_equal(uuid, "a");
	assert_int_equal(notes_take(&notes, uuid), 0);
	notes_clear(&notes);
}

static void notes_are_bounded(void **state)
{
	struct notes notes = {};
	char uuid[DOMAIN_UUID_MAX];

	for (int i = 0; i < NOTES_LIMIT; i++) {
		snprintf(uuid, sizeof(uuid), "%08x-0000-4000-8000-000000000000", i);
		assert_int_equal(notes_add(&notes, uuid), 0);
	}
	assert_int_equal(notes_add(&notes, "one more"), -ENOBUFS);
	assert_int_equal(notes_add(&notes, uuid), 0);
	assert_int_equal(notes_add_mark(&notes), 0);
	notes_clear(&notes);
	assert_int_equal(notes_take(&notes, uuid), 0);
	assert_int_equal(notes_add(&notes, uuid), 0);
	notes_clear(&notes);
}

static void events_have_a_meaning(void **state)
{
	static const struct {
		int event;
		int detail;
		enum lifecycle want;
	} rows[] = {
		{VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED, LIFECYCLE_UNDEFINED},
		{VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED, LIFECYCLE_IGNORE},
		{VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_MIGRATED, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED, LIFECYCLE_STOPPED},
		{VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_PMSUSPENDED, 0, LIFECYCLE_LOOK},
		{VIR_DOMAIN_EVENT_CRASHED, 0, LIFECYCLE_LOOK},
		{4711, 4711, LIFECYCLE_LOOK},
	};
	static const char *const stopped[] = {"shutdown", "destroyed", "crashed",	"migrated",
					      "saved",	  "failed",    "from-snapshot", "unknown"};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(lifecycle_of(rows[i].event, rows[i].detail), rows[i].want);
	for (size_t i = 0; i < ARRAY_SIZE(stopped); i++)
		assert_string_equal(stopped_word(i), stopped[i]);
	assert_string_equal(stopped_word(-1), "unknown");
	for (int i = -1; i < 6; i++)
		assert_true(strlen(close_sentence(i)) > 10);
}

static int reboot_destroys(const char *xml, size_t len, bool *ret)
{
	_cleanup_domxml_ struct domxml_facts f = {0};
	int r = domxml_read(xml, len, &f);

	if (r == 0)
		*ret = streq(f.on_reboot, "destroy");
	return r;
}

static void xml_is_untrusted(void **state)
{
	static const struct {
		const char *xml;
		int want;
		bool destroys;
	} rows[] = {
		{"<domain><on_reboot>destroy</on_reboot></domain>", 0, true},
		{"<?xml version='1.0'?><!-- x --><domain type='kvm'><name>a</name>\n<on_reboot>\n destroy "
		 "</on_reboot></domain>",
		 0, true},
		{"<domain><on_reboot>restart</on_reboot></domain>", 0, false},
		{"<domain><on_reboot>preserve</on_reboot></domain>", 0, false},
		{"<domain><on_reboot/></domain>", 0, false},
		{"<domain><on_reboot></on_reboot></domain>", 0, false},
		{"<domain><on_crash>destroy</on_crash></domain>", 0, false},
		{"<domain/>", 0, false},
		/* only the domain's own element counts */
		{"<domain><metadata><on_reboot>destroy</on_reboot></metadata></domain>", 0, false},
		{"<domain><x:on_reboot xmlns:x='urn:x'>destroy</x:on_reboot></domain>", 0, false},
		{"<domain><on_reboot><b>destroy</b></on_reboot></domain>", 0, false},
		{"<pool><on_reboot>destroy</on_reboot></pool>", -EBADMSG, false},
		{"", -EBADMSG, false},
		{"destroy", -EBADMSG, false},
		{"<domain><name>", -EBADMSG, false},
		{"<domain><on_reboot>", -EBADMSG, false},
		{"<!DOCTYPE domain [<!ENTITY d 'destroy'>]><domain><on_reboot>&d;</on_reboot></domain>", -EBADMSG,
		 false},
		{"<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>", -EBADMSG, false},
		{"<domain><on_reboot>&d;</on_reboot></domain>", -EBADMSG, false},
		{"<domain>\xff\xfe<on_reboot>destroy</on_reboot></domain>", -EBADMSG, false},
	};
	bool destroys;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r;

		destroys = !rows[i].destroys;
		r = reboot_destroys(rows[i].xml, strlen(rows[i].xml), &destroys);
		if (r != rows[i].want || (r == 0 && destroys != rows[i].destroys))
			fail_msg("%s: %d, %d", rows[i].xml, r, destroys);
	}
	assert_int_equal(reboot_destroys("<domain/>", DOMXML_MAX + 1, &destroys), -EFBIG);
}

static void xml_may_be_deep_and_long(void **state)
{
	static const char end[] = "<on_reboot>destroy</on_reboot></domain>";
	_cleanup_free_ char *xml = malloc(1 << 20);
	size_t len;
	bool destroys;

	assert_non_null(xml);
	/* 20,000 siblings before the element */
	len = sprintf(xml, "<domain>");
	for (int i = 0; i < 20000; i++)
		len += sprintf(xml + len, "<disk n='%d'><a/></disk>", i);
	len += sprintf(xml + len, end);
	assert_int_equal(reboot_destroys(xml, len, &destroys), 0);
	assert_true(destroys);
	/* deeper than we follow: refused, and no recursion of ours */
	len = sprintf(xml, "<domain>");
	for (int i = 0; i < 50000; i++)
		len += sprintf(xml + len, "<a>");
	assert_int_equal(reboot_destroys(xml, len, &destroys), -EBADMSG);
}

static void only_local_uris(void **state)
{
	static const char *const fine[] = {"qemu:///system",  "qemu:///session",  "qemu+unix:///system?socket=/run/a",
					   "test:///default", "test:////a/b.xml", "xen:///system"};
	static const char *const refused[] = {"",
					      "qemu",
					      "qemu+ssh://host/system",
					      "qemu+ssh:///system",
					      "qemu+tcp:///system",
					      "qemu+tls:///system",
					      "qemu+ext:///system?command=/bin/sh",
					      "qemu://host/system",
					      "qemu+unix://host/system",
					      "qemu+unixx:///system",
					      "qemu+libssh2:///system"};
	char longest[200] = "test:///";

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		assert_null(uri_refusal(fine[i]));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_non_null(uri_refusal(refused[i]));
	memset(longest + 8, 'x', sizeof(longest) - 9);
	assert_non_null(uri_refusal(longest));
}

static void names_are_cleaned_and_cut(void **state)
{
	char name[9];

	copy_clean(name, sizeof(name), "a\nb\x1b[m");
	assert_string_equal(name, "a?b?[m");
	copy_clean(name, sizeof(name), "1234567\xc3\xa4");
	assert_string_equal(name, "1234567");
	copy_clean(name, sizeof(name), "123456\xc3\xa4");
	assert_string_equal(name, "123456\xc3\xa4");
	copy_clean(name, sizeof(name), NULL);
	assert_string_equal(name, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue_keeps_order_and_wakes),
		cmocka_unit_test(queue_is_bounded),
		cmocka_unit_test(queue_has_many_writers),
		cmocka_unit_test(notes_wait_once_each),
		cmocka_unit_test(notes_are_bounded),
		cmocka_unit_test(events_have_a_meaning),
		cmocka_unit_test(xml_is_untrusted),
		cmocka_unit_test(xml_may_be_deep_and_long),
		cmocka_unit_test(only_local_uris),
		cmocka_unit_test(names_are_cleaned_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
