/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that may wait for ever, each in a thread of its own. */
#include <libvirt/virterror.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "avicd/clock.h"
#include "job/call.h"
#include "virt/facts.h"
#include "virt/worker.h"

struct call {
	struct worker worker;
	call_fn fn;
	void *arg;
	atomic_bool ended;
	int result;
	char said[CALL_SAID_MAX];
};

static int wake = -EBADF;

int call_init(void)
{
	wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return wake < 0 ? -errno : 0;
}

int call_fd(void)
{
	return wake;
}

int call_said(int r, char said[static CALL_SAID_MAX])
{
	const char *message = virGetLastErrorMessage();

	copy_clean(said, CALL_SAID_MAX, virGetLastErrorCode() != VIR_ERR_OK ? message : "");
	return r;
}

static void run_one(void *arg)
{
	struct call *c = arg;

	c->result = c->fn(c->arg, c->said);
	atomic_store(&c->ended, true);
	/* full is as readable as one more */
	(void)eventfd_write(wake, 1);
}

int call_start(call_fn fn, void *arg, struct call **ret)
{
	struct call *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->fn = fn;
	c->arg = arg;
	r = worker_start(&c->worker, "job-call", run_one, c);
	if (r < 0) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

bool call_ended(const struct call *c)
{
	return atomic_load(&c->ended);
}

int call_end(struct call *c, char said[CALL_SAID_MAX])
{
	/* between its last word and its end a thread needs but a moment */
	bool ended = call_ended(c);
	int r = worker_wait(&c->worker, ended ? TIME_NEVER : now_ns());

	if (r < 0)
		return -ETIMEDOUT;
	r = c->result;
	if (said)
		memcpy(said, c->said, CALL_SAID_MAX);
	free(c);
	return r;
}
