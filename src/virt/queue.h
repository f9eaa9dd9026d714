/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded queue of messages from the libvirt threads to the main loop. */
#ifndef AVICD_VIRT_QUEUE_H
#define AVICD_VIRT_QUEUE_H

#include "avicd/virt.h"

#define QUEUE_LIMIT   65536
/*
 * UP, DOWN and SYNCED come at most a few times a second and carry the state that the others rest on: room above the
 * limit.
 */
#define QUEUE_RESERVE 1024

struct queue;

/* queue_new() - @limit: messages about domains beyond it are dropped. -ENOMEM, -errno of eventfd(). */
int queue_new(size_t limit, struct queue **ret);
struct queue *queue_free(struct queue *q);
DEFINE_CLEANUP(struct queue, queue_free)
/* queue_fd() - readable as long as a message waits. */
int queue_fd(const struct queue *q);
/* queue_post() - copies @m and stamps it. -ENOBUFS or -ENOMEM: it was dropped and counted. */
int queue_post(struct queue *q, const struct virt_message *m);
/*
 * queue_take() - 1: *ret was filled; 0: none waits. *ret_drained: this was the last one, and messages were dropped
 * before it.
 */
int queue_take(struct queue *q, struct virt_message *ret, bool *ret_drained);
uint64_t queue_dropped(struct queue *q);

#endif
