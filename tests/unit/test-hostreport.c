/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of one host, and its page: from good files, from hostile ones, and from those of another version. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/hostreport.h"
#include "avicd/page.h"

#define NOW  1795428000000000ULL /* 2026-11-23T10:00:00Z */
#define EVIL "<script>alert(1)</script>\\\"'&\\u0001\\u001b[2J</title>"

static const char good_host[] =
	"{\"schema\":\"avicd/"
	"1\",\"written_at\":\"2026-11-23T09:59:30Z\",\"boot_id\":\"11111111-2222-3333-4444-555555555555\","
	"\"kernel_release\":\"6.1.2-amd64\",\"version\":\"0.1.0\",\"resync_interval\":60.0,\"health\":\"degraded\","
	"\"health_why\":\"1 of 3 VMs stuck: big\",\"avic\":{\"effective\":true},"
	"\"probe\":{\"reboot\":{\"result\":\"vulnerable\",\"why\":\"w\",\"at\":null}},\"livepatch\":{\"state\":"
	"\"none\"},"
	"\"findings\":[{\"id\":\"a\",\"check\":\"for x\",\"grade\":\"FAIL\",\"why\":\"y\",\"remedy\":\"z\"}]}";
static const char good_state[] =
	"{\"schema\":\"avicd/1\",\"boot_id\":\"11111111-2222-3333-4444-555555555555\",\"vms\":["
	"{\"name\":\"big\",\"uuid\":\"5e6b0c1a-3f5e-4c0f-9a55-000000000001\",\"pid\":7,\"condition\":\"stuck\","
	"\"cause\":\"kernel-bug\",\"episode_since\":\"2026-11-23T09:00:00Z\",\"boots\":1,\"episodes\":2,\"vcpus_"
	"created\":288,"
	"\"reasons\":[{\"name\":\"APIC_ID_MODIFIED\",\"set\":true},{\"name\":\"IRQWIN\",\"set\":false}],"
	"\"remedies\":[\"livepatch\",\"heal\"]},"
	"{\"name\":\"pit\",\"condition\":\"configured\",\"cause\":\"vm-config\",\"watched_seconds\":100,\"inhibited_"
	"seconds\":25},"
	"{\"name\":null,\"pid\":99,\"condition\":\"active\"}]}";

static json_object *made(const char *host, const char *state, const char *history)
{
	_cleanup_json_ json_object *h = host ? json_tokener_parse(host) : NULL;
	_cleanup_json_ json_object *s = state ? json_tokener_parse(state) : NULL;
	_cleanup_json_ json_object *p = history ? json_tokener_parse(history) : NULL;
	json_object *r = NULL;

	assert_int_equal(hostreport_make(h, s, p, "node1", NOW, &r), 0);
	return r;
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

static char *page(json_object *report)
{
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);

	assert_non_null(f);
	assert_int_equal(hostreport_html(report, f), 0);
	fclose(f);
	return s;
}

static void test_good(void **state _unused_)
{
	_cleanup_json_ json_object *r = made(good_host, good_state, NULL);
	_cleanup_free_ char *html = page(r);

	assert_string_equal(str(r, "/schema"), HOSTREPORT_SCHEMA);
	assert_true(json_object_get_boolean(at(r, "/fresh")));
	assert_string_equal(str(r, "/health"), "degraded");
	assert_int_equal(json_object_get_int(at(r, "/counts/stuck")), 1);
	assert_int_equal(json_object_get_int(at(r, "/counts/active")), 1);
	assert_int_equal(json_object_get_int(at(r, "/causes/kernel-bug")), 1);
	assert_string_equal(str(r, "/vms/0/stuck_since"), "2026-11-23T09:00:00Z");
	assert_int_equal(json_object_array_length(at(r, "/vms/0/reasons")), 1);
	assert_string_equal(str(r, "/vms/0/remedies/1"), "heal");
	assert_int_equal(json_object_get_int(at(r, "/vms/0/vcpus")), 288);
	assert_null(at(r, "/vms/0/availability"));
	assert_true(fabs(json_object_get_double(at(r, "/vms/1/availability")) - 0.75) < 1e-9);
	assert_null(at(r, "/vms/1/stuck_since"));
	assert_null(at(r, "/history"));
	/* the most urgent first */
	assert_non_null(strstr(str(r, "/advice/0"), "1 VM stuck (big)"));
	assert_non_null(strstr(str(r, "/advice/1"), "the reboot bug"));
	assert_non_null(strstr(str(r, "/advice/2"), "avicctl check --fix"));
	assert_non_null(strstr(str(r, "/advice/3"), "for x, y: FAIL; z"));
	assert_int_equal(json_object_array_length(at(r, "/advice")), 4);
	assert_non_null(strstr(html, "<title>AVIC on node1</title>"));
	assert_non_null(strstr(html, "(no domain)"));
	assert_non_null(strstr(html, "75.00 %"));
}

