/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded queue of messages from the libvirt threads to the main loop. */
#include <pthread.h>
#include <sys/eventfd.h>

#include "avicd/clock.h"
#include "virt/queue.h"

struct queue_node {
	struct queue_node *next;
	struct virt_message m;
};

struct queue {
	pthread_mutex_t lock;
	struct queue_node *head;
	struct queue_node *tail;
	size_t n;
	size_t limit;
	uint64_t dropped;
	bool overflowed; /* dropped since the queue was empty last */
	int fd;
};

int queue_new(size_t limit, struct queue **ret)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (q->fd < 0) {
		int r = -errno;

		free(q);
		return r;
	}
	pthread_mutex_init(&q->lock, NULL);
	q->limit = limit;
	*ret = q;
	return 0;
}

struct queue *queue_free(struct queue *q)
{
	if (!q)
		return NULL;
	while (q->head) {
		struct queue_node *node = q->head;

		q->head = node->next;
		free_p(&node);
	}
	close_p(&q->fd);
	pthread_mutex_destroy(&q->lock);
	free_p(&q);
	return NULL;
}

int queue_fd(const struct queue *q)
{
	return q->fd;
}

static bool is_state(enum virt_kind kind)
{
	return kind == VIRT_UP || kind == VIRT_DOWN || kind == VIRT_SYNCED;
}

int queue_post(struct queue *q, const struct virt_message *m)
{
	struct queue_node *node = malloc(sizeof(*node));
	size_t limit = q->limit + (is_state(m->kind) ? QUEUE_RESERVE : 0);
	const uint64_t one = 1;
	int r = node ? 0 : -ENOMEM;

	if (node) {
		node->next = NULL;
		node->m = *m;
	}
	pthread_mutex_lock(&q->lock);
	if (r == 0 && q->n >= limit)
		r = -ENOBUFS;
	if (r < 0) {
		q->dropped++;
		q->overflowed = true;
	} else {
		/* stamped under the lock: times never go backwards along the queue */
		node->m.at = now_ns();
		if (q->tail)
			q->tail->next = node;
		else
			q->head = node;
		q->tail = node;
		/* Cannot fail: the counter is 0 here, as queue_take() reads it when the last message goes. */
		if (q->n++ == 0)
			(void)!write(q->fd, &one, sizeof(one));
		node = NULL;
	}
	pthread_mutex_unlock(&q->lock);
	free(node);
	return r;
}

int queue_take(struct queue *q, struct virt_message *ret, bool *ret_drained)
{
	struct queue_node *node;
	uint64_t count;

	*ret_drained = false;
	pthread_mutex_lock(&q->lock);
	node = q->head;
	if (node) {
		q->head = node->next;
		if (!q->head)
			q->tail = NULL;
		if (--q->n == 0) {
			(void)!read(q->fd, &count, sizeof(count));
			*ret_drained = q->overflowed;
			q->overflowed = false;
		}
	}
	pthread_mutex_unlock(&q->lock);
	if (!node)
		return 0;
	*ret = node->m;
	free(node);
	return 1;
}

uint64_t queue_dropped(struct queue *q)
{
	uint64_t dropped;

	pthread_mutex_lock(&q->lock);
	dropped = q->dropped;
	pthread_mutex_unlock(&q->lock);
	return dropped;
}
