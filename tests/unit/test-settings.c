/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of settings: defaults, ranges, what is accepted, and how it is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "avicd/log.h"
#include "avicd/settings.h"
#include "avicd/text.h"

#define _cleanup_settings_ _cleanup_(settings_done)

static void test_parsers(void **state)
{
	struct {
		char *s;
		bool b;
		uint32_t u;
		uint64_t d;
	} v = {0};

	assert_int_equal(config_parse_string("x", &v.s), 0);
	assert_int_equal(config_parse_string("y", &v.s), 0);
	assert_string_equal(v.s, "y");
	assert_int_equal(config_parse_string("", &v.s), 0);
	assert_null(v.s);
	assert_int_equal(config_parse_bool("on", &v.b), 0);
	assert_true(v.b);
	assert_int_equal(config_parse_u32("4294967295", &v.u), 0);
	assert_int_equal(v.u, UINT32_MAX);
	assert_int_equal(config_parse_u32("4294967296", &v.u), -ERANGE);
	assert_int_equal(config_parse_u32("-1", &v.u), -EINVAL);
	assert_int_equal(v.u, UINT32_MAX);
	assert_int_equal(config_parse_duration("2min", &v.d), 0);
	assert_int_equal(v.d, 120 * NSEC_PER_SEC);
}

static void test_defaults(void **state)
{
	_cleanup_settings_ struct settings s = {0};

	assert_int_equal(settings_init(&s), 0);
	assert_string_equal(s.trace_source, "auto");
	assert_null(s.trace_file);
	assert_string_equal(s.libvirt_uri, "qemu:///system");
	assert_int_equal(s.settle, 30 * NSEC_PER_SEC);
	assert_int_equal(s.stuck_after, 60 * NSEC_PER_SEC);
	assert_true(s.storm_rate == 100);
	assert_int_equal(s.resync_interval, 60 * NSEC_PER_SEC);
	assert_int_equal(s.max_vms, 16384);
	assert_int_equal(s.log_level, LOG_INFO);
	assert_int_equal(s.policy, POLICY_WARN);
	assert_int_equal(s.large_vcpus, 128);
	assert_false(s.enforce_incoming);
	settings_done(&s);
	settings_done(&s);
}

static void test_uris(void **state)
{
	static const struct {
		const char *s;
		bool ok;
	} cases[] = {
		{"qemu:///system", true},
		{"qemu:///system qemu:///session", true},
		{" qemu:///system \t test:///default ", true},
		{"qemu+unix:///system?socket=/run/x/libvirt-sock", true},
		{"qemu:///embed?root=/a+b", true},
		{"none", true},
		{"none qemu:///system", false},
		{"", false},
		{"system", false},
		{"qemu", false},
		{":///x", false},
		{"qemu:/system", false},
		{"qemu://host/system", false},
		{"qemu+ssh://root@host/system", false},
		{"qemu+tcp:///system", false},
		{"qemu:///system qemu+tls:///system", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_settings_ struct settings s = {0};
		_cleanup_free_ char *in = NULL;

		print_message("# uri \"%s\"\n", cases[i].s);
		assert_int_equal(settings_init(&s), 0);
		assert_true(asprintf(&in, "[avicd]\nlibvirt_uri=%s\n", cases[i].s) > 0);
		assert_int_equal(config_load_buffer(settings_items, &s, "c", in, NULL, NULL), !cases[i].ok);
		assert_string_equal(s.libvirt_uri,
				    cases[i].ok ? strip(in + strlen("[avicd]\nlibvirt_uri=")) : "qemu:///system");
	}
}

/* What `config show` prints can be written into the file, and means the same. */
static void test_show(void **state)
{
	static const char *const cases[][3] = {
		{"trace_source", "tracefs", "tracefs"},
		{"trace_file", "/x y", "/x y"},
		{"libvirt_uri", "none", "none"},
		{"settle", "90", "1min 30s"},
		{"settle", "1.5s", "1s 500ms"},
		{"settle", "1s 1ns", "1s 1ns"},
		{"stuck_after", "24h", "1d"},
		{"resync_interval", "61min", NULL},
		{"storm_rate", "1e6", NULL},
		{"storm_rate", "1000000", "1000000 / 1s"},
		{"storm_rate", "5/2s", "2.500000 / 1s"},
		{"storm_rate", "1/2s", NULL},
		{"storm_rate", "1000001/s", NULL},
		{"max_vms", "0x10", "16"},
		{"log_level", "debug", "debug"},
		{"policy", "enforce", "enforce"},
		{"policy", "Enforce", NULL},
		{"policy", "", NULL},
		{"large_vcpus", "1", "1"},
		{"large_vcpus", "0", NULL},
		{"large_vcpus", "4097", NULL},
		{"report_unit", "avicd-report@.service", "avicd-report@.service"},
		{"report_unit", "a\\x2db:c_d.e@.service", "a\\x2db:c_d.e@.service"},
		{"report_unit", "", ""},
		{"report_unit", "@.service", NULL},
		{"report_unit", "avicd-report.service", NULL},
		{"report_unit", "avicd-report@x.service", NULL},
		{"report_unit", "avicd-report@.timer", NULL},
		{"report_unit", "../x@.service", NULL},
		{"report_unit", "a b@.service", NULL},
		{"report_unit", "a@b@.service", NULL},
		{"enforce_incoming", "on", "yes"},
		{"enforce_incoming", "maybe", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_settings_ struct settings s = {0}, again = {0};
		_cleanup_free_ char *shown = NULL, *shown_again = NULL;
		const struct config_item *item = settings_items;

		print_message("# %s=%s\n", cases[i][0], cases[i][1]);
		assert_int_equal(settings_init(&s), 0);
		assert_int_equal(settings_init(&again), 0);
		while (!streq(item->key, cases[i][0]))
			item++;
		assert_int_equal(item->parse(cases[i][1], (char *)&s + item->offset) == 0, cases[i][2] != NULL);
		if (!cases[i][2])
			continue;
		assert_int_equal(settings_show(&s, item, &shown), 0);
		assert_string_equal(shown, cases[i][2]);
		assert_int_equal(item->parse(shown, (char *)&again + item->offset), 0);
		assert_int_equal(settings_show(&again, item, &shown_again), 0);
		assert_string_equal(shown, shown_again);
	}
}

/* Every item of the table has all that the man page, the file and `config show` need. */
static void test_table(void **state)
{
	_cleanup_settings_ struct settings s = {0};

	assert_int_equal(settings_init(&s), 0);
	for (const struct config_item *i = settings_items; i->key; i++) {
		_cleanup_free_ char *shown = NULL;

		assert_string_equal(i->section, "avicd");
		assert_true(strlen(i->accepts) > 0);
		assert_non_null(i->default_text);
		assert_true(i->offset < sizeof(s));
		assert_int_equal(settings_show(&s, i, &shown), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parsers), cmocka_unit_test(test_defaults), cmocka_unit_test(test_uris),
		cmocka_unit_test(test_show),	cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
