/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.dat, the reader's side: starts the process that parses the file, and checks what it sends. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "kernel/tracedat.h"

#define BUFFER_SIZE 65536
/* The other side has a limit on CPU time; this one is for a file system that hangs. */
#define PATIENCE_MS 60000

struct tracedat {
	pid_t pid;
	int fd;
	char *buf;
	size_t from, to;
	bool ended;
	uint64_t skipped;
	char release[TRACEDAT_RELEASE_MAX];
	char *format;
};

struct tracedat *tracedat_close(struct tracedat *d)
{
	int saved = errno;

	if (!d)
		return NULL;
	if (d->fd >= 0)
		close(d->fd);
	if (d->pid > 0) {
		kill(d->pid, SIGKILL);
		while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(d->format);
	free(d->buf);
	free(d);
	errno = saved;
	return NULL;
}

/* Exactly @n bytes. -EBADMSG: the other side died first. */
static int receive(struct tracedat *d, void *ret, size_t n)
{
	char *to = ret;

	while (n) {
		size_t k = MIN(n, d->to - d->from);
		struct pollfd p = {.fd = d->fd, .events = POLLIN};
		ssize_t got;
		int r;

		memcpy(to, d->buf + d->from, k);
		d->from += k;
		to += k;
		n -= k;
		if (!n)
			return 0;
		r = poll(&p, 1, PATIENCE_MS);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ETIMEDOUT;
		got = read(d->fd, d->buf, BUFFER_SIZE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		d->from = 0;
		d->to = (size_t)got;
	}
	return 0;
}

static int receive_header(struct tracedat *d, struct tracedat_header *ret)
{
	int r = receive(d, ret, sizeof(*ret));

	if (r < 0)
		return r;
	return ret->frame < _FRAME_MAX && ret->len <= TRACEDAT_FORMAT_MAX ? 0 : -EBADMSG;
}

static int receive_format(struct tracedat *d, size_t len)
{
	char *s = calloc(1, len + 1);
	int r;

	if (!s)
		return -ENOMEM;
	r = receive(d, s, len);
	if (r < 0) {
		free(s);
		return r;
	}
	free(d->format);
	d->format = s;
	return 0;
}

/* Up to FRAME_READY. */
static int receive_preface(struct tracedat *d)
{
	for (;;) {
		struct tracedat_header h;
		int r = receive_header(d, &h);

		if (r < 0)
			return r;
		if (h.frame == FRAME_READY)
			return h.len ? -EBADMSG : 0;
		if (h.frame == FRAME_RELEASE && h.len < sizeof(d->release))
			r = receive(d, d->release, h.len);
		else if (h.frame == FRAME_FORMAT)
			r = receive_format(d, h.len);
		else
			r = -EBADMSG;
		if (r < 0)
			return r;
	}
}

static int receive_record(struct tracedat *d, size_t len, struct trace_record *ret)
{
	struct trace_record r;
	uint8_t set;
	int k;

	if (len != sizeof(r))
		return -EBADMSG;
	k = receive(d, &r, sizeof(r));
	if (k < 0)
		return k;
	/* what the other side sends may be anything once the file has taken it over */
	memcpy(&set, &r.set, sizeof(set));
	if ((unsigned)r.kind >= _RECORD_MAX || r.reason < 0 || r.reason > 63 || set > 1 ||
	    !memchr(r.comm, '\0', sizeof(r.comm)) || !memchr(r.names, '\0', sizeof(r.names)))
		return -EBADMSG;
	for (char *c = r.comm; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	*ret = r;
	return 1;
}

int tracedat_next(struct tracedat *d, struct trace_record *ret)
{
	while (!d->ended) {
		struct tracedat_header h;
		int r = receive_header(d, &h);

		if (r < 0)
			return r;
		if (h.frame == FRAME_RECORD)
			return receive_record(d, h.len, ret);
		if (h.len || (h.frame != FRAME_SKIPPED && h.frame != FRAME_END))
			return -EBADMSG;
		if (h.frame == FRAME_END)
			d->ended = true;
		else
			d->skipped++;
	}
	return 0;
}

int tracedat_open(int fd, struct tracedat **ret)
{
	_cleanup_(tracedat_close_p) struct tracedat *d = calloc(1, sizeof(*d));
	int pipe_fd[2], r;

	if (!d)
		return -ENOMEM;
	d->fd = -1;
	d->buf = malloc(BUFFER_SIZE);
	if (!d->buf)
		return -ENOMEM;
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return -errno;
	d->fd = pipe_fd[0];
	d->pid = fork();
	if (d->pid < 0) {
		r = -errno;
		close(pipe_fd[1]);
		return r;
	}
	if (d->pid == 0)
		tracedat_child(fd, pipe_fd[1]);
	close(pipe_fd[1]);
	r = receive_preface(d);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

uint64_t tracedat_skipped(const struct tracedat *d)
{
	return d->skipped;
}

const char *tracedat_release(const struct tracedat *d)
{
	return d->release;
}

const char *tracedat_event_format(const struct tracedat *d)
{
	return d->format ? d->format : "";
}
