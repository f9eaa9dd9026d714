/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fleet report: rows, sums, what is kept of many, what changed, and the waves of a rollout; from reports of all kinds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/fleet.h"

#define NOW 1795428000000000ULL /* 2026-11-23T10:00:00Z */

static json_object *report_of(const char *host, const char *written, const char *rest)
{
	_cleanup_free_ char *s = NULL;
	json_object *o;

	assert_true(
		asprintf(&s,
			 "{\"schema\":\"avicd-host-report/1\",\"host\":\"%s\",\"written_at\":\"%s\",\"fresh\":true%s}",
			 host, written, rest) > 0);
	o = json_tokener_parse(s);
	assert_non_null(o);
	return o;
}

static int add(struct fleet *f, const char *host, const char *written, const char *rest)
{
	_cleanup_json_ json_object *o = report_of(host, written, rest);

	return fleet_add(f, o);
}

static json_object *at(json_object *o, const char *path)
{
	json_object *v = NULL;

	if (json_pointer_get(o, path, &v) < 0)
		fail_msg("%s is missing", path);
	return v;
}

static const char *str(json_object *o, const char *path)
{
	return json_object_get_string(at(o, path));
}

static int64_t num(json_object *o, const char *path)
{
	return json_object_get_int64(at(o, path));
}

#define VULNERABLE ",\"probe\":{\"reboot\":{\"result\":\"vulnerable\"}}"
#define FIXED                                                                                \
	",\"probe\":{\"reboot\":{\"result\":\"fixed\"},\"disabled\":{\"result\":\"fixed\"}," \
	"\"large-id\":{\"result\":\"unprovable\"}}"
#define PATCH(state, outcome) ",\"livepatch\":{\"state\":\"" state "\",\"outcome\":\"" outcome "\"}"

