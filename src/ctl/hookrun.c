/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the hook's program run here, and which version is it? A missing library or interpreter shows only so. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/hook.h"

#define DEADLINE (2 * NSEC_PER_SEC)

extern char **environ;

static int start(const char *path, int to, pid_t *ret)
{
	char *const argv[] = {(char *)path, (char *)"--version", NULL};
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawn(ret, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Until its end of file. What does not fit is nothing that a version looks like. */
static int read_until(int fd, uint64_t deadline, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size - 1) {
		uint64_t now = now_ns();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (now >= deadline)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)((deadline - now) / NSEC_PER_MSEC) + 1) <= 0)
			continue;
		got = read(fd, buf + n, size - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	buf[n] = '\0';
	return 0;
}

/* The exit status of @pid, which is killed at the deadline. */
static int wait_until(pid_t pid, uint64_t deadline)
{
	int status;
	pid_t done;

	while ((done = waitpid(pid, &status, WNOHANG)) == 0 && now_ns() < deadline)
		poll(NULL, 0, 1);
	if (done == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return -ETIMEDOUT;
	}
	return done == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOEXEC;
}

/* Closes the end of the pipe that the program writes to: else there would be no end of file. */
static int ask(const char *path, const int pipe[2], char *buf, size_t size)
{
	uint64_t deadline = now_ns() + DEADLINE;
	pid_t pid;
	int r = start(path, pipe[1], &pid), ended;

	close(pipe[1]);
	if (r < 0)
		return r;
	r = read_until(pipe[0], deadline, buf, size);
	ended = wait_until(pid, r < 0 ? 0 : deadline);
	return r < 0 ? r : ended;
}

int hook_run(const char *path, char **ret)
{
	char buf[256];
	int pipe[2], r;

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return -errno;
	r = ask(path, pipe, buf, sizeof(buf));
	close(pipe[0]);
	return r < 0 ? r : text_clean(strip(buf), sizeof(buf), ret);
}
