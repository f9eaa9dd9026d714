/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files: text and trace.dat give the same records; what is no trace, damaged or hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "avicd/file.h"
#include "avicd/tracetext.h"
#include "kernel/tracedat.h"
#include "tmpdir.h"

static char *fixture_path(const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = NULL;

	if (asprintf(&path, "%s/tests/data/trace/%s", top ? top : ".", name) < 0)
		abort();
	return path;
}

static struct trace_file *open_fixture(const char *name)
{
	_cleanup_free_ char *path = fixture_path(name);
	struct trace_file *f = NULL;

	if (trace_file_open(path, &f, NULL) < 0)
		fail_msg("cannot open %s", path);
	return f;
}

/* Same record, but for what trace.dat does not keep: processes, printed names. */
static void assert_same(const struct trace_record *a, const struct trace_record *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->mask, b->mask);
	if (a->kind == RECORD_LOST)
		return;
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->tid, b->tid);
	assert_string_equal(a->comm, b->comm);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->set, b->set);
	assert_int_equal(a->vcpu_id, b->vcpu_id);
	assert_int_equal(a->tsc_prev, b->tsc_prev);
	assert_int_equal(a->tsc_offset, b->tsc_offset);
}

static void dat_is_as_text(void **state)
{
	static const struct {
		const char *dat, *text, *release;
		uint64_t n;
	} pairs[] = {
		{"6.0-stuck.dat", "6.0-stuck.txt", "6.0.0-1016-oem", 163},
		{"6.0-stuck-v7.dat", "6.0-stuck.txt", "6.0.0-1016-oem", 163},
		{"6.12-pit.dat", "6.12-pit.txt", "6.12.95+deb12-amd64", 55},
		{"lost.dat", "lost.txt", "6.3.0", 8},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct trace_file *dat = open_fixture(pairs[i].dat), *text = open_fixture(pairs[i].text);
		struct trace_record a, b;

		assert_string_equal(trace_file_format(dat), "trace.dat");
		assert_string_equal(trace_file_format(text), "text");
		assert_string_equal(trace_file_release(dat), pairs[i].release);
		assert_null(trace_file_release(text));
		for (int round = 0; round < 2; round++) {
			uint64_t n = 0;

			for (; trace_file_next(dat, &a) > 0; n++) {
				assert_int_equal(trace_file_next(text, &b), 1);
				assert_same(&a, &b);
			}
			assert_int_equal(trace_file_next(text, &b), 0);
			assert_int_equal(n, pairs[i].n);
			assert_int_equal(trace_file_rewind(dat), 0);
			assert_int_equal(trace_file_rewind(text), 0);
		}
		trace_file_close(dat);
		trace_file_close(text);
	}
}

static void format_of_the_event(void **state)
{
	struct trace_file *f = open_fixture("6.12-pit.dat");

	assert_non_null(strstr(trace_file_event_format(f), "\"PIT_REINJ\""));
	trace_file_close(f);
	f = open_fixture("6.0-stuck.dat");
	assert_null(strstr(trace_file_event_format(f), "PIT_REINJ"));
	trace_file_close(f);
	f = open_fixture("report.txt");
	assert_null(trace_file_event_format(f));
	trace_file_close(f);
}

static uint64_t count(const char *path, uint64_t *skipped)
{
	struct trace_file *f;
	struct trace_record r;
	uint64_t n = 0;

	assert_int_equal(trace_file_open(path, &f, NULL), 0);
	while (trace_file_next(f, &r) > 0)
		n++;
	*skipped = trace_file_skipped(f);
	trace_file_close(f);
	return n;
}

static void odd_texts(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "odd");
	const char *good = "q-7 [000] ..... 1.000000: kvm_apicv_inhibit_changed: set reason=8, inhibits=0x120";
	const char *bad = "q-7 [000] ..... 1.000000: kvm_apicv_inhibit_changed: set reason=x";
	uint64_t skipped;
	FILE *f = fopen(path, "w");

	/* CRLF, a line beyond all limits, one unreadable, no newline at the end */
	fprintf(f, "%s\r\n", good);
	for (int i = 0; i < 300000; i++)
		fputs("long", f);
	fprintf(f, " %s\n%s\n%s", good, bad, good);
	fclose(f);
	assert_int_equal(count(path, &skipped), 2);
	assert_int_equal(skipped, 1);
	assert_int_equal(file_write_atomic(path, "", 0, 0600, false), 0);
	assert_int_equal(count(path, &skipped), 0);
	assert_int_equal(skipped, 0);
}

/* A line that says records were lost bears the time of the record before it. */
static void losses_have_a_time(void **state)
{
	struct trace_file *f = open_fixture("lost.txt");
	struct trace_record r, last = {};
	int lost = 0;

	while (trace_file_next(f, &r) > 0) {
		if (r.kind == RECORD_LOST) {
			assert_int_equal(r.at, last.at);
			assert_int_equal(r.mask, lost++ ? 0 : 42);
		}
		last = r;
	}
	assert_int_equal(lost, 2);
	trace_file_close(f);
}

