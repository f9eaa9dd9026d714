/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long output through $PAGER or less, as systemd's tools do it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "avicd/util.h"
#include "ctl/ctl.h"

#define ARGS_MAX 16

static pid_t pager;

/* Without any pager the output must still appear. */
static _Noreturn void copy_through(void)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0; done < n;) {
			ssize_t w = write(STDOUT_FILENO, buf + done, n - done);

			if (w < 0)
				_exit(1);
			done += w;
		}
	_exit(0);
}

/* $PAGER may carry options; it is split at blanks, no shell looks at it. */
static _Noreturn void run_pager(char *command, pid_t parent)
{
	char *args[ARGS_MAX + 1], *save = NULL;
	size_t n = 0;

	signal(SIGPIPE, SIG_DFL);
	/* A pager outlives nobody who could write to it. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	setenv("LESS", "FRSX", true);
	if (ctl_utf8())
		setenv("LESSCHARSET", "utf-8", true);
	/* Whoever came here by sudo or pkexec gets no shell from the pager. */
	if (getenv("SUDO_UID") || getenv("PKEXEC_UID"))
		setenv("LESSSECURE", "1", true);
	for (char *word = strtok_r(command, " \t", &save); word && n < ARGS_MAX; word = strtok_r(NULL, " \t", &save))
		args[n++] = word;
	args[n] = NULL;
	if (n > 0)
		execvp(args[0], args);
	execlp("less", "less", NULL);
	execlp("more", "more", NULL);
	copy_through();
}

void ctl_pager(void)
{
	const char *name = getenv("PAGER"), *term = getenv("TERM");
	_cleanup_free_ char *command = NULL;
	pid_t parent = getpid(), pid;
	int fds[2];

	if (ctl_options.no_pager || pager > 0 || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) || !term ||
	    streq(term, "dumb"))
		return;
	if (name && (!*name || streq(name, "cat")))
		return;
	command = strdup(name ?: "less");
	if (!command)
		return;
	/* asked for while stdout is the terminal still: remembers its width */
	ctl_width();
	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return;
	}
	if (pid == 0) {
		dup2(fds[0], STDIN_FILENO);
		run_pager(command, parent);
	}
	dup2(fds[1], STDOUT_FILENO);
	close(fds[0]);
	close(fds[1]);
	pager = pid;
}

void ctl_pager_done(void)
{
	if (pager <= 0)
		return;
	/* The pager sees the end of its input when the last copy of the pipe is closed. A ^C is for the pager. */
	fflush(stdout);
	signal(SIGINT, SIG_IGN);
	close(STDOUT_FILENO);
	while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
	pager = 0;
}
