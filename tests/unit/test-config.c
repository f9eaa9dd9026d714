/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration: which files are read, in which order, what masks one, and what cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "avicd/settings.h"
#include "avicd/text.h"
#include "tmpdir.h"

#ifndef LIBDIR
#define LIBDIR "/usr/lib"
#endif
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define _cleanup_settings_ _cleanup_(settings_done)

/* The bad lines as one text, "file:line: text\n" each. */
static void note_problem(const char *file, unsigned line, const char *text, void *userdata)
{
	const char *slash = strrchr(file, '/');

	text_addf(userdata, "%s:%u: %s\n", slash ? slash + 1 : file, line, text);
}

static void put(const char *root, const char *name, const char *data)
{
	_cleanup_free_ char *path = tmpdir_path(root, name), *dir = strdup(path);

	*strrchr(dir, '/') = '\0';
	assert_int_equal(mkdir_p(dir, 0755), 0);
	assert_int_equal(file_write_atomic(path, data, strlen(data), 0644, false), 0);
}

static void mask(const char *root, const char *name)
{
	_cleanup_free_ char *path = tmpdir_path(root, name);

	put(root, name, "");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
}

static void check_files(const char *root, const char *const *expected)
{
	char **files = NULL;
	size_t i;

	assert_int_equal(config_files(root, &files), 0);
	for (i = 0; files[i]; i++) {
		assert_non_null(expected[i]);
		assert_true(startswith(files[i], root));
		assert_string_equal(files[i] + strlen(root), expected[i]);
	}
	assert_null(expected[i]);
	strv_free(files);
}

#define FILES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FILES   ((const char *const[]){NULL})
#define VENDOR	   LIBDIR "/avicd/"
#define ADMIN	   SYSCONFDIR "/avicd/"
#define RUN	   "/run/avicd/"

static void test_no_files(void **state)
{
	_cleanup_settings_ struct settings s = {0};

	check_files(*state, NO_FILES);
	assert_int_equal(settings_init(&s), 0);
	assert_int_equal(config_load(settings_items, &s, *state, NULL, NULL), 0);
	assert_string_equal(s.trace_source, "auto");
	strv_free(NULL);
}

static void test_order_of_files(void **state)
{
	const char *root = *state;

	put(root, VENDOR "avicd.conf", "#\n");
	check_files(root, FILES(VENDOR "avicd.conf"));
	put(root, RUN "avicd.conf", "#\n"); /* not a place for a main file */
	put(root, ADMIN "avicd.conf", "#\n");
	check_files(root, FILES(ADMIN "avicd.conf"));
	put(root, VENDOR "avicd.conf.d/20-b.conf", "#v\n");
	put(root, VENDOR "avicd.conf.d/50-c.conf", "#v\n");
	put(root, RUN "avicd.conf.d/10-a.conf", "#r\n");
	put(root, RUN "avicd.conf.d/20-b.conf", "#r\n");
	put(root, ADMIN "avicd.conf.d/20-b.conf", "#a\n");
	put(root, ADMIN "avicd.conf.d/30-x.conf", "#a\n");
	/* Left alone: editors' and package managers' droppings, other suffixes, folders. */
	put(root, ADMIN "avicd.conf.d/.hidden.conf", "#\n");
	put(root, ADMIN "avicd.conf.d/40.conf~", "#\n");
	put(root, ADMIN "avicd.conf.d/40.conf.dpkg-old", "#\n");
	put(root, ADMIN "avicd.conf.d/README", "#\n");
	put(root, ADMIN "avicd.conf.d/folder.conf/x.conf", "#\n");
	check_files(root, FILES(ADMIN "avicd.conf", RUN "avicd.conf.d/10-a.conf", ADMIN "avicd.conf.d/20-b.conf",
				ADMIN "avicd.conf.d/30-x.conf", VENDOR "avicd.conf.d/50-c.conf"));
}

static void test_masks(void **state)
{
	const char *root = *state;

	put(root, VENDOR "avicd.conf", "#\n");
	put(root, VENDOR "avicd.conf.d/10-link.conf", "#\n");
	put(root, VENDOR "avicd.conf.d/20-empty.conf", "#\n");
	put(root, VENDOR "avicd.conf.d/30-kept.conf", "#\n");
	put(root, VENDOR "avicd.conf.d/40-back.conf", "#\n");
	mask(root, ADMIN "avicd.conf.d/10-link.conf");
	put(root, ADMIN "avicd.conf.d/20-empty.conf", "");
	mask(root, RUN "avicd.conf.d/40-back.conf"); /* masked by the runtime, wanted again by the administrator */
	put(root, ADMIN "avicd.conf.d/40-back.conf", "#\n");
	check_files(root,
		    FILES(VENDOR "avicd.conf", VENDOR "avicd.conf.d/30-kept.conf", ADMIN "avicd.conf.d/40-back.conf"));
	mask(root, ADMIN "avicd.conf");
	check_files(root, FILES(VENDOR "avicd.conf.d/30-kept.conf", ADMIN "avicd.conf.d/40-back.conf"));
}