static void test_history(void **state _unused_)
{
	_cleanup_json_ json_object *r =
		made(good_host, good_state,
		     "{\"vms\":[3,{\"uuid\":\"5e6b0c1a-3f5e-4c0f-9a55-000000000001\",\"availability\":0.5}],"
		     "\"actions\":[{\"at\":\"t\",\"event\":\"probed\",\"text\":\"<b>\"},7]}");
	_cleanup_free_ char *html = page(r);

	assert_true(fabs(json_object_get_double(at(r, "/vms/0/availability")) - 0.5) < 1e-9);
	assert_non_null(strstr(html, "&lt;b&gt;"));
}

/* Each reason not to believe; the members are all there, and nothing looks well. */
static void test_not_believed(void **state _unused_)
{
	static const char *const hosts[] = {
		NULL,
		"{}",
		"[]",
		"{\"schema\":\"avicd/2\",\"health\":\"ok\"}",
		"{\"schema\":[\"avicd/1\"],\"health\":\"ok\"}",
		"{\"schema\":\"avicd/1\",\"health\":\"ok\",\"resync_interval\":60}",
		"{\"schema\":\"avicd/"
		"1\",\"health\":\"ok\",\"written_at\":\"2026-11-23T09:59:30Z\",\"resync_interval\":1e300}",
		"{\"schema\":\"avicd/"
		"1\",\"health\":\"ok\",\"written_at\":\"2026-11-23T09:59:30Z\",\"resync_interval\":\"60\"}",
		"{\"schema\":\"avicd/"
		"1\",\"health\":\"ok\",\"written_at\":\"2026-11-23T09:00:00Z\",\"resync_interval\":60}",
		"{\"schema\":\"avicd/"
		"1\",\"health\":\"ok\",\"written_at\":\"2026-11-23T10:09:00Z\",\"resync_interval\":60}",
		"{\"schema\":\"avicd/"
		"1\",\"health\":\"ok\",\"written_at\":\"2026-11-23T09:59:30Z\",\"resync_interval\":60,"
		"\"boot_id\":\"99999999-2222-3333-4444-555555555555\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		_cleanup_json_ json_object *r = made(hosts[i], good_state, NULL);
		_cleanup_free_ char *html = page(r);

		assert_non_null(strstr(html, "systemctl status avicd"));
		assert_false(json_object_get_boolean(at(r, "/fresh")));
		assert_string_equal(str(r, "/health"), "unknown");
		assert_non_null(str(r, "/health_why"));
		assert_int_equal(json_object_get_int(at(r, "/counts/unknown")), 3);
		assert_int_equal(json_object_get_int(at(r, "/counts/active")), 0);
		assert_null(at(r, "/vms/0/cause"));
		assert_int_equal(json_object_array_length(at(r, "/advice")), 1);
		assert_non_null(strstr(str(r, "/advice/0"), "systemctl status avicd"));
	}
}

/* Every member of the good files in turn becomes each other type: nothing falls, and the page is one. */
static void twist(json_object *o, json_object *root, bool is_host)
{
	static const char *const others[] = {"null", "-1",    "1e308", "true",	    "\"" EVIL "\"",
					     "[]",   "[[1]]", "{}",    "{\"a\":{}}"};

	json_object_object_foreach(o, key, value)
	{
		json_object *kept = json_object_get(value);
		_cleanup_free_ char *name = strdup(key);

		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			_cleanup_json_ json_object *r = NULL;
			_cleanup_json_ json_object *other = json_tokener_parse(is_host ? good_state : good_host);
			_cleanup_free_ char *html = NULL;

			json_object_object_add(o, name, json_tokener_parse(others[i]));
			assert_int_equal(
				hostreport_make(is_host ? root : other, is_host ? other : root, NULL, "n", NOW, &r), 0);
			html = page(r);
			assert_null(strstr(html, "<script>alert"));
		}
		json_object_object_add(o, name, kept);
		if (kept && json_object_is_type(kept, json_type_object))
			twist(kept, root, is_host);
		if (kept && json_object_is_type(kept, json_type_array) && json_object_array_length(kept) > 0 &&
		    json_object_is_type(json_object_array_get_idx(kept, 0), json_type_object))
			twist(json_object_array_get_idx(kept, 0), root, is_host);
	}
}

