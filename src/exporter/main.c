/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicd-exporter: what avicd has written, over HTTP. Talks neither to avicd nor to libvirt or the kernel, so that no scrape makes them work.
 */
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "exporter/server.h"

/* Sockets that systemd hands over, or addresses of one name. */
#define SERVERS_MAX 8
/* systemd starts it again when somebody asks. */
#define IDLE_NS	    (10 * 60 * NSEC_PER_SEC)
#define LOOK_US	    (60 * USEC_PER_SEC)
#define QUEUE	    128

struct exporter {
	sd_event *event;
	struct server *servers[SERVERS_MAX];
	size_t n;
	bool activated;
};

static int usage(void)
{
	fputs("avicd-exporter: see avicd-exporter --help\n", stderr);
	return 2;
}

static int help(void)
{
	puts("avicd-exporter [--listen=ADDRESS:PORT]\n\n"
	     "Serve what avicd has written: /metrics for Prometheus, /health, /host.json,\n"
	     "/state.json, and / as a page. Without --listen: on the sockets that\n"
	     "avicd-exporter.socket of systemd hands over. See avicd-exporter(8).\n\n"
	     "     --listen=ADDRESS:PORT  such as 127.0.0.1:9469 or [::1]:9469\n"
	     "  -h --help                 show this help\n"
	     "     --version              show the version");
	return 0;
}

static int add(struct exporter *x, int fd)
{
	int r;

	if (x->n == SERVERS_MAX) {
		close(fd);
		return -E2BIG;
	}
	r = server_new(x->event, fd, &x->servers[x->n]);
	if (r >= 0)
		x->n++;
	return r;
}

/* "[::1]:9469" into host and port; changes @s. */
static bool split(char *s, char **host, char **port)
{
	char *colon = strrchr(s, ':');
	size_t n;

	if (!colon || colon == s || !colon[1])
		return false;
	*colon = '\0';
	*port = colon + 1;
	n = strlen(s);
	if (*s == '[' && s[n - 1] == ']') {
		s[n - 1] = '\0';
		s++;
	}
	*host = s;
	return true;
}

static int listen_at(struct exporter *x, char *where)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	char *host, *port, whole[128];
	struct addrinfo *a;
	int fd, r, one = 1;

	snprintf(whole, sizeof(whole), "%s", where);
	if (!split(where, &host, &port) || getaddrinfo(host, port, &hints, &a) != 0) {
		fprintf(stderr, "avicd-exporter: --listen=%s: not an ADDRESS:PORT such as 127.0.0.1:9469\n", whole);
		return -EINVAL;
	}
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
			    bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, QUEUE) < 0
		    ? -errno
		    : 0;
	freeaddrinfo(a);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return log_errno(LOG_ERR, r, "Cannot listen on %s", whole);
	}
	r = add(x, fd);
	return r < 0 ? log_errno(LOG_ERR, r, "Cannot serve on %s", whole) : 0;
}

static int take_sockets(struct exporter *x)
{
	int n = sd_listen_fds(1);

	if (n <= 0) {
		log_error("No socket: systemctl start avicd-exporter.socket, or give --listen=127.0.0.1:9469");
		return -EINVAL;
	}
	x->activated = true;
	for (int i = 0; i < n; i++) {
		int r = sd_is_socket(SD_LISTEN_FDS_START + i, AF_UNSPEC, SOCK_STREAM, 1);

		if (r > 0)
			r = add(x, SD_LISTEN_FDS_START + i);
		else if (r == 0)
			r = -EPROTOTYPE;
		if (r < 0)
			return log_errno(LOG_ERR, r, "Cannot serve on the socket that systemd handed over");
	}
	return 0;
}

static int on_look(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct exporter *x = userdata;
	uint64_t idle = UINT64_MAX;

	for (size_t i = 0; i < x->n; i++)
		idle = MIN(idle, server_idle(x->servers[i]));
	if (idle >= IDLE_NS)
		return sd_event_exit(x->event, 0);
	(void)sd_event_source_set_time_relative(s, LOOK_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int run(struct exporter *x, char *where)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_default(&x->event);
	if (r >= 0)
		r = sd_event_add_signal(x->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(x->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(x->event, true);
	if (r < 0)
		return log_errno(LOG_ERR, r, "Cannot set up the event loop");
	r = where ? listen_at(x, where) : take_sockets(x);
	if (r >= 0 && x->activated)
		r = sd_event_add_time_relative(x->event, NULL, CLOCK_MONOTONIC, LOOK_US, 0, on_look, x);
	if (r < 0)
		return r;
	sd_notify(0, "READY=1");
	return sd_event_loop(x->event);
}

int main(int argc, char *argv[])
{
	enum { OPT_VERSION = 256, OPT_LISTEN };
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, OPT_VERSION},
		{"listen", required_argument, NULL, OPT_LISTEN},
		{0},
	};
	struct exporter x = {0};
	char *where = NULL;
	int c, r;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
		switch (c) {
		case 'h':
			return help();
		case OPT_VERSION:
			puts("avicd-exporter " PACKAGE_VERSION);
			return 0;
		case OPT_LISTEN:
			where = optarg;
			break;
		default:
			return usage();
		}
	if (optind < argc)
		return usage();
	log_setup("avicd-exporter", LOG_TARGET_AUTO, LOG_INFO);
	r = run(&x, where);
	for (size_t i = 0; i < x.n; i++)
		server_free(x.servers[i]);
	sd_event_unref(x.event);
	return r < 0 ? 1 : 0;
}
