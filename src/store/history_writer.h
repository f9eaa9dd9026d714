/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of the history: what the loop and its thread share. Private to history_writer.c and history_thread.c. */
#ifndef AVICD_STORE_HISTORY_WRITER_H
#define AVICD_STORE_HISTORY_WRITER_H

#include <pthread.h>
#include <sys/types.h>

#include "store/history_queue.h"

struct history_writer {
	char *path, *boot_id;
	uint64_t max_rows, batch_ns, retry_ns;
	size_t max_queue;
	int notice_fd;
	pthread_t thread;

	pthread_mutex_t lock; /* what follows is under it */
	pthread_cond_t cond;
	struct history_list queue;
	size_t in_hand; /* records that the thread is writing: they count for the limit */
	uint64_t lost;	/* since the last gap was written */
	uint64_t retention_us;
	bool stop, noticed;
	struct history_notice notice;

	/* the thread's own */
	struct history *h;
	dev_t dev;
	ino_t ino;
	enum history_state state;
	uint64_t wrote_at, prune_at; /* monotonic */
};

/* history_thread() - of pthread_create(); @userdata is the writer. Ends when it is told to stop. */
void *history_thread(void *userdata);

#endif
