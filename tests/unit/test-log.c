/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log: what arrives at a journal of our own, and what happens when nobody takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "avicd/file.h"
#include "avicd/log.h"
#include "tmpdir.h"

/* stderr is a pipe while a test runs; what was written is read from it. */
struct capture {
	int old;
	int fd[2];
};

static void capture_begin(struct capture *c)
{
	assert_int_equal(pipe2(c->fd, O_CLOEXEC), 0);
	assert_int_equal(fcntl(c->fd[0], F_SETFL, O_NONBLOCK), 0);
	c->old = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	assert_true(c->old >= 0);
	assert_int_equal(dup2(c->fd[1], STDERR_FILENO), STDERR_FILENO);
}

static void capture_read(const struct capture *c, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(c->fd[0], buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
}

static void capture_end(struct capture *c)
{
	dup2(c->old, STDERR_FILENO);
	close(c->old);
	close(c->fd[0]);
	close(c->fd[1]);
}

/* A journal's socket below the sysroot; returns the receiving end. */
static int journal_begin(const char *root)
{
	_cleanup_free_ char *dir = tmpdir_path(root, "run/systemd/journal"), *path = tmpdir_path(dir, "socket");
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(mkdir_p(dir, 0755), 0);
	assert_true(strlen(path) < sizeof(sa.sun_path));
	strcpy(sa.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	setenv("AVICD_SYSROOT", root, 1);
	return fd;
}

static void journal_end(int fd, const char *root)
{
	_cleanup_free_ char *path = tmpdir_path(root, "run/systemd/journal/socket");

	close(fd);
	unlink(path);
	unsetenv("AVICD_SYSROOT");
}

static void test_words(void **state)
{
	for (int i = LOG_EMERG; i <= LOG_DEBUG; i++)
		assert_int_equal(log_level_from_string(log_level_to_string(i)), i);
	assert_int_equal(log_level_from_string("error"), -EINVAL);
	assert_int_equal(log_level_from_string(""), -EINVAL);
	assert_int_equal(log_level_from_string("INFO"), -EINVAL);
	assert_string_equal(log_level_to_string(8), "unknown");
	assert_string_equal(log_level_to_string(-1), "unknown");
	log_set_level(99);
	assert_int_equal(log_get_level(), LOG_DEBUG);
	log_set_level(-99);
	assert_int_equal(log_get_level(), LOG_EMERG);
}

static void test_stderr(void **state)
{
	static const char *const evil = "big\n<0>forged\x1b[2J\xff";
	struct capture c;
	char buf[4096];
	int r;

	capture_begin(&c);
	log_setup("test", LOG_TARGET_STDERR, LOG_INFO);
	errno = ERANGE;
	log_info("domain %s", evil);
	log_debug("not this");
	log_at(99, "nor this");
	log_write(LOG_ERR, EVENT_VM_STUCK, NULL, 0, "%%n %d", 7);
	r = log_errno(LOG_WARNING, -ENOENT, "cannot open %s", "x");
	assert_int_equal(log_errno(LOG_DEBUG, -EIO, "not this"), -EIO);
	log_set_target(LOG_TARGET_PLAIN);
	log_error("plain");
	assert_int_equal(errno, ERANGE);
	capture_read(&c, buf, sizeof(buf));
	capture_end(&c);
	assert_int_equal(r, -ENOENT);
	assert_string_equal(buf, "<6>domain big?<0>forged?[2J?\n"
				 "<3>%n 7\n"
				 "<4>cannot open x: No such file or directory\n"
				 "plain\n");
	assert_string_equal(log_get_target(), "console");
}

static void test_long_line(void **state)
{
	_cleanup_free_ char *big = malloc(100001);
	struct capture c;
	char buf[8192];

	memset(big, 'x', 100000);
	big[100000] = '\0';
	capture_begin(&c);
	log_setup("test", LOG_TARGET_STDERR, LOG_INFO);
	log_info("%s", big);
	log_errno(LOG_INFO, -EIO, "%s", big);
	log_info("next");
	capture_read(&c, buf, sizeof(buf));
	capture_end(&c);
	/* Cut, but each a line of its own, whole in a pipe. */
	assert_true(startswith(buf, "<6>xxx"));
	assert_true(strchr(buf, '\n') - buf > 3000 && strchr(buf, '\n') - buf < 4096);
	assert_string_equal(strstr(buf, "<6>next"), "<6>next\n");
}

static void test_journal(void **state)
{
	const struct log_field fields[] = {
		{"DOMAIN_NAME", "a\nPRIORITY=0"}, {"DOMAIN_UUID", NULL}, {"lower", "dropped"},
		{"_TRUSTED", "dropped"},	  {"A=B", "dropped"},	 {"", "dropped"},
		{"AVICD_MASK", "0x20"},
	};
	int fd = journal_begin(*state);
	struct capture c;
	char buf[4096], err[256];
	ssize_t n;

	capture_begin(&c);
	log_setup("test", LOG_TARGET_AUTO, LOG_INFO);
	assert_string_equal(log_get_target(), "journal");
	log_write(LOG_NOTICE, EVENT_VM_APPEARED, fields, ARRAY_SIZE(fields), "VM %d\nappeared", 5);
	capture_read(&c, err, sizeof(err));
	capture_end(&c);
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	assert_true(n > 0);
	buf[n] = '\0';
	journal_end(fd, *state);
	assert_string_equal(err, "");
	assert_string_equal(buf, "PRIORITY=5\nSYSLOG_IDENTIFIER=test\nMESSAGE=VM 5?appeared\n"
				 "MESSAGE_ID=a7549b6d14214be199323de5b6e30be4\n"
				 "DOMAIN_NAME=a?PRIORITY=0\nAVICD_MASK=0x20\n");
}

static void test_no_journal(void **state)
{
	struct capture c;
	char err[256];
	int fd;

	setenv("AVICD_SYSROOT", *state, 1);
	log_setup("test", LOG_TARGET_AUTO, LOG_INFO);
	assert_string_equal(log_get_target(), "console");
	/* Asked for by name, and not there: the line still arrives. Once it is there, so does the next one. */
	log_setup("test", LOG_TARGET_JOURNAL, LOG_INFO);
	capture_begin(&c);
	log_info("one");
	fd = journal_begin(*state);
	log_info("two");
	capture_read(&c, err, sizeof(err));
	capture_end(&c);
	assert_true(recv(fd, err + 128, 100, 0) > 0);
	journal_end(fd, *state);
	assert_string_equal(err, "<6>one\n");
}

/* A stopped journald: its queue fills. Lines then go to stderr, and the caller does not wait. */
static void test_journal_full(void **state)
{
	int fd = journal_begin(*state);
	struct capture c;
	char err[4096];
	int i;

	capture_begin(&c);
	log_setup("test", LOG_TARGET_JOURNAL, LOG_INFO);
	for (i = 0, err[0] = '\0'; i < 1000000 && !err[0]; i++) {
		log_info("line %d", i);
		capture_read(&c, err, sizeof(err));
	}
	capture_end(&c);
	journal_end(fd, *state);
	assert_true(i > 1);
	assert_true(startswith(err, "<6>line "));
}

/* An entry larger than a datagram may be: the sentence still arrives. */
static void test_journal_too_large(void **state)
{
	_cleanup_free_ char *big = malloc(100001);
	struct log_field fields[64];
	int fd = journal_begin(*state);
	struct capture c;
	char err[256];

	memset(big, 'x', 100000);
	big[100000] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = (struct log_field){"X", big};
	capture_begin(&c);
	log_setup("test", LOG_TARGET_JOURNAL, LOG_INFO);
	log_write(LOG_INFO, EVENT_NONE, fields, ARRAY_SIZE(fields), "sentence");
	capture_read(&c, err, sizeof(err));
	capture_end(&c);
	journal_end(fd, *state);
	assert_string_equal(err, "<6>sentence\n");
}

/* A reader of stderr that has stopped, then one that is gone: no waiting, no SIGPIPE, and the loss is told. */
static void test_stderr_full(void **state)
{
	char err[200000], note[64];
	struct capture c;
	const char *s;

	capture_begin(&c);
	log_setup("test", LOG_TARGET_STDERR, LOG_INFO);
	for (int i = 0; i < 20000; i++)
		log_info("line %05d", i);
	capture_read(&c, err, sizeof(err));
	log_info("after");
	snprintf(note, sizeof(note), "<4>%zu log lines were dropped: nobody read them\n", 20000 - strlen(err) / 14);
	s = err + strlen(err);
	capture_read(&c, err + strlen(err), 1000);
	close(c.fd[0]);
	c.fd[0] = -EBADF;
	log_info("nobody");
	capture_end(&c);
	assert_memory_equal(err, "<6>line 00000\n<6>line 00001\n", 28);
	assert_true(startswith(s, note));
	assert_string_equal(s + strlen(note), "<6>after\n");
}

static void test_stderr_closed(void **state)
{
	int old = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	log_setup("test", LOG_TARGET_STDERR, LOG_INFO);
	close(STDERR_FILENO);
	errno = 0;
	log_info("nobody");
	assert_int_equal(errno, 0);
	assert_int_equal(dup2(old, STDERR_FILENO), STDERR_FILENO);
	close(old);
}

#define IN_TMPDIR(f) cmocka_unit_test_setup_teardown(f, tmpdir_setup, tmpdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	      cmocka_unit_test(test_stderr),
		cmocka_unit_test(test_long_line),     IN_TMPDIR(test_journal),
		IN_TMPDIR(test_no_journal),	      IN_TMPDIR(test_journal_full),
		IN_TMPDIR(test_journal_too_large),    cmocka_unit_test(test_stderr_full),
		cmocka_unit_test(test_stderr_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
