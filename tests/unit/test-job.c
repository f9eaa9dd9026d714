/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a job: what is written is read again; what is not such a file is refused; words and exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "avicd/file.h"
#include "avicd/job.h"
#include "avicd/text.h"
#include "tmpdir.h"

#define ID   "migrate-1a2b3c4d"
#define UUID "aaaaaaaa-0000-4000-8000-000000000001"

static char *targets[] = {(char *)"qemu+ssh://b/system", (char *)"qemu+ssh://c/system,migrate=tcp://10.0.0.3", NULL};

static const struct job example = {
	.id = ID,
	.remedy = REMEDY_MIGRATE,
	.asker = ASKER_PERSON,
	.vm = {4711, 123450000000ULL},
	.uuid = UUID,
	.name = "$(id) \"größe\"",
	.uri = "qemu:///system",
	.dry_run = true,
	.deadline_ns = INT64_MAX,
	.targets = targets,
	.reports = (char *)"http://%h:9469/",
	.tls = true,
	.bandwidth = UINT32_MAX,
	.max_downtime_ns = 10 * NSEC_PER_SEC,
	.discard_pit = true,
};

static void test_job_again(void **state)
{
	_cleanup_(job_done) struct job j = {0};
	_cleanup_free_ char *path = tmpdir_path(*state, ID ".job");
	struct stat st;

	assert_int_equal(job_read(*state, ID, &j), -ENOENT);
	assert_int_equal(job_write(*state, &example), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(job_read(*state, ID, &j), 0);
	assert_string_equal(j.id, ID);
	assert_int_equal(j.remedy, REMEDY_MIGRATE);
	assert_int_equal(j.asker, ASKER_PERSON);
	assert_true(vm_id_equal(&j.vm, &example.vm));
	assert_string_equal(j.uuid, UUID);
	assert_string_equal(j.name, example.name);
	assert_string_equal(j.uri, example.uri);
	assert_true(j.dry_run && j.tls && !j.auto_converge && j.discard_pit);
	assert_true(j.deadline_ns == INT64_MAX && j.bandwidth == UINT32_MAX && j.max_downtime_ns == 10 * NSEC_PER_SEC);
	assert_string_equal(j.targets[0], targets[0]);
	assert_string_equal(j.targets[1], targets[1]);
	assert_null(j.targets[2]);
	assert_string_equal(j.reports, example.reports);
	assert_null(j.images);
	assert_int_equal(job_remove(*state, ID), 0);
	assert_int_equal(job_remove(*state, ID), 0);
}

/* What could not be read again, or is not a job, is not written. */
static void test_job_unfit(void **state)
{
	static const struct {
		const char *why;
		struct job j;
	} rows[] = {
		{"a path", {.id = "../x", .remedy = REMEDY_MIGRATE, .vm = {1, 0}, .uuid = UUID, .uri = "u"}},
		{"no id", {.remedy = REMEDY_MIGRATE, .vm = {1, 0}, .uuid = UUID, .uri = "u"}},
		{"an option", {.id = "-x", .remedy = REMEDY_MIGRATE, .vm = {1, 0}, .uuid = UUID, .uri = "u"}},
		{"heal", {.id = ID, .remedy = REMEDY_HEAL, .vm = {1, 0}, .uuid = UUID, .uri = "u"}},
		{"no process", {.id = ID, .remedy = REMEDY_MIGRATE, .uuid = UUID, .uri = "u"}},
		{"no UUID", {.id = ID, .remedy = REMEDY_MIGRATE, .vm = {1, 0}, .uri = "u"}},
		{"no URI", {.id = ID, .remedy = REMEDY_MIGRATE, .vm = {1, 0}, .uuid = UUID}},
	};
	_cleanup_(job_done) struct job j = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (job_write(*state, &rows[i].j) != -EINVAL)
			fail_msg("written: %s", rows[i].why);
	assert_int_equal(job_read(*state, "../" ID, &j), -EINVAL);
}

static void test_state_again(void **state)
{
	struct job_candidate c[] = {
		{"qemu+ssh://b/system", TARGET_GOOD, -5, ""},
		{"qemu+ssh://c/system", TARGET_MEMORY, 0, "12 of\n40 GiB"},
	};
	const struct job_state s = {
		.phase = PHASE_ENDED,
		.result = RESULT_ALARM,
		.why = "two\nlines",
		.begun_us = 1,
		.changed_us = 2,
		.target = "qemu+ssh://b/system",
		.departed = true,
		.done_kib = 3,
		.total_kib = 4,
		.rate_kib = 5,
		.downtime_ms = 6,
		.image = "/var/x",
		.candidates = c,
		.n_candidates = ARRAY_SIZE(c),
	};
	_cleanup_(job_state_done) struct job_state t = {0};

	assert_int_equal(job_state_read(*state, ID, &t), -ENOENT);
	assert_int_equal(job_state_write(*state, ID, &s), 0);
	assert_int_equal(job_state_read(*state, ID, &t), 0);
	assert_int_equal(t.phase, PHASE_ENDED);
	assert_int_equal(t.result, RESULT_ALARM);
	assert_string_equal(t.why, "two?lines");
	assert_true(t.begun_us == 1 && t.changed_us == 2 && t.departed);
	assert_true(t.done_kib == 3 && t.total_kib == 4 && t.rate_kib == 5 && t.downtime_ms == 6);
	assert_string_equal(t.target, s.target);
	assert_string_equal(t.image, "/var/x");
	assert_int_equal(t.n_candidates, 2);
	assert_int_equal(t.candidates[0].score, -5);
	assert_int_equal(t.candidates[1].rule, TARGET_MEMORY);
	assert_string_equal(t.candidates[1].why, "12 of?40 GiB");
}

static void put(const char *dir, const char *text, size_t len)
{
	_cleanup_free_ char *path = tmpdir_path(dir, ID ".job");

	assert_int_equal(file_write_atomic(path, text, len, 0600, false), 0);
}

/* One member changed, missing or doubled in a good file, or the file cut anywhere: never believed. */
static void test_hostile(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{"avicd-job/1", "avicd-job/2"},
		{"\"migrate\"", "\"heal\""},
		{"\"migrate\"", "\"\""},
		{"\"person\"", "\"root\""},
		{"4711", "0"},
		{"4711", "-4711"},
		{"4711", "4294967297"},
		{"4711", "4711.5"},
		{"4711", "\"4711\""},
		{UUID, "x"},
		{"qemu:///system", ""},
		{"4294967295", "4294967296"},
		{"true", "1"},
		{"\"http://%h:9469/\"", "7"},
		{"%h", "%h\\n"},
		{"%h", "%h\\u0000"},
		{"qemu+ssh://b", "qemu+ssh://\\n"},
		{"\"qemu+ssh://b/system\"", "null"},

		{"\"id\":\"" ID, "\"id\":\"migrate-2"},
	};
	_cleanup_free_ char *path = tmpdir_path(*state, ID ".job"), *text = NULL;
	size_t len;
	struct job j = {0};

	assert_int_equal(job_write(*state, &example), 0);
	assert_int_equal(file_read(path, 1 << 16, &text, &len), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_text_ struct text t = {0};
		const char *at = strstr(text, rows[i].from);

		if (!at)
			fail_msg("not there: %s", rows[i].from);
		text_addn(&t, text, (size_t)(at - text));
		text_add(&t, rows[i].to);
		text_add(&t, at + strlen(rows[i].from));
		put(*state, t.s, t.len);
		if (job_read(*state, ID, &j) != -EBADMSG)
			fail_msg("believed: %s instead of %s", rows[i].to, rows[i].from);
	}
	for (size_t n = 0; n < len; n++) {
		put(*state, text, n);
		assert_int_equal(job_read(*state, ID, &j), -EBADMSG);
	}
	assert_null(j.targets);
}

