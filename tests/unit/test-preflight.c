/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules, prediction and verdict over the domains of tests/data/domains, each with its expectation in its first line; APIC ids. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

#include "avicd/domxml.h"
#include "avicd/file.h"
#include "avicd/preflight.h"
#include "avicd/text.h"

static const struct {
	const char *name;
	struct preflight_host host;
} hosts[] = {
	{"unknown", {.avic = TRI_UNKNOWN, .x2avic = TRI_UNKNOWN, .max_id = -1}},
	{"avic", {TRI_YES, TRI_NO, 254, "amd", LINE_6_3, 0, 0, MODE_NONE}},
	{"x2avic", {TRI_YES, TRI_YES, 511, "amd", LINE_6_3, 0, 0, MODE_NONE}},
	{"ext", {TRI_YES, TRI_YES, 4095, "amd", LINE_7_1, 0, 0, MODE_NONE}},
	{"old", {TRI_YES, TRI_NO, 254, "amd", LINE_5_18, 0, 0, MODE_NONE}},
	{"5.17", {TRI_YES, TRI_NO, 254, "amd", LINE_5_16, 0, 0, MODE_NONE}},
	{"off", {TRI_NO, TRI_YES, 511, "amd", LINE_6_3, 0, 0, MODE_NONE}},
	{"intel", {TRI_YES, TRI_NO, -1, "intel", LINE_6_3, 0, 0, MODE_NONE}},
};

static void words(struct text *t, const char *label, uint32_t set)
{
	const char *separator = label;

	for (int r = 0; r < _REASON_MAX; r++)
		if (set >> r & 1) {
			text_addf(t, "%s%s", separator, reason_info(r)->name);
			separator = ",";
		}
}

/* In the order in which a person writes it down: sorted by the caller, so any order will do. */
static char *outcome(const struct domxml_facts *f, const struct preflight_host *h)
{
	_cleanup_findings_ struct findings found = {0};
	struct preflight_prediction p;
	struct text t = {0};
	char *s;

	preflight_check(f, h, &found);
	preflight_predict(f, h, &p);
	assert_int_equal(found.error, 0);
	text_addf(&t, "verdict=%s", preflight_verdict_to_string(preflight_verdict(f, &found, &p)));
	for (size_t i = 0; i < found.n; i++) {
		const struct finding *one = &found.list[i];

		if (one->grade != GRADE_PASS)
			text_addf(&t, " %s=%s", one->id, grade_to_string(one->grade));
		/* every WARN and FAIL says why, and what to change where anything can be */
		if (one->grade == GRADE_WARN || one->grade == GRADE_FAIL) {
			assert_non_null(one->why);
			assert_true(one->remedy || streq(one->id, "sev"));
		}
	}
	words(&t, " predict=", p.sure);
	words(&t, " guest=", p.guest);
	if (p.overridden)
		text_add(&t, " overridden");
	assert_int_equal(text_take(&t, &s), 0);
	return s;
}