static void test_other_types(void **state _unused_)
{
	_cleanup_json_ json_object *h = json_tokener_parse(good_host), *s = json_tokener_parse(good_state);

	twist(h, h, true);
	twist(s, s, false);
}

static void test_hostile(void **state _unused_)
{
	_cleanup_json_ json_object *r =
		made("{\"schema\":\"avicd/"
		     "1\",\"written_at\":\"2026-11-23T09:59:30Z\",\"resync_interval\":60.0,\"health\":\"ok\","
		     "\"health_why\":\"" EVIL "\",\"kernel_release\":\"" EVIL "\",\"version\":\"" EVIL "\","
		     "\"avic\":{\"effective\":false,\"why\":\"" EVIL "\"},\"livepatch\":{\"state\":\"" EVIL "\"},"
		     "\"probe\":{\"reboot\":{\"result\":\"" EVIL "\",\"why\":\"" EVIL "\",\"at\":\"" EVIL "\"}},"
		     "\"findings\":[{\"check\":\"" EVIL "\",\"grade\":\"FAIL\",\"why\":\"" EVIL "\",\"remedy\":\"" EVIL
		     "\"}]}",
		     "{\"schema\":\"avicd/1\",\"vms\":[{\"name\":\"" EVIL
		     "\",\"condition\":\"stuck\",\"cause\":\"guest\","
		     "\"episode_since\":\"" EVIL "\",\"condition_since\":\"" EVIL "\",\"reasons\":[{\"name\":\"" EVIL
		     "\",\"set\":true}],"
		     "\"remedies\":[\"" EVIL "\"]}]}",
		     NULL);
	_cleanup_free_ char *html = page(r);

	assert_null(strstr(html, "<script>alert"));
	assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;??[2J&lt;/title&gt;"));
	/* one of each: nothing that was said closes or opens one */
	assert_true(strstr(html, "</title>\n<style>") == strstr(html, "</title>"));
	assert_null(strstr(strstr(html, "</script>") + 1, "</script>"));
	for (const char *p = html; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || *p == '\n');
}

static void test_not_ours(void **state _unused_)
{
	_cleanup_json_ json_object *o = json_tokener_parse("{\"schema\":\"avicd/1\"}");

	assert_int_equal(hostreport_html(NULL, stdout), -EBADMSG);
	assert_int_equal(hostreport_html(o, stdout), -EBADMSG);
}

static void test_full(void **state _unused_)
{
	_cleanup_json_ json_object *r = made(good_host, good_state, NULL);
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	assert_int_equal(hostreport_html(r, f), -EIO);
	fclose(f);
}

static void test_drawings(void **state _unused_)
{
	static const double values[] = {0, 1, -1, 4, INFINITY, NAN, 2};
	static const struct page_part parts[] = {{"stuck", 1}, {"<&>\"", 3}, {"active", 0}, {"off", UINT64_MAX}};
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);

	page_bar(f, "\"<t>", parts, ARRAY_SIZE(parts));
	page_bar(f, "nothing", parts + 2, 1);
	page_spark(f, "x\"y", values, ARRAY_SIZE(values));
	page_spark(f, "single", values, 1);
	fclose(f);
	assert_non_null(strstr(s, "aria-label=\"&quot;&lt;t&gt;\""));
	assert_non_null(strstr(s, "&lt;&amp;&gt;&quot;: 3"));
	assert_null(strstr(s, "nothing"));
	assert_null(strstr(s, "single"));
	assert_null(strstr(s, "nan"));
	assert_null(strstr(s, "inf"));
	/* a gap begins a new line */
	assert_non_null(strstr(s, "d=\"M0.0 31.0L40.0 23.5M120.0 1.0M240.0 16.0\""));
	free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	     cmocka_unit_test(test_history),
		cmocka_unit_test(test_not_believed), cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_hostile),	     cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_full),	     cmocka_unit_test(test_drawings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
