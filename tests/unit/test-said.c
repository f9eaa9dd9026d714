/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last word of the hook as a file: round trip, hostile content, hostile folders, and what is swept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/said.h"
#include "avicd/text.h"
#include "tmpdir.h"

#define UUID  "848ea81a-c86f-4498-aed2-362e6ec80912"
#define OTHER "5e6b0c1a-3f5e-4c0f-9a55-000000000001"

static void put(const char *dir, const char *name, const void *data, size_t len, mode_t mode)
{
	_cleanup_free_ char *path = tmpdir_path(dir, name);

	assert_int_equal(file_write_atomic(path, data, len, mode, false), 0);
}

static int open_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void round_trip(void **state)
{
	_cleanup_close_ int dir = open_folder(*state);
	struct said s = {SAID_WARNED, 1700000000123456, "a\tb\nc", "pit: x\ny"}, back;
	struct stat st;

	assert_int_equal(said_read(dir, UUID, &back), -ENOENT);
	assert_int_equal(said_drop(dir, UUID), 0);
	assert_int_equal(said_leave(dir, UUID, &s), 0);
	assert_int_equal(fstatat(dir, UUID ".said", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(faccessat(dir, UUID ".said-new", F_OK, 0), -1);
	assert_int_equal(said_read(dir, "848EA81A-C86F-4498-AED2-362E6EC80912", &back), 0);
	assert_int_equal(back.decision, SAID_WARNED);
	assert_int_equal(back.at, s.at);
	assert_string_equal(back.name, "a?b?c");
	assert_string_equal(back.text, "pit: x?y");
	s.decision = SAID_REFUSED;
	memset(s.text, 'x', SAID_TEXT_MAX);
	memset(s.name, '\xff', SAID_NAME_MAX);
	assert_int_equal(said_leave(dir, UUID, &s), 0);
	assert_int_equal(said_read(dir, UUID, &back), 0);
	assert_int_equal(back.decision, SAID_REFUSED);
	assert_int_equal(strlen(back.text), SAID_TEXT_MAX);
	assert_int_equal(said_drop(dir, UUID), 0);
	assert_int_equal(said_read(dir, UUID, &back), -ENOENT);
	for (int i = 0; i < 3; i++) {
		static const char *const bad[] = {"", "../" UUID, UUID "/x"};

		assert_int_equal(said_leave(dir, bad[i], &s), -EINVAL);
		assert_int_equal(said_read(dir, bad[i], &back), -EINVAL);
		assert_int_equal(said_drop(dir, bad[i]), -EINVAL);
	}
}

static void hostile_content(void **state)
{
#define BAD(text)                      \
	{                              \
		text, sizeof(text) - 1 \
	}
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		BAD(""),
		BAD("\n"),
		BAD("warned"),
		BAD("warned\t1\tn\tt"),
		BAD("warned\t1\tn\n"),
		BAD("warned\t1\tn\tt\n\n"),
		BAD("warned\t1\tn\tt\nx"),
		BAD("shot\t1\tn\tt\n"),
		BAD("Warned\t1\tn\tt\n"),
		BAD("warned\t-1\tn\tt\n"),
		BAD("warned\t\tn\tt\n"),
		BAD("warned\t99999999999999999999\tn\tt\n"),
		BAD("warned\t1\tn\t\xff\n"),
		BAD("warned\t1\t\xc3\tt\n"),
		BAD("warned\t1\tn\ta\0b\n"),
	};
	static const char terminal[] = "refused\t1\tn\ta\x1b[2J\tb\n";
	_cleanup_text_ struct text t = {0};
	struct said s = {.at = 7};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (said_parse(bad[i].data, bad[i].len, &s) != -EBADMSG)
			fail_msg("%zu", i);
		assert_int_equal(s.at, 7);
	}
	text_add(&t, "warned\t1\tn\t");
	for (int i = 0; i <= SAID_TEXT_MAX; i++)
		text_add(&t, "x");
	text_add(&t, "\n");
	assert_int_equal(said_parse(t.s, t.len, &s), -EBADMSG);
	for (int i = 0; i < 100000; i++)
		text_add(&t, "y");
	assert_int_equal(said_parse(t.s, t.len, &s), -EBADMSG);
	/* what could command a terminal does not get through, and the rest does */
	assert_int_equal(said_parse(terminal, strlen(terminal), &s), 0);
	assert_string_equal(s.text, "a?[2J?b");
}

static void hostile_files(void **state)
{
	static const char good[] = "warned\t1\tn\tt\n";
	const char *root = *state;
	_cleanup_close_ int dir = open_folder(root);
	_cleanup_free_ char *path = tmpdir_path(root, UUID ".said"), *victim = tmpdir_path(root, "victim");
	struct said s = {SAID_WARNED, 1, "n", "t"};
	struct stat st;

	put(root, UUID ".said", good, strlen(good), 0600);
	assert_int_equal(said_read(dir, UUID, &s), 0);
	put(root, UUID ".said", good, strlen(good), 0600);
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(said_read(dir, UUID, &s), -EPERM);
	assert_int_equal(unlink(path), 0);
	put(root, "victim", good, strlen(good), 0600);
	assert_int_equal(symlink("victim", path), 0);
	assert_int_equal(said_read(dir, UUID, &s), -ELOOP);
	/* written beside it and renamed: what the link shows stays */
	s.decision = SAID_REFUSED;
	assert_int_equal(said_leave(dir, UUID, &s), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, strlen(good));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(said_read(dir, UUID, &s), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(said_read(dir, UUID, &s) < 0);
	assert_true(said_leave(dir, UUID, &s) < 0);
	assert_int_equal(faccessat(dir, UUID ".said-new", F_OK, 0), -1);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(unlink(victim), 0);
}

static bool other_runs(const char *uuid, void *userdata)
{
	++*(int *)userdata;
	return streq(uuid, OTHER);
}

static void swept(void **state)
{
	const char *root = *state;
	static const char *const files[] = {UUID ".said", UUID ".said-new", OTHER ".said",
					    UUID,	  "x.said",	    UUID ".saidx"};
	_cleanup_close_ int dir = open_folder(root);
	int asked = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put(root, files[i], "x", 1, 0600);
	said_sweep(dir, wall_us() + SAID_KEPT_US - 60 * USEC_PER_SEC, other_runs, &asked);
	assert_int_equal(asked, 0);
	said_sweep(dir, wall_us() + SAID_KEPT_US + 60 * USEC_PER_SEC, other_runs, &asked);
	assert_int_equal(asked, 3);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_int_equal(faccessat(dir, files[i], F_OK, 0), i < 2 ? -1 : 0);
}

static void folders(void **state)
{
	_cleanup_free_ char *hook = tmpdir_path(*state, "hook"), *real = tmpdir_path(*state, "real");
	int fd;

	assert_int_equal(setenv("RUNTIME_DIRECTORY", *state, 1), 0);
	assert_int_equal(said_folder(), -ENOENT);
	assert_int_equal(mkdir(real, 0700), 0);
	assert_int_equal(symlink("real", hook), 0);
	assert_true(said_folder() < 0);
	assert_int_equal(unlink(hook), 0);
	assert_int_equal(mkdir(hook, 0700), 0);
	fd = said_folder();
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(hook, 0770), 0);
	assert_int_equal(said_folder(), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(hostile_content),
		cmocka_unit_test_setup_teardown(hostile_files, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(swept, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(folders, tmpdir_setup, tmpdir_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
