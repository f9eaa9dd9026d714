/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose thread a record's pid is. Looked up in /proc, and remembered for a moment: a storm names the same threads
 * again and again.
 */
#ifndef KERNEL_THREADS_H
#define KERNEL_THREADS_H

#include "avicd/hash.h"
#include "avicd/trace.h"

struct threads {
	struct hash by_tid; /* tid -> struct thread_home */
};

void threads_done(struct threads *t);
/* threads_find() - the process of thread @tid. -ESRCH: it is gone. */
int threads_find(struct threads *t, int32_t tid, uint64_t now, struct vm_id *ret);
/* threads_forget() - nothing is remembered of the threads of this process: whoever asks for them is told by /proc. */
void threads_forget(struct threads *t, int32_t tgid);
/*
 * thread_ran_guest() - had the vCPU's thread run guest code @ago ns ago? Else a write to its TSC is the creation of the
 * machine. By its CPU time. True when nobody can tell.
 */
bool thread_ran_guest(const struct vm_id *id, int32_t tid, uint64_t ago);

#endif
