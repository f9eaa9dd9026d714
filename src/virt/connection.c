/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One libvirt URI and the thread that keeps a connection to it.
 *
 * DOC: Theory of Operation
 *
 * Two threads meet here. libvirt's event loop calls back, and may wait for nobody: a call into libvirt from a
 * callback would stop the events of all domains, for as long as a hook script of one of them runs. The connection's
 * own thread is the only one that calls libvirt, with no lock held, because any such call may block for as long as
 * libvirtd hangs.
 *
 * What a callback knows for itself (stopped, undefined, reset) it posts at once. For what has to be asked it leaves a
 * note with the UUID, and the thread looks the domain up. Listing is nothing but a note for each active domain and a
 * mark behind them, which becomes VIRT_SYNCED; events are registered before, so that nothing falls between.
 *
 * An answer can be outdated when it arrives: the domain was stopped meanwhile, and VIRT_STOPPED is in the queue
 * already. So each event about the domain that is being looked at makes the answer stale, and the thread asks again;
 * posting and the test for staleness are one step under the lock. After the last event the last answer is right.
 *
 * A message that found the queue full is lost, and with it what VIRT_SYNCED promises: it is held back until the queue
 * was drained and everything has been listed again.
 */
#include <libvirt/libvirt.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "virt/connection.h"
#include "virt/facts.h"
#include "virt/inbox.h"
#include "virt/uri.h"
#include "virt/worker.h"

/*
 * A ping each 5 s, and the connection closes when three stay without answer: a hung libvirtd is noticed after 20 s.
 */
#define KEEPALIVE_INTERVAL 5
#define KEEPALIVE_COUNT	   3
/* The same patience with a connection that is being opened, where libvirt has no keepalive yet. */
#define OPEN_PATIENCE_MS   20000

/* Between attempts; up to a quarter is added, so the longest is 30 s. */
#define BACKOFF_MIN (1 * NSEC_PER_SEC)
#define BACKOFF_MAX (24 * NSEC_PER_SEC)

struct connection {
	char *uri;
	struct worker worker;
	int patience; /* timer in libvirt's event loop */
	struct inbox in;
};

static void on_patience(int timer, void *opaque)
{
	struct connection *c = opaque;

	virEventUpdateTimeout(timer, -1);
	pthread_mutex_lock(&c->in.lock);
	if (c->in.opening && !c->in.stop)
		inbox_say_down(&c->in, "libvirt does not answer");
	pthread_mutex_unlock(&c->in.lock);
}

