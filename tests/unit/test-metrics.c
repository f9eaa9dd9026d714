/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics: the text is what Prometheus reads, every family of the table is there once and described, labels are escaped, and avicd-metrics(7) has
 * the table. UPDATE_MAN=FILE writes the table into that copy of the page.
 */
#include <stdlib.h>
#include <string.h>

#include "avicd/file.h"
#include "avicd/metrics.h"
#include "report-fixture.h"

static const struct trace_stats stats = {.events = 100, .lost = 2, .wakeups = 7, .vms = 2, .vms_max = 16384};
static const struct trace_stats counted = {.run_ns = 1500000000, .runs = 3};
static const struct host host = {
	.release = "6.1.0-50-amd64", .boot_id = BOOT_ID, .kvm_build_id = "ab\"c", .core = {.vendor = "amd"}};
static const struct report_libvirt uris[] = {{.uri = "qemu:///system", .connected = true}};
static const struct report_livepatch livepatch = {.state = "verified", .outcome = "done", .persistent = true};

struct fixture {
	struct tracker t;
	struct vm *vms;
	struct report_host h;
	struct metrics_extra x;
	uint64_t jobs[_REMEDY_MAX], ends[_REMEDY_MAX][2];
	char *text;
};

static void put(struct fixture *f, struct vm *vm)
{
	f->t.n_condition[vm->verdict.condition]++;
	assert_int_equal(hash_put(&f->t.vms, (uint32_t)vm->id.tgid, vm), 0);
}

static int setup(void **state)
{
	static const char *const states[] = {"none", "verified", "failed", NULL}, *const results[] = {"done", "failed",
												      NULL};
	struct fixture *f = calloc(1, sizeof(*f));

	fixture_tracker(&f->t, LINE_5_19);
	f->h = (struct report_host){
		.libvirt = uris,
		.n_libvirt = 1,
		.host = &host,
		.trace_source = "bpf",
		.stats = &stats,
		.version = "1.2",
		.livepatch = &livepatch,
	};
	f->x = (struct metrics_extra){
		.up = true,
		.started_us = 1700000000123456,
		.livepatch_states = states,
		.results = results,
		.jobs = f->jobs,
		.job_ends = f->ends[0],
	};
	f->jobs[REMEDY_MIGRATE] = 1;
	f->ends[REMEDY_HEAL][1] = 5;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	hash_done(&f->t.vms);
	free(f->text);
	free(f->vms);
	free(f);
	return 0;
}

static const char *text(struct fixture *f)
{
	struct text t = {0};

	metrics_text(&t, &f->t, &f->h, &f->x, NOW);
	free(f->text);
	assert_int_equal(text_take(&t, &f->text), 0);
	return f->text;
}

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *s = text; s; s = strchr(s, '\n'), s = s ? s + 1 : NULL)
		if (startswith(s, line) && s[n] == '\n')
			return true;
	return false;
}
#define HAS(f, line)                                                  \
	do {                                                          \
		if (!has_line((f)->text, line))                       \
			fail_msg("no '%s' in:\n%s", line, (f)->text); \
	} while (0)

static void two_vms(struct fixture *f)
{
	f->vms = calloc(2, sizeof(*f->vms));
	fixture_vm(&f->vms[0], 4711, "big\"\\");
	fixture_reason(&f->t, &f->vms[0], REASON_APIC_ID_MODIFIED, AGO(400), CONDITION_STUCK, CAUSE_KERNEL_BUG);
	f->vms[0].stuck_at = AGO(340);
	f->vms[0].accounted_at = AGO(100);
	f->vms[0].known_ns = 3500 * NSEC_PER_SEC;
	f->vms[0].episode_at = AGO(400);
	f->vms[0].episodes_ns = 300 * NSEC_PER_SEC;
	f->vms[0].created_vcpus = 8;
	fixture_vm(&f->vms[1], 42, NULL);
	put(f, &f->vms[0]);
	put(f, &f->vms[1]);
}

