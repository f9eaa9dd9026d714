/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP, and what bounds it.
 *
 * DOC: Theory of Operation
 *
 * libmicrohttpd parses and answers, without a thread of its own: its epoll descriptor is a source of our loop, and a timer has it look at its
 * timeouts. What a client can make it hold is bounded: so many connections in all and from one address, so much memory for each request,
 * so many seconds of silence. A client that sends or reads a byte now and then is never silent, so a connection ends after a time, too, whatever
 * it does; Prometheus opens another one then. Beyond the limits clients wait in the kernel's queue.
 */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "avicd/clock.h"
#include "exporter/pages.h"
#include "exporter/server.h"

#define CONNECTIONS_MAX	 64U
#define FROM_ONE_ADDRESS 32U
#define SILENCE_S	 10U
#define LIFE_NS		 (2 * 60 * NSEC_PER_SEC)
#define REQUEST_MAX	 ((size_t)8 << 10) /* the line and the headers: above it is 414 or 431 */
#define BLOCK		 ((size_t)32 << 10)
#define TICK_US		 (5 * USEC_PER_SEC)

struct client {
	int fd;
	uint64_t since;
	struct client *next;
};

struct server {
	sd_event *event;
	struct MHD_Daemon *daemon;
	sd_event_source *io, *timer;
	struct client *clients;
	uint64_t idle_since;
};

static ssize_t read_file(void *cls, uint64_t pos, char *buf, size_t max)
{
	ssize_t n = pread((int)(intptr_t)cls, buf, max, (off_t)pos);

	/* shorter than it was: nobody but avicd writes there, and it replaces */
	return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void close_file(void *cls)
{
	close((int)(intptr_t)cls);
}

/*
 * Not MHD_create_response_from_fd(): a sendfile() that is short while the socket has room (it ends at a page) leaves libmicrohttpd (0.9.75) waiting for
 * an edge of epoll that does not come.
 */
static struct MHD_Response *file_response(struct answer *a)
{
	return MHD_create_response_from_callback(a->size, BLOCK, read_file, (void *)(intptr_t)a->fd, close_file);
}

static enum MHD_Result send_answer(struct MHD_Connection *c, struct answer *a)
{
	struct MHD_Response *r;
	enum MHD_Result sent;

	if (a->fd >= 0)
		r = file_response(a);
	else
		r = MHD_create_response_from_buffer(a->len, a->text, MHD_RESPMEM_MUST_FREE);
	if (!r)
		return MHD_NO;
	/* the response owns them */
	a->fd = -1;
	a->text = NULL;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	(void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	sent = MHD_queue_response(c, a->status, r);
	MHD_destroy_response(r);
	return sent;
}

static bool has_body(struct MHD_Connection *c)
{
	const char *n = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (n && !streq(n, "0")) ||
	       MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/* No path has anything to decode, and what "%00" would become is not a path. */
static size_t leave_escaped(void *cls, struct MHD_Connection *c, char *s)
{
	return strlen(s);
}

/*
 * Called when the headers are there, and again when the whole request is. What is answered at the first call ends the connection, so that nothing
 * waits for a body: nobody has one to send.
 */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *data, size_t *size, void **ctx)
{
	static const char seen[] = "headers";
	_cleanup_answer_ struct answer a = {.fd = -1};

	if (!streq(method, MHD_HTTP_METHOD_GET) && !streq(method, MHD_HTTP_METHOD_HEAD)) {
		answer_text(&a, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD");
	} else if (has_body(c)) {
		answer_text(&a, MHD_HTTP_BAD_REQUEST, "A body is of no use here");
	} else if (!*ctx) {
		*ctx = (void *)seen;
		return MHD_YES;
	} else {
		pages_answer(url, wall_us(), &a);
	}
	return send_answer(c, &a);
}

static void on_connection(void *cls, struct MHD_Connection *c, void **ctx, enum MHD_ConnectionNotificationCode code)
{
	struct server *s = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		struct client *k = calloc(1, sizeof(*k));

		*ctx = k;
		/* without memory it lives until it is silent */
		if (!k || !info) {
			free(k);
			*ctx = NULL;
			return;
		}
		*k = (struct client){.fd = info->connect_fd, .since = now_ns(), .next = s->clients};
		s->clients = k;
	} else if (*ctx) {
		for (struct client **p = &s->clients; *p; p = &(*p)->next)
			if (*p == *ctx) {
				*p = (*p)->next;
				break;
			}
		free(*ctx);
		*ctx = NULL;
	}
	s->idle_since = now_ns();
}

static void arm(struct server *s)
{
	MHD_UNSIGNED_LONG_LONG ms;
	uint64_t us = TICK_US;

	if (MHD_get_timeout(s->daemon, &ms) == MHD_YES)
		us = MIN(us, (uint64_t)ms * 1000);
	(void)sd_event_source_set_time_relative(s->timer, us);
	(void)sd_event_source_set_enabled(s->timer, s->clients ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct server *s = userdata;

	(void)MHD_run(s->daemon);
	arm(s);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *s = userdata;
	uint64_t now = now_ns();

	/* its end is for libmicrohttpd to notice */
	for (struct client *k = s->clients; k; k = k->next)
		if (now - k->since > LIFE_NS)
			(void)shutdown(k->fd, SHUT_RDWR);
	return on_io(source, -1, 0, s);
}

uint64_t server_idle(const struct server *s)
{
	return s->clients ? 0 : now_ns() - s->idle_since;
}

/* What clients do wrong is their business; a journal that they can fill is ours. */
_printf_(2, 0) static void on_log(void *cls, const char *fmt, va_list ap)
{
}

int server_new(sd_event *e, int fd, struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));
	const union MHD_DaemonInfo *info;
	int r;

	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	s->event = sd_event_ref(e);
	s->idle_since = now_ns();
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s,
				     MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
				     FROM_ONE_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
				     MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_NOTIFY_CONNECTION,
				     on_connection, s, MHD_OPTION_END);
	info = s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info) {
		if (!s->daemon)
			close(fd);
		server_free(s);
		return -EIO;
	}
	r = sd_event_add_io(e, &s->io, info->epoll_fd, EPOLLIN, on_io, s);
	if (r >= 0)
		r = sd_event_add_time_relative(e, &s->timer, CLOCK_MONOTONIC, TICK_US, 1, on_timer, s);
	if (r < 0) {
		server_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct server *server_free(struct server *s)
{
	if (!s)
		return NULL;
	sd_event_source_disable_unref(s->io);
	sd_event_source_disable_unref(s->timer);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	sd_event_unref(s->event);
	free(s);
	return NULL;
}
