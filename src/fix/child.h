/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process avicd-probe, from its parent's side. No call waits, but child_kill(). */
#ifndef AVICD_FIX_CHILD_H
#define AVICD_FIX_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
	pid_t pid;   /* 0: none */
	int in, out; /* its standard input and output */
	int pidfd;   /* readable when it has ended; negative: the kernel has none */
	char line[256];
	size_t len;
};

/* child_start() - @program with one argument; it waits for child_go(). Negative errno. */
int child_start(struct child *c, const char *program, const char *word);
void child_go(struct child *c);
/* child_line() - 1: its line is there, in line[]; 0: not yet; -EPIPE: it ended without. */
int child_line(struct child *c);
/* child_finish() - it may end. child_ended() - whether it has, and take it off. */
void child_finish(struct child *c);
bool child_ended(struct child *c);
/* child_kill() - end it, and wait @ms milliseconds at most; returns whether it has ended. If not, pid stays. */
bool child_kill(struct child *c, int ms);

#endif
