/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program as a child, without a shell, and with nothing of how this process handles signals. */
#ifndef AVICD_SPAWN_H
#define AVICD_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#define SPAWN_NULL  (-1) /* of a descriptor: /dev/null, for reading */
#define SPAWN_AS_IS (-2) /* that of this process */

struct spawn {
	const char *program; /* a path; with @search as execvp() takes it */
	bool search;
	char *const *argv, *const *env;
	int in, out, err;	 /* its 0, 1, 2 */
	const sigset_t *signals; /* these are as in a new program; none is blocked */
	bool group;		 /* a process group of its own */
};

/* spawn_program() - 0 with *@ret the process, to be waited for by the caller; else a negative errno. */
int spawn_program(const struct spawn *s, pid_t *ret);

#endif
