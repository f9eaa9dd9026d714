/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt's callbacks and a connection's own thread share, under one lock.
 *
 * Nothing here waits for libvirt. Functions marked "locked" want the lock to be held.
 */
#ifndef AVICD_VIRT_INBOX_H
#define AVICD_VIRT_INBOX_H

#include <libvirt/libvirt.h>
#include <pthread.h>

#include "virt/notes.h"
#include "virt/queue.h"

struct inbox {
	const char *uri;
	struct queue *queue;

	pthread_mutex_t lock;
	pthread_cond_t cond; /* something below changed */
	virConnectPtr conn;  /* NULL: callbacks that still arrive belong to a connection that was given up */
	bool stop;
	bool opening;
	bool closed; /* by the other side */
	bool down;   /* VIRT_DOWN was said, and no VIRT_UP since */
	bool relist;
	bool lost;     /* a message was dropped: what was listed is not complete */
	char why[256]; /* the connection ended */
	struct notes notes;
	char looking_at[DOMAIN_UUID_MAX];
	bool stale; /* there was an event about it since */
};

/* Ids of the callbacks that a connection has; -1: none. */
struct inbox_ids {
	int lifecycle;
	int reboot, metadata; /* -1: the driver has none */
};

/* inbox_init() - both pointers must outlive the inbox. Negative errno. */
int inbox_init(struct inbox *in, const char *uri, struct queue *queue);
void inbox_done(struct inbox *in);

/* inbox_post() - locked. @d and @detail may be NULL. */
void inbox_post(struct inbox *in, enum virt_kind kind, const struct domain *d, const char *detail);
/* inbox_say_down() - locked. Once a loss: attempts that fail later say nothing new. */
void inbox_say_down(struct inbox *in, const char *why);

/* inbox_listen() - let @conn call back; the only two functions that wait for libvirt. -EIO, and @why says why. */
int inbox_listen(struct inbox *in, virConnectPtr conn, struct inbox_ids *ret, char *why, size_t why_size);
void inbox_unlisten(virConnectPtr conn, const struct inbox_ids *ids);

#endif
