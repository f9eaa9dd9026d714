/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread whose end can be waited for until a deadline. */
#include <signal.h>
#include <time.h>

#include "virt/worker.h"

int cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int r;

	r = pthread_condattr_init(&attr);
	if (r)
		return -r;
	r = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!r)
		r = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -r;
}

int cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t deadline_ns)
{
	struct timespec ts;

	if (deadline_ns == TIME_NEVER)
		return -pthread_cond_wait(cond, lock);
	ts.tv_sec = deadline_ns / NSEC_PER_SEC;
	ts.tv_nsec = deadline_ns % NSEC_PER_SEC;
	return -pthread_cond_timedwait(cond, lock, &ts);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	w->run(w->arg);
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int worker_start(struct worker *w, const char *name, void (*run)(void *arg), void *arg)
{
	sigset_t all, old;
	int r;

	*w = (struct worker){.run = run, .arg = arg};
	r = cond_init(&w->cond);
	if (r < 0)
		return r;
	pthread_mutex_init(&w->lock, NULL);

	/* The main loop reads its signals from a descriptor: they must stay blocked in every thread. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r < 0) {
		pthread_mutex_destroy(&w->lock);
		pthread_cond_destroy(&w->cond);
		return r;
	}
	pthread_setname_np(w->thread, name);
	return 0;
}

int worker_wait(struct worker *w, uint64_t deadline_ns)
{
	int r = 0;

	/*
	 * A flag and then a join that cannot block, rather than pthread_timedjoin_np(): its clock is the one that
	 * jumps, and its monotonic sibling is not known to every libc and thread checker.
	 */
	pthread_mutex_lock(&w->lock);
	while (!w->ended && r == 0)
		r = cond_wait_until(&w->cond, &w->lock, deadline_ns);
	if (w->ended)
		r = 0;
	pthread_mutex_unlock(&w->lock);
	if (r < 0) {
		pthread_detach(w->thread);
		return r;
	}
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->cond);
	return 0;
}
