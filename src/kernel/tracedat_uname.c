/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel release stored in a trace.dat, by trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5): libtracecmd keeps it to
 * itself.
 */
#include <stdio.h>

#include "kernel/tracedat.h"

#define OPTION_DONE  0
#define OPTION_UNAME 5
#define COMPRESSED   1
#define MAX_SECTIONS 64

struct cursor {
	int fd;
	uint64_t pos;
	bool big;
	bool bad;
};

static void get(struct cursor *c, void *buf, size_t n)
{
	ssize_t k = -1;

	memset(buf, 0, n);
	if (!c->bad && c->pos <= INT64_MAX)
		k = pread(c->fd, buf, n, (off_t)c->pos);
	if (k < 0 || (size_t)k != n)
		c->bad = true;
	c->pos += n;
}

static uint64_t get_number(struct cursor *c, size_t n)
{
	uint8_t b[8];
	uint64_t v = 0;

	get(c, b, n);
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)b[c->big ? n - 1 - i : i] << 8 * i;
	return v;
}

static void skip(struct cursor *c, uint64_t n)
{
	if (__builtin_add_overflow(c->pos, n, &c->pos))
		c->bad = true;
}

static void skip_sized(struct cursor *c, size_t width)
{
	skip(c, get_number(c, width));
}

static void skip_string(struct cursor *c)
{
	char ch;

	do
		get(c, &ch, 1);
	while (ch && !c->bad);
}

/* "Linux HOST RELEASE MACHINE" */
static int read_uname(struct cursor *c, uint64_t size, char ret[static TRACEDAT_RELEASE_MAX])
{
	char s[512] = "", release[TRACEDAT_RELEASE_MAX];

	get(c, s, MIN(size, sizeof(s) - 1));
	if (c->bad)
		return -EBADMSG;
	if (sscanf(s, "%*127s %*255s %127[][a-zA-Z0-9._+~:-]", release) != 1)
		return -ENOENT;
	memcpy(ret, release, sizeof(release));
	return 0;
}

/* 1: not in this section; *next is where the next one is (version 7) */
static int read_options(struct cursor *c, char ret[static TRACEDAT_RELEASE_MAX], uint64_t *next)
{
	*next = 0;
	for (;;) {
		uint64_t id = get_number(c, 2), size;

		if (c->bad)
			return -EBADMSG;
		if (id == OPTION_DONE) {
			if (get_number(c, 4) == 8)
				*next = get_number(c, 8);
			return 1;
		}
		size = get_number(c, 4);
		if (id == OPTION_UNAME)
			return read_uname(c, size, ret);
		skip(c, size);
	}
}

static int uname_v6(struct cursor *c, char ret[static TRACEDAT_RELEASE_MAX])
{
	char word[10];
	uint64_t next;
	int r;

	skip(c, sizeof("header_page"));
	skip_sized(c, 8);
	skip(c, sizeof("header_event"));
	skip_sized(c, 8);
	for (uint64_t n = get_number(c, 4); n && !c->bad; n--)
		skip_sized(c, 8);
	for (uint64_t systems = get_number(c, 4); systems && !c->bad; systems--) {
		skip_string(c);
		for (uint64_t n = get_number(c, 4); n && !c->bad; n--)
			skip_sized(c, 8);
	}
	skip_sized(c, 4); /* kallsyms */
	skip_sized(c, 4); /* printk formats */
	skip_sized(c, 8); /* command lines */
	skip(c, 4);	  /* number of CPUs */
	get(c, word, sizeof(word));
	if (c->bad || memcmp(word, "options  ", sizeof(word)) != 0)
		return c->bad ? -EBADMSG : -ENOENT;
	r = read_options(c, ret, &next);
	return r > 0 ? -ENOENT : r;
}

static int uname_v7(struct cursor *c, char ret[static TRACEDAT_RELEASE_MAX])
{
	uint64_t at;

	skip_string(c); /* compression algorithm and its version */
	skip_string(c);
	at = get_number(c, 8);
	for (int i = 0; at && !c->bad && i < MAX_SECTIONS; i++) {
		uint64_t flags;
		int r;

		c->pos = at;
		skip(c, 2);
		flags = get_number(c, 2);
		skip(c, 4 + 8);
		if (c->bad || flags & COMPRESSED)
			break;
		r = read_options(c, ret, &at);
		if (r <= 0)
			return r;
	}
	return c->bad ? -EBADMSG : -ENOENT;
}

int tracedat_uname(int fd, char ret[static TRACEDAT_RELEASE_MAX])
{
	struct cursor c = {.fd = fd};
	char head[sizeof(TRACEDAT_MAGIC) - 1], version[2];

	get(&c, head, sizeof(head));
	get(&c, version, sizeof(version));
	c.big = get_number(&c, 1);
	skip(&c, 1 + 4); /* size of a long, of a page */
	if (c.bad || memcmp(head, TRACEDAT_MAGIC, sizeof(head)) != 0 || version[1])
		return -EBADMSG;
	if (version[0] == '6')
		return uname_v6(&c, ret);
	return version[0] == '7' ? uname_v7(&c, ret) : -ENOENT;
}