/* A connection that calls back, or NULL with @why. Waits for libvirt. */
static virConnectPtr dial(struct connection *c, struct inbox_ids *ids, char *why, size_t size)
{
	virConnectPtr conn = virConnectOpenReadOnly(c->uri);

	if (!conn) {
		error_sentence(why, size);
		return NULL;
	}
	if (inbox_listen(&c->in, conn, ids, why, size) < 0) {
		virConnectClose(conn);
		return NULL;
	}
	/* Drivers that live in this process have none. */
	(void)virConnectSetKeepAlive(conn, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
	return conn;
}

/*
 * Under the lock, which is let go meanwhile: a note for each active domain, and a mark behind them. -EIO: libvirt
 * would not list.
 */
static int list(struct connection *c)
{
	virConnectPtr conn = c->in.conn;
	virDomainPtr *domains = NULL;
	char why[sizeof(c->in.why)] = "";
	bool complete = true;
	struct domain d;
	int n;

	c->in.relist = false;
	/*
	 * What waits is either in the list to come, or has no process; and a mark in it would promise what the list
	 * has to repeat.
	 */
	notes_clear(&c->in.notes);
	pthread_mutex_unlock(&c->in.lock);
	n = virConnectListAllDomains(conn, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
	if (n < 0)
		error_sentence(why, sizeof(why));
	pthread_mutex_lock(&c->in.lock);
	if (n < 0) {
		if (!c->in.closed)
			memcpy(c->in.why, why, sizeof(why));
		return -EIO;
	}
	for (int i = 0; i < n; i++) {
		if (facts_identity(domains[i], &d) < 0 || notes_add(&c->in.notes, d.uuid) < 0)
			complete = false;
	}
	if (!complete || notes_add_mark(&c->in.notes) < 0)
		log_debug("libvirt %s: not all of %d domains could be listed", c->uri, n);
	pthread_mutex_unlock(&c->in.lock);
	for (int i = 0; i < n; i++)
		virDomainFree(domains[i]);
	free(domains);
	pthread_mutex_lock(&c->in.lock);
	return 0;
}

/*
 * Under the lock, which is let go meanwhile: names the domain @uuid, if it has a process. -EIO: libvirt would not
 * say.
 */
static int look(struct connection *c, const char *uuid)
{
	virConnectPtr conn = c->in.conn;
	char why[sizeof(c->in.why)];
	struct domain d;
	int r = 0;

	memcpy(c->in.looking_at, uuid, sizeof(c->in.looking_at));
	do {
		c->in.stale = false;
		pthread_mutex_unlock(&c->in.lock);
		r = facts_fetch(conn, uuid, &d, why, sizeof(why));
		pthread_mutex_lock(&c->in.lock);
	} while (r >= 0 && c->in.stale && !c->in.stop && !c->in.closed);
	c->in.looking_at[0] = '\0';
	if (c->in.stop || c->in.closed)
		return r;
	if (r == 1)
		inbox_post(&c->in, VIRT_DOMAIN, &d, NULL);
	else if (r < 0)
		memcpy(c->in.why, why, sizeof(why));
	return r;
}

/*
 * Under the lock, which is let go meanwhile: lists, then does what callbacks leave to do, until the connection is to
 * be given up. *ret_synced: it was of use.
 */
static void attend(struct connection *c, bool *ret_synced)
{
	char uuid[DOMAIN_UUID_MAX];
	int r = 0;

	c->in.relist = true;
	while (!c->in.stop && !c->in.closed && r >= 0) {
		if (c->in.relist) {
			r = list(c);
		} else if (notes_take(&c->in.notes, uuid) == 0) {
			cond_wait_until(&c->in.cond, &c->in.lock, TIME_NEVER);
		} else if (*uuid) {
			r = look(c, uuid);
		} else if (!c->in.lost && !c->in.relist) {
			inbox_post(&c->in, VIRT_SYNCED, NULL, NULL);
			*ret_synced = true;
		}
	}
}

/*
 * Under the lock, which is let go meanwhile. One connection from its beginning to its end; c->in.why holds its
 * reason.
 */
static void connect_once(struct connection *c, bool *ret_synced)
{
	char why[sizeof(c->in.why)] = "";
	struct inbox_ids ids;
	virConnectPtr conn;

	*ret_synced = false;
	c->in.closed = false;
	c->in.opening = true;
	pthread_mutex_unlock(&c->in.lock);
	virEventUpdateTimeout(c->patience, OPEN_PATIENCE_MS);
	conn = dial(c, &ids, why, sizeof(why));
	virEventUpdateTimeout(c->patience, -1);
	pthread_mutex_lock(&c->in.lock);
	c->in.opening = false;
	if (!conn) {
		memcpy(c->in.why, why, sizeof(why));
		return;
	}
	if (!c->in.closed && !c->in.stop) {
		c->in.conn = conn;
		c->in.down = false;
		inbox_post(&c->in, VIRT_UP, NULL, NULL);
		attend(c, ret_synced);
	}
	c->in.conn = NULL;
	notes_clear(&c->in.notes);
	pthread_mutex_unlock(&c->in.lock);
	inbox_unlisten(conn, &ids);
	virConnectClose(conn);
	pthread_mutex_lock(&c->in.lock);
}

/* The threads of many URIs do not knock in step. */
static uint64_t jittered(const struct connection *c, uint64_t ns)
{
	uint64_t x = (now_ns() ^ (uintptr_t)c) * 0x9e3779b97f4a7c15ULL;

	return ns + (x >> 24) % (ns / 4);
}

static void connection_run(void *arg)
{
	struct connection *c = arg;
	const char *refusal = uri_refusal(c->uri);
	uint64_t backoff = BACKOFF_MIN, until;
	bool synced;

	pthread_mutex_lock(&c->in.lock);
	while (!c->in.stop) {
		if (refusal) {
			copy_clean(c->in.why, sizeof(c->in.why), refusal);
			until = TIME_NEVER;
		} else {
			connect_once(c, &synced);
			if (synced)
				backoff = BACKOFF_MIN;
			until = now_ns() + jittered(c, backoff);
			backoff = MIN(backoff * 2, BACKOFF_MAX);
		}
		if (!c->in.stop)
			inbox_say_down(&c->in, c->in.why);
		while (!c->in.stop && cond_wait_until(&c->in.cond, &c->in.lock, until) != -ETIMEDOUT)
			;
	}
	pthread_mutex_unlock(&c->in.lock);
}

struct connection *connection_free(struct connection *c)
{
	if (!c)
		return NULL;
	inbox_done(&c->in);
	free_p(&c->uri);
	free_p(&c);
	return NULL;
}

int connection_start(const char *uri, unsigned int number, struct queue *queue, struct connection **ret)
{
	struct connection *c = calloc(1, sizeof(*c));
	char name[16];
	int r;

	if (!c)
		return -ENOMEM;
	c->uri = strdup(uri);
	r = c->uri ? inbox_init(&c->in, c->uri, queue) : -ENOMEM;
	if (r < 0) {
		free(c->uri);
		free(c);
		return r;
	}
	c->patience = virEventAddTimeout(-1, on_patience, c, NULL);
	snprintf(name, sizeof(name), "virt-%u", number % 10000);
	r = c->patience >= 0 ? worker_start(&c->worker, name, connection_run, c) : -ENOMEM;
	if (r < 0) {
		if (c->patience >= 0)
			virEventRemoveTimeout(c->patience);
		connection_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void connection_ask_end(struct connection *c)
{
	pthread_mutex_lock(&c->in.lock);
	c->in.stop = true;
	pthread_cond_signal(&c->in.cond);
	pthread_mutex_unlock(&c->in.lock);
}

int connection_join(struct connection *c, uint64_t deadline_ns)
{
	int r = worker_wait(&c->worker, deadline_ns);

	if (r == 0)
		virEventRemoveTimeout(c->patience);
	return r;
}

void connection_relist(struct connection *c)
{
	pthread_mutex_lock(&c->in.lock);
	if (c->in.conn) {
		c->in.relist = true;
		pthread_cond_signal(&c->in.cond);
	}
	pthread_mutex_unlock(&c->in.lock);
}

void connection_drained(struct connection *c)
{
	pthread_mutex_lock(&c->in.lock);
	if (c->in.lost) {
		c->in.lost = false;
		c->in.relist = true;
		pthread_cond_signal(&c->in.cond);
	}
	pthread_mutex_unlock(&c->in.lock);
}
