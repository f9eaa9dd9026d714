/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process avicd-probe, from its parent's side. */
#include "fix/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "avicd/spawn.h"
#include "avicd/util.h"

/* It waits for child_go(), and ends at once. */
#define START_KILL_MS 100

static void drop(int *fd)
{
	close_p(fd);
	*fd = -EBADF;
}

/* It must not inherit what the daemon blocks and ignores: its alarm() and our signals have to reach it. */
static int spawn(pid_t *ret, const char *program, const char *word, int in, int out)
{
	char *const argv[] = {(char *)"avicd-probe", (char *)word, NULL}, *const env[] = {NULL};
	sigset_t all;
	const struct spawn s = {
		.program = program,
		.argv = argv,
		.env = env,
		.in = in,
		.out = out,
		.err = SPAWN_AS_IS,
		.signals = &all,
	};

	sigfillset(&all);
	return spawn_program(&s, ret);
}

int child_start(struct child *c, const char *program, const char *word)
{
	int in[2], out[2], r;

	*c = (struct child){.in = -EBADF, .out = -EBADF, .pidfd = -EBADF};
	/* posix_spawn() says the same, but not where vfork() is a fork(), as under valgrind */
	if (access(program, X_OK) < 0)
		return -errno;
	/* a socket: writing to a child that is gone raises no SIGPIPE there */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		r = -errno;
		drop(&in[0]);
		drop(&in[1]);
		return r;
	}
	r = spawn(&c->pid, program, word, in[0], out[1]);
	drop(&in[0]);
	drop(&out[1]);
	c->in = in[1];
	c->out = out[0];
	if (r >= 0 && fcntl(c->out, F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	if (r < 0) {
		child_kill(c, START_KILL_MS);
		return r;
	}
	/* only makes us notice its end at once */
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return 0;
}

void child_go(struct child *c)
{
	/* that it is gone, its output tells */
	(void)!send(c->in, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int child_line(struct child *c)
{
	while (c->len < sizeof(c->line) - 1) {
		ssize_t n = read(c->out, c->line + c->len, sizeof(c->line) - 1 - c->len);
		char *end;

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (n == 0)
			return -EPIPE;
		c->len += (size_t)n;
		end = memchr(c->line, '\n', c->len);
		if (end) {
			*end = '\0';
			return 1;
		}
	}
	return -EPIPE;
}

void child_finish(struct child *c)
{
	drop(&c->in);
}

bool child_ended(struct child *c)
{
	if (c->pid && waitpid(c->pid, NULL, WNOHANG) == 0)
		return false;
	c->pid = 0;
	drop(&c->in);
	drop(&c->out);
	drop(&c->pidfd);
	return true;
}

bool child_kill(struct child *c, int ms)
{
	if (c->pid)
		kill(c->pid, SIGKILL);
	for (int i = 0; !child_ended(c) && i < ms; i++)
		usleep(1000);
	drop(&c->in);
	drop(&c->out);
	drop(&c->pidfd);
	return !c->pid;
}
