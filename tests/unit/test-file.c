/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading with limits, atomic writing and its failures, the sysroot, systemd's directories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "tmpdir.h"

static void put(const char *path, const char *s, size_t n)
{
	assert_int_equal(file_write_atomic(path, s, n, 0644, false), 0);
}

static unsigned count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_read(void **state)
{
	static const size_t sizes[] = {0, 1, 1022, 1023, 1024, 1025, 2048, 70000};
	_cleanup_free_ char *path = tmpdir_path(*state, "f"), *data = malloc(70000);

	for (size_t i = 0; i < 70000; i++)
		data[i] = (char)(i * 7);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *s = NULL, *small = NULL;
		size_t len = 4711;

		put(path, data, sizes[i]);
		assert_int_equal(file_read(path, sizes[i], &s, &len), 0);
		assert_int_equal(len, sizes[i]);
		assert_memory_equal(s, data, len);
		assert_int_equal(s[len], 0);
		if (sizes[i] > 0)
			assert_int_equal(file_read(path, sizes[i] - 1, &small, NULL), -EFBIG);
		assert_null(small);
	}
}

static void test_read_no_limit_and_proc(void **state)
{
	_cleanup_free_ char *s = NULL, *line = NULL;
	size_t len;

	assert_int_equal(file_read("/proc/self/status", SIZE_MAX, &s, &len), 0);
	assert_true(len > 100 && strlen(s) == len);
	assert_int_equal(file_read_line("/proc/self/status", &line), 0);
	assert_true(startswith(line, "Name:"));
	assert_null(strchr(line, '\n'));
}

static void test_read_errors(void **state)
{
	_cleanup_free_ char *absent = tmpdir_path(*state, "absent");
	char *s = NULL;
	size_t len = 4711;

	assert_int_equal(file_read(absent, 100, &s, &len), -ENOENT);
	assert_int_equal(file_read(*state, 100, &s, &len), -EISDIR);
	assert_int_equal(file_read_line(absent, &s), -ENOENT);
	assert_null(s);
	assert_int_equal(len, 4711);
}

static void test_read_line(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {{"", ""}, {"\n", ""}, {"Y\n", "Y"}, {"Y", "Y"}, {"a\nb\n", "a"}, {"a\r\n", "a\r"}};
	_cleanup_free_ char *path = tmpdir_path(*state, "f"), *big = malloc(200000);
	char *s = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		put(path, cases[i].in, strlen(cases[i].in));
		assert_int_equal(file_read_line(path, &line), 0);
		assert_string_equal(line, cases[i].out);
	}
	memset(big, 'x', 200000);
	put(path, big, 200000);
	assert_int_equal(file_read_line(path, &s), -EFBIG);
	big[5000] = '\n';
	put(path, big, 200000);
	assert_int_equal(file_read_line(path, &s), 0);
	assert_int_equal(strlen(s), 5000);
	free(s);
}

static void test_write(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "f"), *s = NULL;
	mode_t mask = umask(0077);
	struct stat st;
	size_t len;

	/* The mode is what was asked for: readers of /run/avicd depend on it, whatever umask the service got. */
	assert_int_equal(file_write_atomic(path, "old\0old", 7, 0644, true), 0);
	assert_int_equal(file_write_atomic(path, "new", 3, 0640, false), 0);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_read(path, 100, &s, &len), 0);
	assert_string_equal(s, "new");
	assert_int_equal(count_entries(*state), 1);
}

static void test_write_replaces_symlink(void **state)
{
	_cleanup_free_ char *target = tmpdir_path(*state, "target"), *link = tmpdir_path(*state, "link"), *s = NULL;
	struct stat st;

	put(target, "precious", 8);
	assert_int_equal(symlink(target, link), 0);
	put(link, "new", 3);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(file_read(target, 100, &s, NULL), 0);
	assert_string_equal(s, "precious");
}

static void test_write_relative(void **state)
{
	_cleanup_close_ int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *s = NULL;

	assert_int_equal(chdir(*state), 0);
	assert_int_equal(file_write_atomic("f", "x", 1, 0644, true), 0);
	assert_int_equal(file_read("f", 10, &s, NULL), 0);
	assert_string_equal(s, "x");
	assert_int_equal(fchdir(here), 0);
}

static void test_write_failing_directory(void **state)
{
	_cleanup_free_ char *file = tmpdir_path(*state, "file"), *dir = tmpdir_path(*state, "dir");
	_cleanup_free_ char *in_file = tmpdir_path(file, "x"), *absent = tmpdir_path(*state, "absent/x");
	_cleanup_free_ char *child = tmpdir_path(dir, "child"), *slash = tmpdir_path(dir, "");

	put(file, "x", 1);
	assert_int_equal(mkdir_p(child, 0755), 0);
	assert_int_equal(file_write_atomic(in_file, "y", 1, 0644, false), -ENOTDIR);
	assert_int_equal(file_write_atomic(absent, "y", 1, 0644, false), -ENOENT);
	assert_int_equal(file_write_atomic(slash, "y", 1, 0644, false), -EISDIR);
	/* The temporary file is there when rename() fails on a directory; it must not stay. */
	assert_true(file_write_atomic(dir, "y", 1, 0644, false) < 0);
	assert_int_equal(count_entries(*state), 2);
	assert_int_equal(file_write_atomic("/proc/self/x", "y", 1, 0644, false), -ENOENT);
}

