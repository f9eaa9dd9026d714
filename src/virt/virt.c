/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt, in threads of its own: the event loop, one connection a URI, and the queue that the main loop reads. */
#include "avicd/clock.h"
#include "avicd/virt.h"
#include "virt/connection.h"
#include "virt/loop.h"
#include "virt/queue.h"

struct virt {
	struct queue *queue;
	struct loop *loop; /* NULL: no URI */
	struct connection **connections;
	size_t n;
};

/* What a hung thread still uses stays reachable, so that no leak checker takes it for forgotten. */
static struct virt *volatile left_behind;

static bool is_repeated(const char *const *uris, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (streq(uris[i], uris[j]))
			return true;
	return false;
}

static int start_connections(struct virt *v, const char *const *uris, size_t n)
{
	int r;

	v->connections = calloc(n, sizeof(*v->connections));
	if (!v->connections)
		return -ENOMEM;
	r = loop_start(&v->loop);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (is_repeated(uris, i))
			continue;
		r = connection_start(uris[i], i, v->queue, &v->connections[v->n]);
		if (r < 0)
			return r;
		v->n++;
	}
	return 0;
}

int virt_start(const char *const *uris, struct virt **ret)
{
	struct virt *v = calloc(1, sizeof(*v));
	size_t n = 0;
	int r;

	if (!v)
		return -ENOMEM;
	while (uris[n])
		n++;
	r = queue_new(QUEUE_LIMIT, &v->queue);
	if (r == 0 && n > 0)
		r = start_connections(v, uris, n);
	if (r < 0) {
		virt_stop(v, NSEC_PER_SEC);
		return r;
	}
	*ret = v;
	return 0;
}

struct virt *virt_stop(struct virt *v, uint64_t timeout_ns)
{
	uint64_t deadline = now_ns() + timeout_ns;
	bool hung = false;

	if (!v)
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		connection_ask_end(v->connections[i]);
	for (size_t i = 0; i < v->n; i++)
		hung |= connection_join(v->connections[i], deadline) < 0;
	if (v->loop)
		hung |= loop_stop(v->loop, deadline) < 0;
	if (hung) {
		left_behind = v;
		return NULL;
	}
	for (size_t i = 0; i < v->n; i++)
		connection_free(v->connections[i]);
	queue_free(v->queue);
	free_p(&v->connections);
	free_p(&v);
	return NULL;
}

int virt_fd(const struct virt *v)
{
	return queue_fd(v->queue);
}

int virt_next(struct virt *v, struct virt_message *ret)
{
	bool drained;
	int r = queue_take(v->queue, ret, &drained);

	for (size_t i = 0; drained && i < v->n; i++)
		connection_drained(v->connections[i]);
	return r;
}

void virt_relist(struct virt *v)
{
	for (size_t i = 0; i < v->n; i++)
		connection_relist(v->connections[i]);
}

uint64_t virt_dropped(const struct virt *v)
{
	return queue_dropped(v->queue);
}