/* Each way in which a livepatch can be, and what the report calls it. */
static void test_rollout(void **state _unused_)
{
	static const struct {
		const char *rest;
		enum rollout is;
		int status; /* of a fleet of this one host, whose health is ok */
	} rows[] = {
		{"", ROLLOUT_UNKNOWN, 0},
		{FIXED, ROLLOUT_NOT_NEEDED, 0},
		{FIXED PATCH("none", "done"), ROLLOUT_NOT_NEEDED, 0},
		{FIXED PATCH("verified", "done"), ROLLOUT_PATCHED, 0},
		{VULNERABLE, ROLLOUT_NOT_PATCHED, 3},
		{VULNERABLE PATCH("none", "done"), ROLLOUT_NOT_PATCHED, 3},
		{VULNERABLE PATCH("none", "stalled"), ROLLOUT_FAILED, 3},
		{VULNERABLE PATCH("failed", "verification-failed"), ROLLOUT_FAILED, 3},
		{VULNERABLE PATCH("checking", "done"), ROLLOUT_TRYING, 3},
		{VULNERABLE PATCH("loading", "done"), ROLLOUT_TRYING, 3},
		{VULNERABLE PATCH("transition", "done"), ROLLOUT_TRYING, 3},
		{VULNERABLE PATCH("probing", "done"), ROLLOUT_TRYING, 3},
		{VULNERABLE PATCH("undoing", "done"), ROLLOUT_TRYING, 3},
		{VULNERABLE PATCH("foreign", "done"), ROLLOUT_TRYING, 3},
		{VULNERABLE ",\"livepatch\":[\"verified\"]", ROLLOUT_NOT_PATCHED, 3},
		{",\"probe\":7,\"livepatch\":{\"state\":\"??\"}", ROLLOUT_UNKNOWN, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
		_cleanup_json_ json_object *o = NULL;
		_cleanup_free_ char *rest = NULL;

		assert_true(asprintf(&rest, "%s,\"health\":\"ok\"", rows[i].rest) > 0);
		assert_int_equal(add(f, "h", "2026-11-23T09:59:00Z", rest), 0);
		o = fleet_finish(f, "test");
		assert_string_equal(str(o, "/hosts/0/rollout"), rollout_to_string(rows[i].is));
		assert_int_equal(fleet_status(o), rows[i].status);
	}
}

static void test_silent(void **state _unused_)
{
	static const struct {
		const char *written, *rest, *why;
	} rows[] = {
		{"2026-11-23T07:59:00Z", "", "its report is too old"},
		{"2026-11-23T12:01:00Z", "", "its report is of the future: the clocks differ"},
		{"", "", "its report is too old"},
		{"x", "", "its report is too old"},
		{"2026-11-23T09:59:00Z", ",\"fresh\":false", "avicd is not heard of there"},
		{"2026-11-23T09:59:00Z", ",\"fresh\":\"true\",\"health_why\":\"why\\u001b\"", "why?"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
		_cleanup_json_ json_object *o = NULL;
		_cleanup_free_ char *rest = NULL;

		assert_true(asprintf(&rest, "%s,\"health\":\"ok\",\"vms\":[{\"condition\":\"active\"}]" VULNERABLE,
				     rows[i].rest) > 0);
		assert_int_equal(add(f, "h", rows[i].written, rest), 0);
		o = fleet_finish(f, "test");
		assert_int_equal(num(o, "/hosts_answering"), 0);
		assert_string_equal(str(o, "/hosts/0/health"), "unknown");
		assert_string_equal(str(o, "/hosts/0/rollout"), "unknown");
		assert_string_equal(str(o, "/silent/0/why"), rows[i].why);
		assert_int_equal(num(o, "/counts/unknown"), 1);
		assert_int_equal(num(o, "/hosts_exposed"), 0);
		assert_int_equal(fleet_status(o), 4);
	}
}

static void test_not_ours(void **state _unused_)
{
	static const char *const bad[] = {"{}",
					  "[]",
					  "7",
					  "null",
					  "{\"schema\":\"avicd-host-report/1\"}",
					  "{\"schema\":\"avicd-host-report/1\",\"host\":\"\"}",
					  "{\"schema\":\"avicd-host-report/1\",\"host\":[\"h\"]}",
					  "{\"schema\":\"avicd/1\",\"host\":\"h\"}"};
	_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_json_ json_object *o = json_tokener_parse(bad[i]);

		assert_int_equal(fleet_add(f, o), -EBADMSG);
	}
}

static const char stuck_vm[] = ",\"vms\":[{\"name\":\"v\",\"condition\":\"stuck\",\"cause\":\"kernel-bug\","
			       "\"stuck_since\":\"2026-11-23T09:00:00Z\",\"vcpus\":4},7,null,{},"
			       "{\"condition\":[],\"cause\":7,\"stuck_since\":{}}]";

/* The newer of two counts, in whichever order they come, with its VMs. */
static void test_twice(void **state _unused_)
{
	for (int order = 0; order < 2; order++) {
		_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
		_cleanup_json_ json_object *o = NULL;
		const char *first = order ? "2026-11-23T09:59:00Z" : "2026-11-23T09:58:00Z";
		const char *second = order ? "2026-11-23T09:58:00Z" : "2026-11-23T09:59:00Z";

		assert_int_equal(add(f, "h", first, order ? ",\"health\":\"ok\"" : stuck_vm), 0);
		assert_int_equal(add(f, "h", second, order ? stuck_vm : ",\"health\":\"ok\""), -EEXIST);
		o = fleet_finish(f, "test");
		assert_int_equal(num(o, "/hosts_known"), 1);
		assert_string_equal(str(o, "/hosts/0/health"), "ok");
		assert_int_equal(num(o, "/counts/stuck"), 0);
		assert_int_equal(json_object_array_length(at(o, "/longest")), 0);
	}
}

static void test_worst(void **state _unused_)
{
	_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
	_cleanup_json_ json_object *o = NULL;
	struct fleet_host *h = fleet_host(f, "h");

	assert_ptr_equal(fleet_find(f, "h"), h);
	assert_null(fleet_find(f, "other"));
	/* 137 and 1000 have no common factor: each number comes once */
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(fleet_add_vm(f, h, "v", "u", CAUSE_GUEST, i * 137 % 1000 * USEC_PER_SEC, i), 0);
	o = fleet_finish(f, "test");
	assert_int_equal(json_object_array_length(at(o, "/longest")), 100);
	assert_int_equal(num(o, "/longest/0/stuck_seconds"), 999);
	assert_int_equal(num(o, "/longest/99/stuck_seconds"), 900);
}

static void test_sums(void **state _unused_)
{
	_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
	_cleanup_json_ json_object *o = NULL;

	assert_int_equal(add(f, "b", "2026-11-23T09:59:00Z", stuck_vm), 0);
	assert_int_equal(add(f, "a", "2026-11-23T09:59:00Z", ",\"health\":\"ok\",\"kernel_release\":\"6.12\""), 0);
	assert_int_equal(fleet_expect(f, "a"), 0);
	assert_int_equal(fleet_expect(f, "zzz"), 0);
	for (int i = 0; i < 250; i++)
		assert_int_equal(fleet_bad(f, "file\n", "why"), 0);
	o = fleet_finish(f, "test");
	assert_int_equal(num(o, "/hosts_known"), 3);
	assert_int_equal(num(o, "/hosts_answering"), 2);
	assert_int_equal(num(o, "/hosts_expected"), 2);
	assert_int_equal(num(o, "/bad_files"), 250);
	assert_int_equal(json_object_array_length(at(o, "/bad")), 100);
	assert_string_equal(str(o, "/bad/0/file"), "file?");
	assert_string_equal(str(o, "/hosts/0/host"), "a");
	assert_string_equal(str(o, "/worst/0/host"), "b");
	assert_int_equal(num(o, "/longest/0/stuck_seconds"), 3600);
	assert_int_equal(num(o, "/causes/kernel-bug"), 1);
	/* the one without a release, and the two silent or without one, are a line of their own */
	assert_string_equal(str(o, "/kernels/0/kernel_release"), "6.12");
	assert_int_equal(num(o, "/kernels/1/hosts"), 2);
	assert_int_equal(fleet_status(o), 3);
}

/* An earlier report is a file: anything may be in it. */
static void test_compare_hostile(void **state _unused_)
{
	static const char *const earlier[] = {
		"{\"schema\":\"avicd-fleet/1\"}",
		"{\"schema\":\"avicd-fleet/1\",\"hosts\":7}",
		"{\"schema\":\"avicd-fleet/"
		"1\",\"hosts\":[7,null,{},{\"host\":7},{\"host\":\"a\"},{\"host\":\"a\"},[]]}",
		"{\"schema\":\"avicd-fleet/"
		"1\",\"hosts\":[{\"host\":\"a\",\"answering\":true,\"health\":[],\"stuck\":-1}]}",
	};
	_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
	_cleanup_json_ json_object *now = NULL;
	json_object *none = NULL;

	assert_int_equal(add(f, "a", "2026-11-23T09:59:00Z", ",\"health\":\"ok\""), 0);
	now = fleet_finish(f, "test");
	for (size_t i = 0; i < ARRAY_SIZE(earlier); i++) {
		_cleanup_json_ json_object *then = json_tokener_parse(earlier[i]), *diff = NULL;

		assert_int_equal(fleet_compare(then, now, &diff), 0);
		assert_int_equal(json_object_object_length(diff), 5);
	}
	assert_int_equal(fleet_compare(NULL, now, &none), -EBADMSG);
	assert_null(none);
}

static void test_plan(void **state _unused_)
{
	static const char *const names[] = {"-oProxyCommand=x", ".", "a b", "a;b", "$(id)", "ü", "fine-1.example.org"};
	_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
	_cleanup_json_ json_object *o = NULL, *plan = NULL, *again = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(add(f, names[i], "2026-11-23T09:59:00Z", VULNERABLE ",\"kernel_release\":\"6.1\""), 0);
	assert_int_equal(add(f, "failed", "2026-11-23T09:59:00Z", VULNERABLE PATCH("none", "stalled")), 0);
	assert_int_equal(add(f, "well", "2026-11-23T09:59:00Z", FIXED), 0);
	assert_int_equal(add(f, "other-kernel", "2026-11-23T09:59:00Z", VULNERABLE ",\"kernel_release\":\"6.0\""), 0);
	o = fleet_finish(f, "test");
	plan = fleet_plan(o);
	assert_int_equal(num(plan, "/hosts"), 2);
	assert_int_equal(json_object_array_length(at(plan, "/waves")), 1);
	/* a canary of each kernel */
	assert_string_equal(str(plan, "/waves/0/hosts/0"), "other-kernel");
	assert_string_equal(str(plan, "/waves/0/hosts/1"), "fine-1.example.org");
	assert_int_equal(json_object_array_length(at(plan, "/left_out")), ARRAY_SIZE(names) - 1 + 1);
	again = fleet_plan(NULL);
	assert_int_equal(num(again, "/hosts"), 0);
}

static void test_html_hostile(void **state _unused_)
{
	_cleanup_(fleet_free_p) struct fleet *f = fleet_new(NOW, 0);
	_cleanup_json_ json_object *o = NULL;
	char *s = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&s, &n);

	assert_int_equal(add(f, "<script>\\\"'&", "2026-11-23T09:59:00Z",
			     ",\"kernel_release\":\"<b>\",\"vms\":[{\"name\":\"</td><i>\",\"condition\":\"stuck\"}]"),
			 0);
	assert_int_equal(fleet_bad(f, "<img>", "<svg>"), 0);
	o = fleet_finish(f, "<u>");
	assert_int_equal(fleet_html(o, out), 0);
	fclose(out);
	for (size_t i = 0; i < 6; i++) {
		static const char *const tags[] = {"<script>\"", "<b>", "</td><i>", "<img", "<svg>", "<u>"};

		assert_null(strstr(s, tags[i]));
	}
	assert_non_null(strstr(s, "&lt;script&gt;&quot;&#39;&amp;"));
	free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rollout),		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_not_ours),	cmocka_unit_test(test_twice),
		cmocka_unit_test(test_worst),		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_compare_hostile), cmocka_unit_test(test_plan),
		cmocka_unit_test(test_html_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