static void test_write_no_space(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "f"), *s = NULL, *big = calloc(1, 100000);
	struct rlimit old, limit;
	int r;

	/* A limit of the file size stands for the full disk: a write goes half way, then fails. */
	put(path, "old", 3);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	r = file_write_atomic(path, big, 100000, 0644, true);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(r, -EFBIG);
	assert_int_equal(file_read(path, 100, &s, NULL), 0);
	assert_string_equal(s, "old");
	assert_int_equal(count_entries(*state), 1);
}

static void test_mkdir_p(void **state)
{
	_cleanup_free_ char *deep = tmpdir_path(*state, "a//b/c/"), *file = tmpdir_path(*state, "file");
	_cleanup_free_ char *below = tmpdir_path(file, "d");
	struct stat st;

	assert_int_equal(mkdir_p(deep, 0755), 0);
	assert_int_equal(mkdir_p(deep, 0755), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	put(file, "", 0);
	assert_int_equal(mkdir_p(file, 0755), -ENOTDIR);
	assert_int_equal(mkdir_p(below, 0755), -ENOTDIR);
	assert_int_equal(mkdir_p("", 0755), -ENOENT);
	assert_int_equal(mkdir_p("/", 0755), 0);
	assert_int_equal(mkdir_p("/proc/self/absent", 0755), -ENOENT);
}

static void test_sysroot(void **state)
{
	static const struct {
		const char *root, *out;
	} cases[] = {{NULL, "/sys/x"}, {"", "/sys/x"}, {"/", "/sys/x"}, {"/r", "/r/sys/x"}, {"/r//", "/r/sys/x"}};
	_cleanup_free_ char *path = tmpdir_path(*state, "sys"), *s = NULL, *line = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *p = NULL;

		if (cases[i].root)
			setenv("AVICD_SYSROOT", cases[i].root, 1);
		else
			unsetenv("AVICD_SYSROOT");
		assert_int_equal(sysroot_path("/sys/x", &p), 0);
		assert_string_equal(p, cases[i].out);
	}
	put(path, "one\ntwo\n", 8);
	setenv("AVICD_SYSROOT", *state, 1);
	assert_int_equal(sysroot_read("/sys", 100, &s, NULL), 0);
	assert_string_equal(s, "one\ntwo\n");
	assert_int_equal(sysroot_read_line("/sys", &line), 0);
	assert_string_equal(line, "one");
	assert_int_equal(sysroot_read("/absent", 100, &s, NULL), -ENOENT);
	unsetenv("AVICD_SYSROOT");
}

static void test_dirs(void **state)
{
	static const struct {
		const char *variable;
		const char *(*get)(void);
		const char *end; /* of the default */
	} dirs[] = {
		{"RUNTIME_DIRECTORY", dir_runtime, "/run/avicd"},
		{"STATE_DIRECTORY", dir_state, "/var/lib/avicd"},
		{"CONFIGURATION_DIRECTORY", dir_config, "etc/avicd"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *first;

		unsetenv(dirs[i].variable);
		assert_non_null(strstr(dirs[i].get(), dirs[i].end));
		setenv(dirs[i].variable, "/a/b:/c", 1);
		first = dirs[i].get();
		assert_string_equal(first, "/a/b");
		setenv(dirs[i].variable, "/d", 1);
		assert_string_equal(dirs[i].get(), "/d");
		assert_string_equal(first, "/a/b"); /* valid for the life of the process */
		setenv(dirs[i].variable, "relative", 1);
		assert_non_null(strstr(dirs[i].get(), dirs[i].end));
		setenv(dirs[i].variable, "", 1);
		assert_non_null(strstr(dirs[i].get(), dirs[i].end));
		unsetenv(dirs[i].variable);
	}
}

#define IN_TMPDIR(f) cmocka_unit_test_setup_teardown(f, tmpdir_setup, tmpdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TMPDIR(test_read),		IN_TMPDIR(test_read_no_limit_and_proc),
		IN_TMPDIR(test_read_errors),	IN_TMPDIR(test_read_line),
		IN_TMPDIR(test_write),		IN_TMPDIR(test_write_replaces_symlink),
		IN_TMPDIR(test_write_relative), IN_TMPDIR(test_write_failing_directory),
		IN_TMPDIR(test_write_no_space), IN_TMPDIR(test_mkdir_p),
		IN_TMPDIR(test_sysroot),	IN_TMPDIR(test_dirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
