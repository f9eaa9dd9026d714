/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of the history is killed in the middle of its work, a thousand times: the file opens, and at most the last batch is lost. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "avicd/clock.h"
#include "store/history-private.h"
#include "tmpdir.h"

#define ROUNDS 1000
#define BATCH  8
#define T0     1782000000000000ULL
/* a file that is begun anew now and then is killed while it is made, too */
#define FRESH  25

/* Written by the child: the batch that is certain, and the one that is on its way. */
struct shared {
	volatile uint32_t done, tried;
};

static void event(struct history_record *r, uint32_t n)
{
	*r = (struct history_record){.kind = HISTORY_EVENT,
				     .at = T0 + n,
				     .of_vm = true,
				     .vm = {.key = "k", .uuid = "k", .name = "vm", .process = "p", .pid = 1},
				     .event = "vm-condition",
				     .number = n};
}

static void write_for_ever(const char *path, struct shared *s)
{
	struct history_record r;
	struct history *h;

	if (history_open(path, &h) < 0 || history_run_begin(h, "b", T0) < 0)
		_exit(1);
	for (;;) {
		s->tried = s->done + 1;
		if (history_begin(h) < 0)
			_exit(2);
		for (uint32_t i = 0; i < BATCH; i++) {
			event(&r, s->done * BATCH + i);
			if (history_apply(h, &r) < 0)
				_exit(3);
			r.kind = HISTORY_TIME;
			r.watched = 1000;
			if (history_apply(h, &r) < 0)
				_exit(4);
		}
		if (history_run_seen(h, T0, false) < 0 || history_commit(h) < 0)
			_exit(5);
		s->done = s->tried;
	}
}

/* The same by the thread, as avicd does it. */
static void write_by_thread(const char *path, struct shared *s)
{
	struct history_options o = {.path = path, .boot_id = "b", .batch_ns = NSEC_PER_MSEC, .max_queue = 1000000};
	struct history_record r;
	struct history_writer *w;

	if (history_writer_new(&o, &w) < 0)
		_exit(1);
	for (uint32_t n = s->done * BATCH;; n++) {
		event(&r, n);
		if (history_put(w, &r) < 0)
			_exit(2);
		s->tried = n / BATCH + 1;
		usleep(20);
	}
}

static int64_t number(struct history *h, const char *sql)
{
	int64_t n;

	assert_int_equal(history_number(h, sql, &n), 0);
	return n;
}

/* Under valgrind everything takes its time. */
static int slowness(void)
{
	const char *s = getenv("TEST_SLOWNESS");

	return s && atoi(s) > 1 ? MIN(atoi(s), 10) : 1;
}

static void round_of(const char *path, struct shared *s, bool thread)
{
	struct history *h;
	int64_t rows;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		(thread ? write_by_thread : write_for_ever)(path, s);
	assert_true(pid > 0);
	usleep((useconds_t)(random() % (6000 * slowness() * slowness())));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the writer ended by itself, status %#x", status);
	assert_int_equal(history_open(path, &h), 0);
	rows = number(h, "SELECT count(*) FROM events");
	/* none missing in between, none twice */
	assert_int_equal(number(h, "SELECT count(DISTINCT boot) FROM events"), rows);
	assert_int_equal(number(h, "SELECT coalesce(max(boot) + 1, 0) FROM events"), rows);
	if (!thread) {
		if (rows != (int64_t)s->done * BATCH && rows != (int64_t)s->tried * BATCH)
			fail_msg("%lld rows; %u batches were written, %u begun", (long long)rows, s->done, s->tried);
		assert_int_equal(number(h, "SELECT coalesce(sum(watched), 0) FROM hours"), rows * 1000);
	}
	s->done = (uint32_t)rows / BATCH;
	if (thread && rows % BATCH)
		assert_int_equal(
			history_exec(h, "DELETE FROM events WHERE boot >= (SELECT count(*) / 8 * 8 FROM events)"), 0);
	history_close(h);
}

static void test_kill(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db"), *wal = tmpdir_path(*state, "history.db-wal"),
			    *shm = tmpdir_path(*state, "history.db-shm");
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rounds = ROUNDS / slowness() / slowness(), fresh = MAX(FRESH / slowness(), 1);
	uint64_t all = 0;

	assert_true(s != MAP_FAILED);
	srandom((unsigned)wall_us());
	for (int i = 0; i < rounds; i++) {
		if (i % fresh == 0) {
			all += s->done;
			unlink(path);
			unlink(wal);
			unlink(shm);
			s->done = s->tried = 0;
		}
		round_of(path, s, i / fresh % 4 == 3);
	}
	print_message("%llu batches of %d records survived %d kills\n", (unsigned long long)all + s->done, BATCH,
		      rounds);
	/* else nothing was killed but its beginning */
	assert_true(all + s->done > (uint64_t)rounds / 10);
	munmap(s, sizeof(*s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kill, tmpdir_setup, tmpdir_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
