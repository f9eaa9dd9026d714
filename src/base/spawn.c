/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program as a child, without a shell, and with nothing of how this process handles signals. */
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include "avicd/spawn.h"
#include "avicd/util.h"

static int take(posix_spawn_file_actions_t *files, int fd, int as)
{
	if (fd == SPAWN_AS_IS)
		return 0;
	if (fd == SPAWN_NULL)
		return posix_spawn_file_actions_addopen(files, as, "/dev/null", O_RDONLY, 0);
	return posix_spawn_file_actions_adddup2(files, fd, as);
}

static int start(const struct spawn *s, posix_spawn_file_actions_t *files, pid_t *ret)
{
	posix_spawnattr_t attr;
	sigset_t none;
	int r = posix_spawnattr_init(&attr);

	if (r)
		return r;
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, s->signals);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						(s->group ? POSIX_SPAWN_SETPGROUP : 0));
	r = take(files, s->in, STDIN_FILENO);
	if (!r)
		r = take(files, s->out, STDOUT_FILENO);
	if (!r)
		r = take(files, s->err, STDERR_FILENO);
	if (!r)
		r = (s->search ? posix_spawnp : posix_spawn)(ret, s->program, files, &attr, s->argv, s->env);
	posix_spawnattr_destroy(&attr);
	return r;
}

int spawn_program(const struct spawn *s, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	int r = posix_spawn_file_actions_init(&files);

	if (r)
		return -r;
	r = start(s, &files, ret);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}
