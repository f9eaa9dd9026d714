/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that a transition of a livepatch still waits for, and where they are in the kernel. */
#ifndef AVICD_STALLED_H
#define AVICD_STALLED_H

#include <sys/types.h>

#include "avicd/util.h"

/* What a task must become, as the kernel counts (include/linux/livepatch_sched.h, linux/sched.h before 6.3). */
#define STALLED_UNPATCHED 0    /* the patch is switched off */
#define STALLED_PATCHED	  1    /* the patch is switched on */
#define STALLED_ALL	  (-2) /* for tests: every task, transition or not */

/* Frames of a stack that are told, the innermost ones; bytes of a line, with its NUL. */
#define STALLED_FRAMES 16
#define STALLED_LINE   101
/* Tasks that are worth telling: who reads of ten knows what all wait for. */
#define STALLED_TASKS  10

struct stalled_task {
	pid_t pid, tid; /* process and thread, as the first PID namespace counts */
	char comm[16];	/* of the thread; control characters and invalid UTF-8 as '?' */
	/*
	 * "do_sys_poll+0x2b1/0x5e0", the innermost first, up to a NULL. Empty for a task that runs on another
	 * CPU at the moment. A frame that no symbol covers is "?".
	 */
	char *stack[STALLED_FRAMES + 1];
};

/*
 * stalled_tasks() - tasks, also those of the kernel, whose patch state is not @target, STALLED_PATCHED or
 * STALLED_UNPATCHED, while a transition goes on; at most @max, by thread. Of whichever patch: the kernel has one
 * transition at a time. A task may have gone on when it is told. Left out: the idle tasks of the
 * CPUs, and what is outside the caller's PID namespace. Needs CAP_BPF and CAP_PERFMON; takes some 30 ms,
 * most of it for loading the program. Not from two threads at a time: libbpf's printing is switched off meanwhile.
 *
 * Returns how many are in @ret, to be freed by stalled_tasks_done(): 0 where no transition goes on, and on a
 * kernel without livepatches. -EINVAL: another target. -EPERM, -EACCES: a capability is missing, or
 * lockdown=confidentiality. -ENOMEM, -EIO. Other errors of libbpf: the kernel has no BTF, or refuses the program.
 * Nothing in @ret needs to be freed after an error.
 */
int stalled_tasks(int target, struct stalled_task *ret, size_t max);
/* stalled_tasks_done() - free what the first @n of @tasks hold. */
void stalled_tasks_done(struct stalled_task *tasks, size_t n);

#endif