static void test_values(void **state)
{
	struct fixture *f = *state;

	two_vms(f);
	f->t.health = HEALTH_DEGRADED;
	f->t.host.probe[PROBE_REBOOT].result = PROBE_VULNERABLE;
	text(f);
	HAS(f, "avicd_up 1");
	HAS(f, "avicd_build_info{version=\"1.2\"} 1");
	HAS(f, "avicd_host_info{kernel_release=\"6.1.0-50-amd64\",kvm_build_id=\"ab\\\"c\",vendor=\"amd\",boot_id="
	       "\"" BOOT_ID "\"} 1");
	HAS(f, "avicd_start_timestamp_seconds 1700000000.123456");
	HAS(f, "avicd_health{health=\"degraded\"} 1");
	HAS(f, "avicd_health{health=\"ok\"} 0");
	HAS(f, "avicd_avic_effective 1");
	HAS(f, "avicd_probe_result{bug=\"reboot\",result=\"vulnerable\"} 1");
	HAS(f, "avicd_probe_result{bug=\"large-id\",result=\"fixed\"} 0");
	HAS(f, "avicd_livepatch_state{state=\"verified\"} 1");
	HAS(f, "avicd_livepatch_state{state=\"failed\"} 0");
	HAS(f, "avicd_livepatch_persistent 1");
	HAS(f, "avicd_livepatch_failed 0");
	HAS(f, "avicd_events_lost_total 2");
	HAS(f, "avicd_libvirt_connected{uri=\"qemu:///system\"} 1");
	HAS(f, "avicd_vms{condition=\"stuck\"} 1");
	HAS(f, "avicd_vms_by_cause{cause=\"kernel-bug\"} 1");
	HAS(f, "avicd_vms_left_out 0");
	HAS(f, "avicd_jobs{remedy=\"migrate\"} 1");
	HAS(f, "avicd_jobs_total{remedy=\"heal\",result=\"failed\"} 5");
	HAS(f, "avicd_jobs_total{remedy=\"cold-reboot\",result=\"done\"} 0");
#define BIG "domain=\"big\\\"\\\\\",uuid=\"" UUID_BIG "\""
	HAS(f, "avicd_vm_info{" BIG ",pid=\"4711\",cause=\"kernel-bug\",vcpus=\"8\"} 1");
	HAS(f, "avicd_vm_info{domain=\"\",uuid=\"pid-42\",pid=\"42\",cause=\"\",vcpus=\"\"} 1");
	HAS(f, "avicd_vm_condition{" BIG ",condition=\"stuck\"} 1");
	HAS(f, "avicd_vm_condition{" BIG ",condition=\"active\"} 0");
	HAS(f, "avicd_vm_stuck_seconds{" BIG "} 340.000000");
	HAS(f, "avicd_vm_stuck_seconds{domain=\"\",uuid=\"pid-42\"} 0.000000");
	HAS(f, "avicd_vm_watched_seconds_total{" BIG "} 3600.000000");
	HAS(f, "avicd_vm_inhibited_seconds_total{" BIG "} 400.000000");
	HAS(f, "avicd_vm_reason_seconds_total{" BIG ",reason=\"APIC_ID_MODIFIED\"} 400.000000");
	HAS(f, "avicd_vm_reason_sets_total{" BIG ",reason=\"APIC_ID_MODIFIED\"} 1");
	HAS(f, "avicd_vm_reason{" BIG ",reason=\"APIC_ID_MODIFIED\"} 1");
	assert_null(strstr(f->text, "pid-42\",reason="));
	/* what is not known, or not counted, has no series rather than a 0 */
	assert_null(strstr(f->text, "\navicd_last_success_timestamp_seconds "));
	assert_null(strstr(f->text, "\navicd_bpf_runs_total "));
	f->x.looked_us = 1700000001000000;
	f->t.host.avic = TRI_UNKNOWN;
	f->h.stats = &counted;
	f->h.livepatch = NULL;
	text(f);
	HAS(f, "avicd_last_success_timestamp_seconds 1700000001.000000");
	HAS(f, "avicd_bpf_run_seconds_total 1.500000");
	HAS(f, "avicd_bpf_runs_total 3");
	HAS(f, "avicd_livepatch_state{state=\"none\"} 1");
	assert_null(strstr(f->text, "\navicd_avic_effective "));
	assert_null(strstr(f->text, "\navicd_map_max_entries "));
}

/* A file that is left behind must not go on telling of VMs that are well. */
static void test_stopped(void **state)
{
	struct fixture *f = *state;

	two_vms(f);
	f->x.up = false;
	assert_non_null(text(f));
	HAS(f, "avicd_up 0");
	HAS(f, "avicd_build_info{version=\"1.2\"} 1");
	assert_null(strstr(f->text, "avicd_health"));
	assert_null(strstr(f->text, "avicd_vm"));
}

