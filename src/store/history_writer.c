/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of the history: a thread of its own, so that a slow or full disk holds up nobody. */
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "avicd/clock.h"
#include "store/history_writer.h"

#define BATCH_NS    (2 * NSEC_PER_SEC)
#define QUEUE_MAX   8192
/* While it can be written, a burst is no backlog: ten thousand VMs appear, or have their times told, at once. */
#define QUEUE_BURST 8
/* After an error nothing is tried before: a full disk stays full for a while. */
#define RETRY_NS    (15 * NSEC_PER_SEC)
/* The clock of a host may be wrong when it boots; what is old is judged when it has had time to be set. */
#define PRUNE_FIRST (600 * NSEC_PER_SEC)

static void destroy(struct history_writer *w)
{
	history_list_done(&w->queue);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->cond);
	close_p(&w->notice_fd);
	free(w->path);
	free(w->boot_id);
	free(w);
}

/* Without any signal: the loop gets them, and a write beyond a limit of file size is an error, not the end of avicd. */
static int start(struct history_writer *w)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, history_thread, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r == 0)
		pthread_setname_np(w->thread, "avicd-history");
	return -r;
}

int history_writer_new(const struct history_options *o, struct history_writer **ret)
{
	struct history_writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;
	int r;

	if (!w)
		return -ENOMEM;
	w->path = strdup(o->path);
	w->boot_id = strdup(o->boot_id ?: "");
	w->max_rows = o->max_rows ?: HISTORY_ROWS;
	w->batch_ns = o->batch_ns ?: BATCH_NS;
	w->retry_ns = o->retry_ns ?: RETRY_NS;
	w->max_queue = o->max_queue ?: QUEUE_MAX;
	w->retention_us = o->retention_us;
	w->prune_at = now_ns() + PRUNE_FIRST;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->cond, &attr);
	pthread_condattr_destroy(&attr);
	w->notice_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = w->notice_fd < 0 ? -errno : w->path && w->boot_id ? start(w) : -ENOMEM;
	if (r < 0) {
		destroy(w);
		return r;
	}
	*ret = w;
	return 0;
}

int history_writer_fd(const struct history_writer *w)
{
	return w->notice_fd;
}

bool history_writer_notice(struct history_writer *w, struct history_notice *ret)
{
	uint64_t n;
	bool any;

	(void)!read(w->notice_fd, &n, sizeof(n));
	pthread_mutex_lock(&w->lock);
	any = w->noticed;
	*ret = w->notice;
	w->noticed = false;
	w->notice.lost = 0;
	w->notice.aside[0] = '\0';
	pthread_mutex_unlock(&w->lock);
	return any;
}

int history_put(struct history_writer *w, const struct history_record *r)
{
	struct history_item *item = history_copy(r);
	int ret = item ? 0 : -ENOMEM;

	pthread_mutex_lock(&w->lock);
	if (item && w->queue.n + w->in_hand >= w->max_queue * (w->notice.state == HISTORY_BLOCKED ? 1 : QUEUE_BURST))
		ret = -ENOBUFS;
	if (ret == 0)
		history_list_add(&w->queue, item);
	else
		w->lost++;
	/* the thread sleeps without a limit only while there is nothing */
	if (ret == 0 && w->queue.n == 1)
		pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
	if (ret < 0)
		free(item);
	return ret;
}

void history_writer_retention(struct history_writer *w, uint64_t retention_us)
{
	pthread_mutex_lock(&w->lock);
	w->retention_us = retention_us;
	pthread_mutex_unlock(&w->lock);
}

int history_writer_free(struct history_writer *w, uint64_t timeout_ns)
{
	uint64_t at = now_ns() + timeout_ns;
	struct timespec ts = {.tv_sec = (time_t)(at / NSEC_PER_SEC), .tv_nsec = (long)(at % NSEC_PER_SEC)};

	if (!w)
		return 0;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
	/* a disk that hangs is not worth a service that does not end */
	if (pthread_clockjoin_np(w->thread, NULL, CLOCK_MONOTONIC, &ts) != 0) {
		pthread_detach(w->thread);
		return -ETIMEDOUT;
	}
	destroy(w);
	return 0;
}
