/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread whose end can be waited for until a deadline. */
#ifndef AVICD_VIRT_WORKER_H
#define AVICD_VIRT_WORKER_H

#include <pthread.h>

#include "avicd/util.h"

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool ended;
	void (*run)(void *arg);
	void *arg;
};

/*
 * cond_init() - a condition variable on the monotonic clock; cond_wait_until() - 0 or -ETIMEDOUT; TIME_NEVER waits
 * without end.
 */
int cond_init(pthread_cond_t *cond);
int cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t deadline_ns);

/* worker_start() - run @run(@arg) in a thread that takes no signals. @w must stay where it is. Negative errno. */
int worker_start(struct worker *w, const char *name, void (*run)(void *arg), void *arg);
/*
 * worker_wait() - 0: it ended and nothing of it is left; -ETIMEDOUT: it still runs (the thread is detached; @w must
 * never be freed).
 */
int worker_wait(struct worker *w, uint64_t deadline_ns);

#endif
