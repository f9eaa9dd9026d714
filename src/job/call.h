/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that may wait for ever, each in a thread of its own; whoever waits for them does not wait longer than it wants to. */
#ifndef AVICD_JOB_CALL_H
#define AVICD_JOB_CALL_H

#include "avicd/util.h"

#define CALL_SAID_MAX 512

struct call;

/* call_init() - once, before any call: a descriptor that is readable whenever a call has ended. Negative errno. call_fd() - it. */
int call_init(void);
int call_fd(void);

/*
 * call_start() - @fn(@arg, said) in a thread. @fn returns 0 or a negative errno, and leaves what libvirt said in said (call_said()).
 * -ENOMEM, errors of pthread_create().
 */
typedef int (*call_fn)(void *arg, char said[static CALL_SAID_MAX]);
int call_start(call_fn fn, void *arg, struct call **ret);
bool call_ended(const struct call *c);
/*
 * call_end() - what @fn returned; @said, if not NULL, what libvirt said, in clean text. -ETIMEDOUT: it has not ended, and is left behind with
 * what it uses: @arg must stay for the life of the process. @c is gone in both cases.
 */
int call_end(struct call *c, char said[CALL_SAID_MAX]);
/* call_said() - what libvirt said last in this thread, or "" ; for the @fn of a call. Returns @r. */
int call_said(int r, char said[static CALL_SAID_MAX]);

#endif