static void test_later_wins(void **state)
{
	_cleanup_settings_ struct settings s = {0};
	_cleanup_text_ struct text t = {0};
	const char *root = *state;

	put(root, ADMIN "avicd.conf", "[avicd]\nsettle=1s\nstuck_after=1s\nresync_interval=1s\n");
	put(root, VENDOR "avicd.conf.d/90-late.conf", "[avicd]\nsettle=2s\n");
	put(root, ADMIN "avicd.conf.d/10-early.conf", "[avicd]\nsettle=3s\nstuck_after=3s\nbad\n");
	assert_int_equal(settings_init(&s), 0);
	assert_int_equal(config_load(settings_items, &s, root, note_problem, &t), 1);
	assert_string_equal(t.s, "10-early.conf:4: no '=' in this line; accepted: KEY=VALUE\n");
	assert_int_equal(s.settle, 2 * NSEC_PER_SEC);
	assert_int_equal(s.stuck_after, 3 * NSEC_PER_SEC);
	assert_int_equal(s.resync_interval, NSEC_PER_SEC);
}

static void test_environment(void **state)
{
	_cleanup_free_ char *run = tmpdir_path(*state, "r"), *conf = tmpdir_path(*state, "c");
	char **files = NULL;

	put(conf, "avicd.conf", "#\n");
	put(run, "avicd.conf.d/1.conf", "#\n");
	put(*state, VENDOR "avicd.conf.d/2.conf", "#\n");
	setenv("RUNTIME_DIRECTORY", run, 1);
	setenv("CONFIGURATION_DIRECTORY", conf, 1);
	setenv("AVICD_SYSROOT", *state, 1);
	assert_int_equal(config_files(NULL, &files), 0);
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("CONFIGURATION_DIRECTORY");
	unsetenv("AVICD_SYSROOT");
	assert_true(startswith(files[0], conf));
	assert_true(startswith(files[1], run));
	assert_non_null(strstr(files[2], VENDOR "avicd.conf.d/2.conf"));
	assert_null(files[3]);
	strv_free(files);
}

static void test_unreadable(void **state)
{
	_cleanup_settings_ struct settings s = {0};
	_cleanup_text_ struct text t = {0};
	_cleanup_free_ char *link = tmpdir_path(*state, ADMIN "avicd.conf.d/10-gone.conf");
	const char *root = *state;

	put(root, ADMIN "avicd.conf.d/x", "");
	assert_int_equal(symlink("nowhere", link), 0);
	assert_int_equal(settings_init(&s), 0);
	/* Nothing was read, and not because there is nothing: the caller may keep what it had. */
	assert_int_equal(config_load(settings_items, &s, root, note_problem, &t), -ENOENT);
	assert_string_equal(t.s, "10-gone.conf:0: cannot be read: No such file or directory\n");
	put(root, ADMIN "avicd.conf", "[avicd]\nsettle=2s\n");
	assert_int_equal(config_load(settings_items, &s, root, note_problem, &t), 1);
	assert_int_equal(s.settle, 2 * NSEC_PER_SEC);
}

static void test_too_large(void **state)
{
	_cleanup_settings_ struct settings s = {0};
	_cleanup_text_ struct text t = {0}, big = {0};

	text_add(&big, "[avicd]\n");
	for (int i = 0; i < 100000; i++)
		text_add(&big, "# a comment that nobody will ever read, so it may be long\n");
	put(*state, ADMIN "avicd.conf", big.s);
	assert_int_equal(settings_init(&s), 0);
	assert_int_equal(config_load(settings_items, &s, *state, note_problem, &t), -EFBIG);
	assert_string_equal(t.s, "avicd.conf:0: cannot be read: File too large\n");
}

static void test_nul_bytes(void **state)
{
	static const char data[] = "[avicd]\nsettle=5s\0junk\nsettle=6s\n\0\n[avicd\0]\nsettle=7s\n";
	_cleanup_free_ char *path = tmpdir_path(*state, ADMIN "avicd.conf");
	_cleanup_settings_ struct settings s = {0};
	_cleanup_text_ struct text t = {0};

	put(*state, ADMIN "avicd.conf", "");
	assert_int_equal(file_write_atomic(path, data, sizeof(data) - 1, 0644, false), 0);
	assert_int_equal(settings_init(&s), 0);
	assert_int_equal(config_load(settings_items, &s, *state, note_problem, &t), 3);
	assert_string_equal(t.s, "avicd.conf:2: a NUL byte in this line\n"
				 "avicd.conf:4: a NUL byte in this line\n"
				 "avicd.conf:5: a NUL byte in this line; the settings below it are ignored\n");
	assert_int_equal(s.settle, 6 * NSEC_PER_SEC);
}

#define IN_TMPDIR(f) cmocka_unit_test_setup_teardown(f, tmpdir_setup, tmpdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TMPDIR(test_no_files),   IN_TMPDIR(test_order_of_files), IN_TMPDIR(test_masks),
		IN_TMPDIR(test_later_wins), IN_TMPDIR(test_environment),    IN_TMPDIR(test_unreadable),
		IN_TMPDIR(test_too_large),  IN_TMPDIR(test_nul_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