static bool has_word(const char *list, const char *w, size_t n)
{
	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && memcmp(p, w, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static bool all_in(const char *these, const char *those)
{
	for (const char *p = these; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (!has_word(those, p, len))
			return false;
		p += len;
	}
	return true;
}

static void check_domain(const char *path)
{
	_cleanup_free_ char *xml = NULL, *first = NULL, *got = NULL;
	_cleanup_domxml_ struct domxml_facts f = {0};
	struct preflight_host host;
	char name[32], *expected;
	size_t len;
	int n = 0;

	assert_int_equal(file_read(path, DOMXML_MAX, &xml, &len), 0);
	assert_int_equal(domxml_read(xml, len, &f), 0);
	first = strndup(xml, strcspn(xml, "\n"));
	assert_non_null(first);
	assert_int_equal(sscanf(first, "<!-- host=%31s %n", name, &n), 1);
	expected = first + n;
	*strstr(expected, " -->") = '\0';
	n = -1;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (streq(hosts[i].name, name)) {
			host = hosts[i].host;
			n = i;
		}
	assert_true(n >= 0);
	if (sscanf(expected, "libvirt=%lu %n", &host.libvirt, &n) == 1)
		expected += n;
	got = outcome(&f, &host);
	if (!all_in(got, expected) || !all_in(expected, got))
		fail_msg("%s: expected '%s', got '%s'", path, expected, got);
}

static void every_domain(void **state)
{
	const char *source = getenv("top_srcdir") ?: ".";
	char dir[4096], path[8192];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/tests/data/domains", source);
	d = opendir(dir);
	assert_non_null(d);
	while ((e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');

		if (!dot || !streq(dot, ".xml"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		check_domain(path);
		n++;
	}
	closedir(d);
	assert_true(n >= 50);
}

static struct domxml_number num(uint32_t n)
{
	return (struct domxml_number){.state = n ? NUMBER_GOOD : NUMBER_ABSENT, .value = n};
}

/* The first two are what QEMU 7.2 gives out. */
static void apic_ids(void **state)
{
	static const struct {
		uint32_t vcpus, sockets, dies, clusters, cores, threads, max;
	} rows[] = {
		{9, 3, 0, 0, 3, 1, 10},
		{12, 2, 0, 0, 3, 2, 13},
		{216, 3, 1, 0, 36, 2, 327},
		{1, 1, 0, 0, 1, 1, 0},
		{0, 1, 0, 0, 1, 1, 0},
		{8, 0, 0, 0, 0, 0, 7},
		{255, 255, 0, 0, 1, 1, 254},
		{256, 2, 1, 1, 64, 2, 255},
		{512, 2, 2, 1, 64, 2, 511},
		{24, 1, 3, 2, 2, 2, 23}, /* 3 dies of 2 x 2 x 2: ids without a gap but at the end */
		{36, 2, 3, 1, 3, 2, 53},
		{100000, 100000, 1, 1, 1, 1, 99999},
		{UINT32_MAX, 1, 1, 1, 1, 1, UINT32_MAX - 1},
		{UINT32_MAX, 2, 3, 3, 3, 3, UINT32_MAX},
		{UINT32_MAX, 1, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX - 1},
		{UINT32_MAX, 1, UINT32_MAX, 2, 1U << 31, 1, UINT32_MAX - 1},
		{5, 1, UINT32_MAX, UINT32_MAX, 1, 1, 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct domxml_topology t = {.given = rows[i].threads,
					    .sockets = num(rows[i].sockets),
					    .dies = num(rows[i].dies),
					    .clusters = num(rows[i].clusters),
					    .cores = num(rows[i].cores),
					    .threads = num(rows[i].threads)};
		uint32_t max = apicid_max(rows[i].vcpus, &t);

		if (max != rows[i].max)
			fail_msg("row %zu: %u, not %u", i, max, rows[i].max);
	}
}

/* The id of each vCPU by the bits of its levels, one at a time, against the short way. */
static void apic_ids_one_by_one(void **state)
{
	for (uint32_t c = 1; c <= 9; c++)
		for (uint32_t t = 1; t <= 3; t++)
			for (uint32_t d = 1; d <= 3; d++) {
				struct domxml_topology topology = {
					.given = true, .dies = num(d), .cores = num(c), .threads = num(t)};
				uint32_t tw = t > 2 ? 2 : t - 1, cw = c > 8 ? 4 : c > 4 ? 3 : c > 2 ? 2 : c - 1;
				uint32_t dw = d > 2 ? 2 : d - 1, max = 0;

				for (uint32_t i = 0; i < 3 * d * c * t; i++) {
					uint32_t id = i % t | (i / t % c) << tw | (i / t / c % d) << (tw + cw) |
						      (i / t / c / d) << (tw + cw + dw);

					max = MAX(max, id);
					assert_int_equal(apicid_max(i + 1, &topology), max);
				}
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_domain),
		cmocka_unit_test(apic_ids),
		cmocka_unit_test(apic_ids_one_by_one),
	};

	return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
