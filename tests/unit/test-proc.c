/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes: start, thread group, name, pidfd, threads, and the domain of a command line. */
#include "kernel-facts.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/proc.h"
#include "kernel/threads.h"

#define U "11111111-2222-3333-4444-55556666aaaa"
#define ARGS(s) s, sizeof(s) /* with the last NUL, as in /proc */

static void test_cmdline(void **state)
{
	static const struct {
		const char *buf;
		size_t len;
		const char *name, *uuid; /* NULL: -ENOENT */
	} rows[] = {
		/* libvirt's */
		{ ARGS("qemu\0-name\0guest=big,debug-threads=on\0-S\0-uuid\0" U), "big", U },
		{ ARGS("qemu\0-name\0guest=a,,b,debug-threads=on\0-uuid\0" U), "a,b", U },
		{ ARGS("qemu\0-name\0guest=,,,debug-threads=on\0-uuid\0" U), ",", U },
		{ ARGS("qemu\0-name\0guest=a,process=qemu:a,debug-threads=on\0-uuid\0" U), "a", U },
		{ ARGS("qemu\0-name\0guest=a=b,c=d\0-uuid\0" U), "a=b", U },
		{ ARGS("qemu\0-name\0guest=\0-uuid\0" U), "", U },
		{ ARGS("qemu\0-name\0guest=$(id),x=y\0-uuid\0" U), "$(id)", U },
		{ ARGS("qemu\0-name\0guest=../../x\0-uuid\0" U), "../../x", U },
		/* a person's */
		{ ARGS("qemu\0-name\0foo\0-uuid\0" U), "foo", U },
		{ ARGS("qemu\0-name\0foo,process=bar\0-uuid\0" U), "foo", U },
		{ ARGS("qemu\0-name\0a,,b=c\0-uuid\0" U), "a,b=c", U },
		{ ARGS("qemu\0-name\0process=bar,guest=foo\0-uuid\0" U), "foo", U },
		{ ARGS("qemu\0-name\0process=x,,guest=no,guest=yes\0-uuid\0" U), "yes", U },
		{ ARGS("qemu\0-name\0process=bar\0-uuid\0" U), "", U },
		{ ARGS("qemu\0-name\0process=bar,foo\0-uuid\0" U), "", U },
		{ ARGS("qemu\0--uuid\0" U "\0--name\0foo"), "foo", U },
		{ ARGS("qemu\0-uuid\0" "11111111-2222-3333-4444-55556666AAAA"), "", U },
		{ ARGS("qemu\0-uuid\0" "1111111122223333444455556666aaaa"), "", U },
		{ ARGS("qemu\0-uuid\0" U), "", U },
		/* the first counts; the value of one option is not another option */
		{ ARGS("qemu\0-uuid\0" U "\0-uuid\0" "99999999-2222-3333-4444-55556666aaaa"), "", U },
		{ ARGS("qemu\0-name\0a\0-name\0b\0-uuid\0" U), "a", U },
		{ ARGS("qemu\0-uuid\0nonsense\0-uuid\0" U), "", U },
		{ ARGS("qemu\0-name\0-uuid\0" U), NULL, NULL },
		{ ARGS("qemu\0-name\0guest=-uuid\0" U), NULL, NULL },
		/* what only looks alike */
		{ ARGS("qemu\0-uuid=" U), NULL, NULL },
		{ ARGS("qemu\0-uuids\0" U), NULL, NULL },
		{ ARGS("qemu\0uuid\0" U), NULL, NULL },
		{ ARGS("qemu\0---uuid\0" U), NULL, NULL },
		{ ARGS("qemu\0-smbios\0type=1,uuid=" U), NULL, NULL },
		{ ARGS("qemu\0-uuid\0" U "0"), NULL, NULL },
		{ ARGS("qemu\0-uuid\0"), NULL, NULL },
		{ ARGS("qemu\0-uuid"), NULL, NULL },
		{ ARGS("qemu\0-name"), NULL, NULL },
		{ ARGS("\0\0\0"), NULL, NULL },
		{ "", 0, NULL, NULL },
		/* cut: no NUL at the end */
		{ "qemu\0-uuid\0" U, 11 + 36, "", U },
		{ "qemu\0-uuid\0" U, 11 + 35, NULL, NULL },
		{ "qemu\0-uuid\0" U, 11, NULL, NULL },
		/* not to be believed */
		{ ARGS("qemu\0-name\0guest=a\033[31m\nb\0-uuid\0" U), "a?[31m?b", U },
		{ ARGS("qemu\0-name\0guest=\xc3\xa4\xff\0-uuid\0" U), "\xc3\xa4?", U },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* exactly @len bytes, so that a sanitizer sees a step too far */
		_cleanup_free_ char *buf = malloc(rows[i].len ? rows[i].len : 1);
		struct domain d, before;
		int r;

		memset(&d, 0x5a, sizeof(d));
		before = d;
		memcpy(buf, rows[i].buf, rows[i].len);
		r = proc_cmdline_domain(buf, rows[i].len, &d);
		assert_int_equal(r, rows[i].uuid ? 0 : -ENOENT);
		if (r < 0) {
			assert_memory_equal(&d, &before, sizeof(d));
			continue;
		}
		assert_string_equal(d.uuid, rows[i].uuid);
		assert_string_equal(d.name, rows[i].name);
		assert_string_equal(d.uri, "");
		assert_false(d.running || d.active || d.persistent || d.reboot_destroys);
	}
}

