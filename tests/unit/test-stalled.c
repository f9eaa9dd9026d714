/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of tasks that a transition waits for: whatever is in them, the text is whole, clean and short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "kernel/stalled.h"

static struct stalled_rec rec_of(unsigned tid, unsigned n_frames)
{
	struct stalled_rec rec = {.tgid = 1, .tid = tid, .comm = "worker", .n_frames = n_frames};

	for (unsigned i = 0; i < STALLED_REC_FRAMES; i++)
		snprintf(rec.frame[i], STALLED_REC_LINE, "f%u+0x1/0x2", i);
	return rec;
}

/* The end of a pipe that holds these bytes. */
static int pipe_with(const void *data, size_t size)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], data, size), size);
	close(fd[1]);
	return fd[0];
}

static size_t depth(const struct stalled_task *t)
{
	size_t n = 0;

	while (t->stack[n])
		n++;
	return n;
}

static void test_plain(void **state)
{
	struct stalled_rec rec = rec_of(7, 3);
	struct stalled_task t;

	memset(&t, 0x5a, sizeof(t));
	assert_int_equal(stalled_from_rec(&rec, &t), 0);
	assert_int_equal(t.pid, 1);
	assert_int_equal(t.tid, 7);
	assert_string_equal(t.comm, "worker");
	assert_int_equal(depth(&t), 3);
	assert_string_equal(t.stack[0], "f0+0x1/0x2");
	assert_string_equal(t.stack[2], "f2+0x1/0x2");
	stalled_tasks_done(&t, 1);
	assert_null(t.stack[0]);
	stalled_tasks_done(&t, 1);
	stalled_tasks_done(NULL, 0);
}

/* No frames, more than there is room for; no NUL; control characters; a bare address. */
static void test_hostile(void **state)
{
	struct stalled_rec rec = rec_of(7, 0);
	struct stalled_task t;

	assert_int_equal(stalled_from_rec(&rec, &t), 0);
	assert_int_equal(depth(&t), 0);
	stalled_tasks_done(&t, 1);

	rec.n_frames = UINT32_MAX;
	memset(rec.comm, 'c', sizeof(rec.comm));
	rec.comm[3] = '\n';
	memset(rec.frame[0], 'x', sizeof(rec.frame[0]));
	memcpy(rec.frame[1], "a\nb\x1b\xff", 6);
	strcpy(rec.frame[2], "0xffffffffc0123456");
	rec.frame[3][0] = '\0';
	assert_int_equal(stalled_from_rec(&rec, &t), 0);
	assert_string_equal(t.comm, "ccc?ccccccccccc");
	assert_int_equal(depth(&t), STALLED_FRAMES);
	assert_int_equal(strlen(t.stack[0]), STALLED_LINE - 1);
	assert_string_equal(t.stack[1], "a?b??");
	assert_string_equal(t.stack[2], "?");
	assert_string_equal(t.stack[3], "");
	assert_string_equal(t.stack[4], "f4+0x1/0x2");
	stalled_tasks_done(&t, 1);
}

static void test_read(void **state)
{
	struct stalled_rec recs[3] = {rec_of(1, 16), rec_of(2, 1), rec_of(3, 0)};
	struct stalled_task t[4] = {};
	static const struct {
		size_t bytes, max;
		int n;
	} rows[] = {
		{0, 4, 0},
		{sizeof(recs), 4, 3},
		{sizeof(recs), 3, 3},
		{sizeof(recs), 2, 2},
		{sizeof(recs), 0, 0},
		{sizeof(recs[0]), 4, 1},
		{sizeof(recs) - 1, 4, -EIO},
		{sizeof(recs[0]) + 1, 4, -EIO},
		{1, 4, -EIO},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd = pipe_with(recs, rows[i].bytes), n = stalled_read(fd, t, rows[i].max);

		assert_int_equal(n, rows[i].n);
		for (int j = 0; j < n; j++)
			assert_int_equal(t[j].tid, j + 1);
		stalled_tasks_done(t, n > 0 ? (size_t)n : 0);
		for (size_t j = 0; j < ARRAY_SIZE(t); j++)
			assert_null(t[j].stack[0]);
		close(fd);
	}
	assert_int_equal(stalled_read(-1, t, 1), -EBADF);
}

static void test_arguments(void **state)
{
	struct stalled_task t;

	assert_int_equal(stalled_tasks(-1, &t, 1), -EINVAL);
	assert_int_equal(stalled_tasks(2, &t, 1), -EINVAL);
	assert_int_equal(stalled_tasks(STALLED_PATCHED, &t, SIZE_MAX), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
