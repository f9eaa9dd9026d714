/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that runs libvirt's default event loop. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "virt/loop.h"
#include "virt/worker.h"

struct loop {
	struct worker worker;
	atomic_bool stop;
	int wake; /* a timer without a time: it only serves to interrupt the poll */
};

/* Rounds after the last connection is closed, in which the event loop frees handles that were removed. */
#define LOOP_LAST_ROUNDS 3

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_result;

/* Errors are handed on in messages; by default libvirt prints them on stderr. */
static void quiet(void *data _unused_, virErrorPtr error _unused_)
{
}

static void loop_init(void)
{
	virSetErrorFunc(NULL, quiet);
	/* The implementation cannot be unregistered: once a process, and before any connection. */
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		once_result = -EIO;
}

static void on_wake(int timer, void *opaque _unused_)
{
	virEventUpdateTimeout(timer, -1);
}

static void loop_run(void *arg)
{
	const struct timespec pause = {.tv_nsec = 100 * NSEC_PER_MSEC};
	struct loop *l = arg;

	while (!atomic_load(&l->stop)) {
		/* poll() out of memory, most likely: go on, but do not spin */
		if (virEventRunDefaultImpl() < 0)
			nanosleep(&pause, NULL);
	}
	for (int i = 0; i < LOOP_LAST_ROUNDS; i++) {
		virEventUpdateTimeout(l->wake, 0);
		virEventRunDefaultImpl();
	}
}

int loop_start(struct loop **ret)
{
	struct loop *l;
	int r;

	pthread_once(&once, loop_init);
	if (once_result < 0)
		return once_result;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->wake = virEventAddTimeout(-1, on_wake, NULL, NULL);
	if (l->wake < 0) {
		free(l);
		return -ENOMEM;
	}
	r = worker_start(&l->worker, "virt-loop", loop_run, l);
	if (r < 0) {
		virEventRemoveTimeout(l->wake);
		free(l);
		return r;
	}
	*ret = l;
	return 0;
}

int loop_stop(struct loop *l, uint64_t deadline_ns)
{
	int r;

	atomic_store(&l->stop, true);
	virEventUpdateTimeout(l->wake, 0);
	r = worker_wait(&l->worker, deadline_ns);
	if (r < 0)
		return r;
	virEventRemoveTimeout(l->wake);
	free(l);
	return 0;
}