/* A name is cut at a whole character. */
static void test_long_name(void **state)
{
	char buf[5000] = "qemu\0-uuid\0" U "\0-name\0guest=x";
	size_t start = 11 + 37 + 6 + 7;
	struct domain d;

	for (size_t i = 0; i < 2000; i++)
		memcpy(buf + start + 2 * i, "\xc3\xa4", 2);
	assert_int_equal(proc_cmdline_domain(buf, sizeof(buf), &d), 0);
	assert_int_equal(strlen(d.name), DOMAIN_NAME_MAX - 1);
	assert_memory_equal(d.name + DOMAIN_NAME_MAX - 3, "\xc3\xa4", 2);
}

static void test_fixture(void **state)
{
	struct domain d;
	uint64_t start;
	int32_t tgid = 0;
	char comm[16];

	use_sysroot("processes");
	assert_int_equal(proc_start(4711, &start), 0);
	assert_true(start == 123456 * 10 * NSEC_PER_MSEC);
	assert_int_equal(proc_tgid(4712, &tgid), 0);
	assert_int_equal(tgid, 4711);
	assert_int_equal(proc_tgid(4711, &tgid), 0);
	assert_int_equal(tgid, 4711);
	assert_int_equal(proc_comm(4711, comm), 0);
	assert_string_equal(comm, "qemu-system-x86");
	assert_int_equal(proc_domain(4711, &d), 0);
	assert_string_equal(d.name, "big");
	assert_string_equal(d.uuid, "11111111-2222-3333-4444-555566667777");
	/* 4713 is malformed all over */
	assert_int_equal(proc_start(4713, &start), -ESRCH);
	assert_int_equal(proc_tgid(4713, &tgid), -ESRCH);
	assert_int_equal(proc_comm(4713, comm), 0);
	assert_string_equal(comm, "a?[1m?b");
	assert_int_equal(proc_domain(4713, &d), -ENOENT);
	/* and 4714 is not there */
	assert_int_equal(proc_start(4714, &start), -ESRCH);
	assert_int_equal(proc_tgid(4714, &tgid), -ESRCH);
	assert_int_equal(proc_comm(4714, comm), -ESRCH);
	assert_int_equal(proc_domain(4714, &d), -ESRCH);
	assert_int_equal(proc_start(0, &start), -ESRCH);
	assert_int_equal(proc_start(-1, &start), -ESRCH);
	unsetenv("AVICD_SYSROOT");
}

static void *thread_tid(void *arg)
{
	*(int32_t *)arg = (int32_t)gettid();
	assert_int_equal(proc_tgid(gettid(), (int32_t *)arg + 1), 0);
	return NULL;
}

static void test_self(void **state)
{
	int32_t tids[2] = { 0 };
	struct timespec ts;
	pthread_t thread;
	uint64_t start;
	char comm[16];

	assert_int_equal(proc_start(getpid(), &start), 0);
	assert_true(start % START_TICK_NS == 0);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	assert_true(start > 0 && start <= (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec);
	assert_int_equal(pthread_create(&thread, NULL, thread_tid, tids), 0);
	pthread_join(thread, NULL);
	assert_int_not_equal(tids[0], getpid());
	assert_int_equal(tids[1], getpid());
	prctl(PR_SET_NAME, "a) R 1 (\tb");
	assert_int_equal(proc_comm(getpid(), comm), 0);
	assert_string_equal(comm, "a) R 1 (?b");
	/* such a name does not move the fields behind it */
	assert_int_equal(proc_start(getpid(), &start), 0);
	assert_true(start > 0 && start <= (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec);
}

static void test_pidfd(void **state)
{
	struct vm_id id = { 0 };
	struct pollfd p;
	pid_t child = fork();
	int fd;

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves no process behind */
		pause();
		_exit(0);
	}
	id.tgid = child;
	assert_int_equal(proc_start(child, &id.start), 0);
	fd = proc_pidfd(&id);
	if (fd == -ENOSYS) { /* valgrind 3.19 does not know the system call */
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		skip();
	}
	assert_true(fd >= 0);
	id.start += START_TICK_NS; /* another process had this number */
	assert_int_equal(proc_pidfd(&id), -ESRCH);
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 0), 0);
	kill(child, SIGKILL);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	id.start -= START_TICK_NS;
	assert_int_equal(proc_pidfd(&id), -ESRCH);
	close(fd);
	id.tgid = 0;
	assert_int_equal(proc_pidfd(&id), -ESRCH);
}

/* A late record of the probe's own process must not make a VM of it. */
static void test_threads_forgotten(void **state)
{
	struct threads t = {};
	struct vm_id id;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	assert_int_equal(threads_find(&t, getpid(), now_ns(), &id), 0);
	assert_int_equal(threads_find(&t, child, now_ns(), &id), 0);
	assert_int_equal(id.tgid, child);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* remembered, for it may be in the middle of a storm */
	assert_int_equal(threads_find(&t, child, now_ns(), &id), 0);
	threads_forget(&t, child);
	assert_true(threads_find(&t, child, now_ns(), &id) < 0);
	assert_int_equal(threads_find(&t, getpid(), now_ns(), &id), 0);
	assert_int_equal(id.tgid, getpid());
	threads_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_fixture),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_pidfd),
		cmocka_unit_test(test_threads_forgotten),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