static void test_bomb(void **state)
{
	_cleanup_text_ struct text t = {0};
	struct job j = {0};

	text_add(&t, "{\"targets\":[");
	for (int i = 0; i < 50000; i++)
		text_add(&t, "{},");
	text_add(&t, "{}]}");
	put(*state, t.s, t.len);
	assert_int_equal(job_read(*state, ID, &j), -EBADMSG);
	t.len = 0;
	for (int i = 0; i < 300000; i++)
		text_add(&t, " ");
	put(*state, t.s, t.len);
	assert_int_equal(job_read(*state, ID, &j), -EBADMSG);
}

static void test_list(void **state)
{
	static const char *const others[] = {"x.state", ".job", "..job", "a b.job", "y.job.tmp"};
	_cleanup_free_ char *absent = tmpdir_path(*state, "absent");
	struct job j = example;
	char **list;

	assert_int_equal(job_list(absent, &list), 0);
	assert_null(list[0]);
	free(list);
	snprintf(j.id, sizeof(j.id), "restore-2");
	j.remedy = REMEDY_RESTORE;
	assert_int_equal(job_write(*state, &j), 0);
	assert_int_equal(job_write(*state, &example), 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_free_ char *path = tmpdir_path(*state, others[i]);

		assert_int_equal(file_write_atomic(path, "", 0, 0600, false), 0);
	}
	assert_int_equal(job_list(*state, &list), 0);
	assert_string_equal(list[0], ID);
	assert_string_equal(list[1], "restore-2");
	assert_null(list[2]);
	free(list[0]);
	free(list[1]);
	free(list);
}

static void test_words(void **state _unused_)
{
	static const int statuses[_RESULT_MAX] = {1, 0, 20, 21, 22, 23, 24};

	for (unsigned i = 0; i < _RESULT_MAX; i++)
		assert_int_equal(job_exit_status((enum job_result)i), statuses[i]);
	assert_string_equal(job_phase_to_string(PHASE_VERIFYING), "verifying");
	assert_string_equal(job_result_to_string(RESULT_CANCELLED), "cancelled");
	assert_string_equal(job_phase_to_string(_PHASE_MAX), "unknown");
	assert_string_equal(job_result_to_string(_RESULT_MAX), "unknown");
	assert_false(job_id_ok("a234567890123456789012345678901234567890"));
	assert_true(job_id_ok("a23456789012345678901234567890123456789"));
	assert_false(job_id_ok("a/b"));
	assert_false(job_id_ok("a\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_job_again, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_job_unfit, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_state_again, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_hostile, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_bomb, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_list, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