/* Each family in the order of the table, described once, and every line is one of its samples; no series twice. */
static void test_format(void **state)
{
	struct fixture *f = *state;
	const struct metric_family *family = NULL;
	char *line, *save = NULL, help[512] = "", type[128] = "";
	const char *lines[512];
	size_t next = 0, n = 0;

	two_vms(f);
	for (line = strtok_r((char *)text(f), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (startswith(line, "# HELP ")) {
			family = metrics_family(next++);
			assert_non_null(family);
			snprintf(help, sizeof(help), "# HELP %s %s", family->name, family->help);
			snprintf(type, sizeof(type), "# TYPE %s %s", family->name,
				 family->type == METRIC_COUNTER ? "counter" : "gauge");
			assert_string_equal(line, help);
			line = strtok_r(NULL, "\n", &save);
			assert_string_equal(line, type);
			continue;
		}
		assert_non_null(family);
		assert_true(startswith(line, family->name));
		assert_non_null(strchr(" {", line[strlen(family->name)]));
		*strrchr(line, ' ') = '\0';
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(line, lines[i]);
		assert_true(n < ARRAY_SIZE(lines));
		lines[n++] = line;
	}
	assert_null(metrics_family(next));
	for (size_t i = 0; i < next; i++) {
		const struct metric_family *a = metrics_family(i);

		assert_true(startswith(a->name, "avicd_"));
		assert_int_equal(a->type == METRIC_COUNTER,
				 strlen(a->name) > 6 && streq(a->name + strlen(a->name) - 6, "_total"));
		assert_int_equal(a->help[strlen(a->help) - 1], '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(a->name, metrics_family(j)->name);
	}
}

static void test_many(void **state)
{
	enum { MANY = METRICS_VMS_MAX + 3 };
	struct fixture *f = *state;
	size_t n = 0;

	f->vms = calloc(MANY, sizeof(*f->vms));
	for (int i = 0; i < MANY; i++) {
		fixture_vm(&f->vms[i], i + 1, NULL);
		put(f, &f->vms[i]);
	}
	for (const char *s = text(f); (s = strstr(s, "\navicd_vm_info{")); s++)
		n++;
	assert_int_equal(n, METRICS_VMS_MAX);
	HAS(f, "avicd_vms_left_out 3");
	HAS(f, "avicd_vms{condition=\"active\"} 4099");
}

/* ---- avicd-metrics(7) ---- */
static void add_rows(struct text *t, bool vm)
{
	const struct metric_family *m;

	text_add(t, ".Bl -tag -width Ds\n");
	for (size_t i = 0; (m = metrics_family(i)); i++) {
		if (startswith(m->name, "avicd_vm_") != vm)
			continue;
		text_addf(t, ".It Cm %s%s%s%s Pq %s\n%s\n", m->name, *m->labels ? " Ns Bro Ar \"" : "", m->labels,
			  *m->labels ? "\" Brc" : "", m->type == METRIC_COUNTER ? "counter" : "gauge", m->help);
	}
	text_add(t, ".El\n");
}

/* @page with what is between each "table:" line and the next section made anew. */
static char *with_tables(const char *page)
{
	static const char *const marks[] = {".\\\" table: host\n", ".\\\" table: vm\n"};
	struct text t = {0};
	char *ret;

	for (int i = 0; i < 2; i++) {
		const char *at = strstr(page, marks[i]);

		assert_non_null(at);
		at += strlen(marks[i]);
		text_addn(&t, page, (size_t)(at - page));
		add_rows(&t, i == 1);
		page = strstr(at, ".Sh ");
		assert_non_null(page);
	}
	text_add(&t, page);
	assert_int_equal(text_take(&t, &ret), 0);
	return ret;
}

static void test_manual(void **state)
{
	_cleanup_free_ char *path = NULL, *page = NULL, *want = NULL;
	const char *src = getenv("top_srcdir"), *update = getenv("UPDATE_MAN");

	assert_true(asprintf(&path, "%s/man/avicd-metrics.7", src ? src : ".") > 0);
	assert_int_equal(file_read(path, 1 << 20, &page, NULL), 0);
	want = with_tables(page);
	if (update)
		assert_int_equal(file_write_atomic(update, want, strlen(want), 0644, false), 0);
	else if (!streq(page, want))
		fail_msg("man/avicd-metrics.7 has not the table of the metrics: UPDATE_MAN=man/avicd-metrics.7 "
			 "tests/unit/test-metrics");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {T(test_values), T(test_stopped), T(test_format), T(test_many), cmocka_unit_test(test_manual)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
