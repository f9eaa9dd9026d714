/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that a transition of a livepatch waits for: loads bpf/stalled.bpf.c, reads its iterator, lets it go again. */
#include "kernel/stalled.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

#include "avicd/text.h"

#include "stalled.skel.h"

static_assert(STALLED_FRAMES == STALLED_REC_FRAMES && STALLED_LINE == STALLED_REC_LINE,
	      "the BPF program has its own numbers");

/* More tasks than this is a mistake of the caller; and the number must fit what is returned. */
#define TASKS_MAX 100000

static void stalled_bpf_p(struct stalled_bpf **b)
{
	stalled_bpf__destroy(*b);
}

static void link_p(struct bpf_link **l)
{
	bpf_link__destroy(*l);
}

void stalled_tasks_done(struct stalled_task *tasks, size_t n)
{
	for (size_t i = 0; tasks && i < n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(tasks[i].stack); j++) {
			free_p(&tasks[i].stack[j]);
			tasks[i].stack[j] = NULL;
		}
}

/* Text of the kernel, at most @max bytes and then perhaps no NUL, made fit for a log. */
static int clean(const char *s, size_t max, char **ret)
{
	_cleanup_free_ char *whole = strndup(s, max);

	return whole ? text_clean(whole, max, ret) : -ENOMEM;
}

int stalled_from_rec(const struct stalled_rec *rec, struct stalled_task *ret)
{
	struct stalled_task t = {.pid = (pid_t)rec->tgid, .tid = (pid_t)rec->tid};
	_cleanup_free_ char *comm = NULL;
	int r;

	r = clean(rec->comm, sizeof(t.comm) - 1, &comm);
	if (r < 0)
		return r;
	snprintf(t.comm, sizeof(t.comm), "%s", comm);
	for (size_t i = 0; i < MIN(rec->n_frames, STALLED_FRAMES); i++) {
		/* The bare address of code that has no symbol would tell where the kernel lies. */
		const char *frame = startswith(rec->frame[i], "0x") ? "?" : rec->frame[i];

		r = clean(frame, frame == rec->frame[i] ? STALLED_LINE - 1 : 1, &t.stack[i]);
		if (r < 0) {
			stalled_tasks_done(&t, 1);
			return r;
		}
	}
	*ret = t;
	return 0;
}

/* One whole record: 1, at the end 0. */
static int read_rec(int fd, struct stalled_rec *ret)
{
	size_t bytes = 0;

	while (bytes < sizeof(*ret)) {
		ssize_t n = read(fd, (char *)ret + bytes, sizeof(*ret) - bytes);

		/* EAGAIN: the kernel looked at a million tasks and found none to tell; it goes on at the next */
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return bytes ? -EIO : 0;
		bytes += (size_t)n;
	}
	return 1;
}

int stalled_read(int fd, struct stalled_task *ret, size_t max)
{
	struct stalled_rec rec;
	size_t n = 0;
	int r = 1;

	while (n < max) {
		r = read_rec(fd, &rec);
		if (r > 0)
			r = stalled_from_rec(&rec, &ret[n]) ?: 1;
		if (r <= 0)
			break;
		n++;
	}
	if (r < 0) {
		stalled_tasks_done(ret, n);
		return r;
	}
	return (int)n;
}

static int stalled_load(int target, struct stalled_bpf **ret)
{
	/* The caller says why it could not be, in words of its own. */
	libbpf_print_fn_t old = libbpf_set_print(NULL);
	_cleanup_(stalled_bpf_p) struct stalled_bpf *b = stalled_bpf__open();
	int r = b ? 0 : -errno;

	if (r >= 0) {
		b->rodata->target = target;
		r = stalled_bpf__load(b);
	}
	libbpf_set_print(old);
	if (r >= 0)
		*ret = TAKE_PTR(b);
	return r;
}

int stalled_tasks(int target, struct stalled_task *ret, size_t max)
{
	_cleanup_(stalled_bpf_p) struct stalled_bpf *b = NULL;
	_cleanup_(link_p) struct bpf_link *link = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((target != STALLED_UNPATCHED && target != STALLED_PATCHED && target != STALLED_ALL) || max > TASKS_MAX)
		return -EINVAL;
	r = stalled_load(target, &b);
	if (r < 0)
		return r;
	link = bpf_program__attach_iter(b->progs.stalled, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		return -errno;
	return stalled_read(fd, ret, max);
}