static void standard_input(void **state)
{
	_cleanup_free_ char *path = fixture_path("6.0-stuck.dat"), *data = NULL;
	int pipe_fd[2], saved = dup(STDIN_FILENO);
	struct trace_file *f;
	struct trace_record r;
	size_t len;
	int n = 0;

	assert_int_equal(file_read(path, 1 << 20, &data, &len), 0);
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	assert_int_equal(write(pipe_fd[1], data, len), len);
	close(pipe_fd[1]);
	dup2(pipe_fd[0], STDIN_FILENO);
	close(pipe_fd[0]);
	assert_int_equal(trace_file_open("-", &f, NULL), 0);
	dup2(saved, STDIN_FILENO);
	close(saved);
	assert_string_equal(trace_file_format(f), "trace.dat");
	while (trace_file_next(f, &r) > 0)
		n++;
	assert_int_equal(n, 163);
	trace_file_close(f);
}

static void no_traces(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		const char *why;
	} files[] = {
		{"PERFILE2\0\0\0", 11, "perf script -i"},
		{"\x1f\x8b\x08\0", 4, "zcat"},
		{"\xfd"
		 "7zXZ\0",
		 6, "xzcat"},
		{"\x28\xb5\x2f\xfd\0", 5, "zstdcat"},
		{"\x7f"
		 "ELF\0\0",
		 6, "is no trace"},
		{"\x17\x08\x44tracing6\0", 12, "damaged"},
		{"\x17\x08\x44tracing9\0\0\x08\0\x10\0\0", 18, "newer trace-cmd"},
	};
	_cleanup_free_ char *path = tmpdir_path(*state, "file"), *gone = tmpdir_path(*state, "gone");
	struct trace_file *f = NULL;
	char *why;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_int_equal(file_write_atomic(path, files[i].data, files[i].len, 0600, false), 0);
		assert_int_equal(trace_file_open(path, &f, &why), -EBADMSG);
		assert_ptr_equal(strstr(why, path), why);
		if (!strstr(why, files[i].why))
			fail_msg("%s", why);
		free(why);
	}
	assert_int_equal(trace_file_open(gone, &f, &why), -ENOENT);
	assert_non_null(strstr(why, "No such file"));
	free(why);
	assert_int_equal(trace_file_open(*state, &f, &why), -EISDIR);
	free(why);
	assert_null(f);
}

/* trace.dat cut off anywhere, and with bytes changed anywhere: records, or an error, and never more. */
static void damaged_dats(void **state)
{
	_cleanup_free_ char *from = fixture_path("6.0-stuck.dat"), *path = tmpdir_path(*state, "dat"), *data = NULL;
	size_t len;

	assert_int_equal(file_read(from, 1 << 20, &data, &len), 0);
	for (size_t i = 0; i < 60; i++) {
		_cleanup_free_ char *copy = malloc(len);
		size_t keep = i < 30 ? len * i / 30 : len;
		struct trace_file *f;
		struct trace_record r;
		uint64_t n = 0;

		memcpy(copy, data, len);
		for (size_t k = 0; i >= 30 && k < 8; k++)
			copy[(i * 7919 + k * 104729) % 6000 + 12] = (char)(i * 37 + k);
		assert_int_equal(file_write_atomic(path, copy, keep, 0600, false), 0);
		if (trace_file_open(path, &f, NULL) < 0)
			continue;
		while (trace_file_next(f, &r) > 0 && n < 100000)
			n++;
		trace_file_close(f);
	}
}

/* The kernel's release is read by our own code: every length of file, each byte changed. */
static void release_of_damaged_dats(void **state)
{
	static const char *const names[] = {"6.0-stuck.dat", "6.0-stuck-v7.dat"};

	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		_cleanup_free_ char *from = fixture_path(names[k]), *data = NULL, *path = tmpdir_path(*state, "uname");
		char release[TRACEDAT_RELEASE_MAX];
		size_t len;
		int fd;

		assert_int_equal(file_read(from, 1 << 20, &data, &len), 0);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, data, len), len);
		assert_int_equal(tracedat_uname(fd, release), 0);
		assert_string_equal(release, "6.0.0-1016-oem");
		for (size_t i = 0; i < len; i += i < 4096 ? 1 : 61) {
			char changed = (char)~data[i];

			assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
			tracedat_uname(fd, release);
			assert_int_equal(pwrite(fd, &data[i], 1, (off_t)i), 1);
		}
		for (size_t i = MIN(len, 4096U); i-- > 0;) {
			assert_int_equal(ftruncate(fd, (off_t)i), 0);
			if (tracedat_uname(fd, release) == 0)
				assert_string_equal(release, "6.0.0-1016-oem");
		}
		close(fd);
	}
}

/* No process is left, whether a file was read to its end or not. */
static void no_process_is_left(void **state)
{
	struct trace_file *f = open_fixture("6.0-stuck.dat");
	struct trace_record r;

	assert_int_equal(trace_file_next(f, &r), 1);
	trace_file_close(f);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dat_is_as_text),
		cmocka_unit_test(format_of_the_event),
		cmocka_unit_test_setup_teardown(odd_texts, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(losses_have_a_time),
		cmocka_unit_test(standard_input),
		cmocka_unit_test_setup_teardown(no_traces, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(damaged_dats, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(release_of_damaged_dats, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(no_process_is_left),
	};

	return cmocka_run_group_tests_name("trace files", tests, NULL, NULL);
}
