/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that writes the history: opens, begins anew, writes batches, tries again, deletes what is old. */
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/clock.h"
#include "store/history-private.h"
#include "store/history_writer.h"

#define RETRY_NS (15 * NSEC_PER_SEC)
#define PRUNE_NS (3600 * NSEC_PER_SEC)

static void tell(struct history_writer *w, enum history_state state, const char *text, const char *aside, uint64_t lost)
{
	/* one line for a trouble, not one a try */
	if (state == w->state && !aside && !lost)
		return;
	w->state = state;
	pthread_mutex_lock(&w->lock);
	w->notice.state = state;
	w->notice.lost += lost;
	snprintf(w->notice.text, sizeof(w->notice.text), "%s", text ?: "");
	if (aside)
		snprintf(w->notice.aside, sizeof(w->notice.aside), "%s", aside);
	w->noticed = true;
	pthread_mutex_unlock(&w->lock);
	(void)!write(w->notice_fd, &(uint64_t){1}, sizeof(uint64_t));
}

static void refuse(struct history_writer *w, int r)
{
	w->h = history_close(w->h);
	tell(w, HISTORY_REFUSED,
	     r == -EPROTONOSUPPORT ? "it is of a newer avicd; update this one, or move the file away"
				   : "it is a database of something else; move the file away",
	     NULL, 0);
}

/* 0: it can be written; -ENODEV: never; else try later. */
static int ready(struct history_writer *w)
{
	_cleanup_free_ char *aside = NULL;
	struct stat st;
	int r;

	/* who deletes the file wants a new one */
	if (w->h && (stat(w->path, &st) < 0 || st.st_dev != w->dev || st.st_ino != w->ino))
		w->h = history_close(w->h);
	if (w->h)
		return 0;
	r = history_open(w->path, &w->h);
	if (r == -EBADMSG) {
		r = history_set_aside(w->path, &aside);
		if (r == 0)
			r = history_open(w->path, &w->h);
	}
	if (r == 0)
		r = history_run_begin(w->h, w->boot_id, wall_us());
	if (r == 0 && stat(w->path, &st) < 0)
		r = -errno;
	if (aside)
		tell(w, w->state, "", aside, 0);
	if (r == -EPROTONOSUPPORT || r == -EMEDIUMTYPE) {
		refuse(w, r);
		return -ENODEV;
	}
	if (r < 0) {
		w->h = history_close(w->h);
		return r;
	}
	w->dev = st.st_dev;
	w->ino = st.st_ino;
	return 0;
}

static int apply_all(struct history_writer *w, const struct history_list *batch, uint64_t *lost)
{
	for (const struct history_item *i = batch->first; i; i = i->next) {
		int r = history_apply(w->h, &i->record);

		/* a record that the tables do not take must not hold up the others; a file that does not grow (EFBIG, too) has ended the whole */
		if ((r == -EINVAL || r == -EFBIG) && !sqlite3_get_autocommit(w->h->db))
			++*lost;
		else if (r < 0)
			return r;
	}
	return 0;
}

static int write_batch(struct history_writer *w, const struct history_list *batch, uint64_t lost, bool end,
		       uint64_t *ret_lost)
{
	int r = ready(w);

	if (r == 0)
		r = history_begin(w->h);
	if (r == 0)
		r = apply_all(w, batch, &lost);
	if (r == 0 && lost)
		r = history_gap(w->h, wall_us(), lost);
	if (r == 0)
		r = history_run_seen(w->h, wall_us(), end);
	if (r == 0)
		r = history_commit(w->h);
	if (r == 0) {
		*ret_lost = lost;
		return 0;
	}
	if (w->h)
		history_rollback(w->h);
	return r;
}

/* Damage that shows while writing: begin a new file, and try this batch once more. */
static int write_or_renew(struct history_writer *w, const struct history_list *batch, uint64_t lost, bool end,
			  uint64_t *ret_lost)
{
	_cleanup_free_ char *aside = NULL;
	int r = write_batch(w, batch, lost, end, ret_lost);

	if (r != -EBADMSG)
		return r;
	w->h = history_close(w->h);
	r = history_set_aside(w->path, &aside);
	if (r < 0)
		return r;
	tell(w, w->state, "", aside, 0);
	return write_batch(w, batch, lost, end, ret_lost);
}

static void prune(struct history_writer *w, uint64_t now)
{
	uint64_t wall = wall_us(), retention;
	int r;

	pthread_mutex_lock(&w->lock);
	retention = w->retention_us;
	pthread_mutex_unlock(&w->lock);
	w->prune_at = now + PRUNE_NS;
	if (!w->h)
		return;
	r = history_prune(w->h, wall > retention ? wall - retention : 0, w->max_rows);
	if (r < 0)
		w->prune_at = now + RETRY_NS;
}

static void sleep_until(struct history_writer *w, uint64_t at)
{
	struct timespec ts = {.tv_sec = (time_t)(at / NSEC_PER_SEC), .tv_nsec = (long)(at % NSEC_PER_SEC)};

	pthread_cond_timedwait(&w->cond, &w->lock, &ts);
}

/* Under the lock, until there is something to do; true: the end. */
static bool await(struct history_writer *w)
{
	uint64_t wait = w->state == HISTORY_BLOCKED ? MAX(w->batch_ns, w->retry_ns) : w->batch_ns;

	for (;;) {
		uint64_t now = now_ns(), due = w->wrote_at + wait;

		if (w->stop)
			return true;
		/* the first time to open the file, with or without a record */
		if (w->state == HISTORY_STARTING || now >= w->prune_at || (w->queue.first && now >= due))
			return false;
		sleep_until(w, w->queue.first ? MIN(due, w->prune_at) : w->prune_at);
	}
}

static void settle(struct history_writer *w, int r, uint64_t lost)
{
	char text[sizeof(w->notice.text)];

	if (w->state == HISTORY_REFUSED)
		return;
	if (r == 0)
		tell(w, HISTORY_WRITING, "", NULL, lost);
	else
		tell(w, HISTORY_BLOCKED, strerror_r(-r, text, sizeof(text)), NULL, 0);
}

void *history_thread(void *userdata)
{
	struct history_writer *w = userdata;
	bool end = false;

	while (!end) {
		struct history_list batch;
		uint64_t lost, written = 0;
		int r = -ENODEV;

		pthread_mutex_lock(&w->lock);
		end = await(w);
		batch = history_list_take(&w->queue);
		w->in_hand = batch.n;
		lost = w->lost;
		pthread_mutex_unlock(&w->lock);

		if (w->state != HISTORY_REFUSED)
			r = write_or_renew(w, &batch, lost, end, &written);
		w->wrote_at = now_ns();
		settle(w, r, written);
		if (r == 0 && w->wrote_at >= w->prune_at)
			prune(w, w->wrote_at);
		else if (w->wrote_at >= w->prune_at)
			w->prune_at = w->wrote_at + PRUNE_NS;

		if (r == 0 || w->state == HISTORY_REFUSED)
			history_list_done(&batch);
		pthread_mutex_lock(&w->lock);
		if (r == 0)
			w->lost -= lost;
		history_list_before(&w->queue, &batch);
		w->in_hand = 0;
		pthread_mutex_unlock(&w->lock);
	}
	w->h = history_close(w->h);
	return NULL;
}
