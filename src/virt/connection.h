/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One libvirt URI and the thread that keeps a connection to it. */
#ifndef AVICD_VIRT_CONNECTION_H
#define AVICD_VIRT_CONNECTION_H

#include "avicd/util.h"
#include "virt/queue.h"

struct connection;

/*
 * connection_start() - libvirt's event loop must run. @uri is copied, @queue must outlive the connection. Negative
 * errno.
 */
int connection_start(const char *uri, unsigned int number, struct queue *queue, struct connection **ret);
/*
 * To end: connection_ask_end() returns at once; connection_join() - 0: the thread ended; -ETIMEDOUT: it is left
 * behind with what it uses; connection_free() only after that, and after libvirt's event loop has ended: it may be in
 * a callback until then.
 */
void connection_ask_end(struct connection *c);
int connection_join(struct connection *c, uint64_t deadline_ns);
struct connection *connection_free(struct connection *c);
/* connection_relist() - list again, if connected. */
void connection_relist(struct connection *c);
/* connection_drained() - the queue has room again: list, if a message of this connection was dropped. */
void connection_drained(struct connection *c);

#endif
