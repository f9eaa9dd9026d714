/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recorded trace, text or trace.dat, record by record. What cannot be rewound (a pipe) is copied into an unnamed
 * file first.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/btf.h"
#include "kernel/tracedat.h"

/* The longest line that is read whole: ftrace's own limit is a page. The rest of a longer one is dropped. */
#define LINE_SIZE 65536
#define SPOOL_MAX (4ULL << 30)

struct trace_file {
	int fd;
	struct tracedat *dat;				   /* NULL: text */
	char release[TRACEDAT_RELEASE_MAX], *event_format; /* of trace.dat: "", NULL unknown */
	char *buf;
	size_t from, to;
	bool drop; /* inside a line that is too long */
	bool eof;
	uint64_t last_at;
	uint64_t skipped;
};

struct trace_file *trace_file_close(struct trace_file *f)
{
	if (!f)
		return NULL;
	tracedat_close(f->dat);
	free(f->event_format);
	close_p(&f->fd);
	free(f->buf);
	free(f);
	return NULL;
}

static int spool(int fd, int *ret)
{
	_cleanup_free_ char *buf = malloc(LINE_SIZE);
	uint64_t total = 0;
	FILE *to = buf ? tmpfile() : NULL;
	ssize_t k;
	int r = 0;

	if (!to)
		return buf ? -errno : -ENOMEM;
	while ((k = read(fd, buf, LINE_SIZE)) != 0) {
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			r = -errno;
		else if ((total += (uint64_t)k) > SPOOL_MAX)
			r = -EFBIG;
		else if (fwrite(buf, 1, (size_t)k, to) != (size_t)k)
			r = -errno;
		if (r < 0)
			break;
	}
	if (r == 0 && fflush(to) != 0)
		r = -errno;
	if (r == 0) {
		*ret = fcntl(fileno(to), F_DUPFD_CLOEXEC, 3);
		r = *ret < 0 ? -errno : lseek(*ret, 0, SEEK_SET) < 0 ? -errno : 0;
	}
	fclose(to);
	return r;
}

/* Files that people have at hand and that are not what is read here, with what to do. */
static const struct {
	const char *magic;
	size_t len;
	const char *what;
} other_files[] = {
	{"PERFILE2", 8, "is a perf.data file; give me the output of `perf script -i FILE`"},
	{"\x1f\x8b", 2, "is compressed; give me the output of `zcat FILE`"},
	{"\xfd"
	 "7zXZ",
	 5, "is compressed; give me the output of `xzcat FILE`"},
	{"\x28\xb5\x2f\xfd", 4, "is compressed; give me the output of `zstdcat FILE`"},
};

#define NO_TRACE "is no trace; I read trace.dat, and text of ftrace, `trace-cmd report` or `perf script`"

/* Looks at the first bytes. 1: trace.dat, 0: text, -EBADMSG and *what: neither. */
static int recognize(int fd, const char **what)
{
	char head[4096];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	*what = NO_TRACE;
	if (n < 0)
		return -errno;
	if ((size_t)n >= strlen(TRACEDAT_MAGIC) && memcmp(head, TRACEDAT_MAGIC, strlen(TRACEDAT_MAGIC)) == 0) {
		*what = "is a trace.dat that cannot be read: damaged, cut off, or of a newer trace-cmd; "
			"give me the output of `trace-cmd report -R FILE`";
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(other_files); i++)
		if ((size_t)n >= other_files[i].len && memcmp(head, other_files[i].magic, other_files[i].len) == 0) {
			*what = other_files[i].what;
			return -EBADMSG;
		}
	return memchr(head, '\0', (size_t)n) ? -EBADMSG : 0;
}

static int open_dat(struct trace_file *f)
{
	int r = tracedat_open(f->fd, &f->dat);

	if (r < 0)
		return r;
	snprintf(f->release, sizeof(f->release), "%s", tracedat_release(f->dat));
	if (tracedat_event_format(f->dat)[0])
		f->event_format = strdup(tracedat_event_format(f->dat));
	return 0;
}

static int open_file(struct trace_file *f, const char *path, const char **what)
{
	_cleanup_close_ int in = streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
						  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int r;

	*what = NULL;
	if (in < 0 || fstat(in, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode) && !streq(path, "-"))
		f->fd = TAKE_FD(in);
	else
		r = spool(in, &f->fd);
	if (f->fd < 0)
		return r;
	f->buf = malloc(LINE_SIZE);
	if (!f->buf)
		return -ENOMEM;
	r = recognize(f->fd, what);
	return r > 0 ? open_dat(f) : r;
}

int trace_file_open(const char *path, struct trace_file **ret, char **why)
{
	_cleanup_(trace_file_close_p) struct trace_file *f = calloc(1, sizeof(*f));
	const char *what = NULL;
	int r;

	if (why)
		*why = NULL;
	if (!f)
		return -ENOMEM;
	f->fd = -EBADF;
	r = open_file(f, path, &what);
	if (r == 0) {
		*ret = TAKE_PTR(f);
		return 0;
	}
	if (why && asprintf(why, "%s%s%s", streq(path, "-") ? "standard input" : path, r == -EBADMSG ? " " : ": ",
			    r == -EBADMSG && what ? what : strerror(-r)) < 0)
		*why = NULL;
	return r;
}

/* The next line; 1, or 0 at the end. A line that does not fit is skipped. */
static int next_line(struct trace_file *f, const char **line, size_t *len)
{
	for (;;) {
		char *nl = f->to > f->from ? memchr(f->buf + f->from, '\n', f->to - f->from) : NULL;
		ssize_t n;

		if (nl || (f->eof && f->to > f->from)) {
			bool drop = f->drop;

			*line = f->buf + f->from;
			*len = nl ? (size_t)(nl - *line) : f->to - f->from;
			f->from += *len + (nl != NULL);
			f->drop = false;
			if (drop)
				continue;
			return 1;
		}
		if (f->eof)
			return 0;
		if (f->from == 0 && f->to == LINE_SIZE) {
			f->drop = true;
			f->to = 0;
		}
		memmove(f->buf, f->buf + f->from, f->to - f->from);
		f->to -= f->from;
		f->from = 0;
		n = read(f->fd, f->buf + f->to, LINE_SIZE - f->to);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		f->eof = n == 0;
		f->to += (size_t)n;
	}
}

int trace_file_next(struct trace_file *f, struct trace_record *ret)
{
	const char *line = NULL;
	size_t len = 0;
	int r;

	if (f->dat)
		return tracedat_next(f->dat, ret);
	while ((r = next_line(f, &line, &len)) > 0) {
		r = trace_text_line(line, len, ret);
		if (r < 0)
			f->skipped++;
		if (r <= 0)
			continue;
		if (ret->kind == RECORD_LOST)
			ret->at = f->last_at;
		f->last_at = ret->at;
		return 1;
	}
	return r;
}

int trace_file_rewind(struct trace_file *f)
{
	if (f->dat) {
		struct tracedat *again;
		int r = tracedat_open(f->fd, &again);

		if (r < 0)
			return r;
		tracedat_close(f->dat);
		f->dat = again;
		return 0;
	}
	if (lseek(f->fd, 0, SEEK_SET) < 0)
		return -errno;
	f->from = f->to = 0;
	f->drop = f->eof = false;
	f->last_at = f->skipped = 0;
	return 0;
}

uint64_t trace_file_skipped(const struct trace_file *f)
{
	return f->dat ? tracedat_skipped(f->dat) : f->skipped;
}

const char *trace_file_format(const struct trace_file *f)
{
	return f->dat ? "trace.dat" : "text";
}

const char *trace_file_release(const struct trace_file *f)
{
	return f->release[0] ? f->release : NULL;
}

const char *trace_file_event_format(const struct trace_file *f)
{
	return f->event_format;
}

/* By what the file itself says: names in order, else the release of the kernel. */
static void numbering_of_file(const struct trace_file *f, bool any_mask, struct numbering_guess *g)
{
	const char *release = trace_file_release(f), *format = trace_file_event_format(f);
	enum kernel_line line = kernel_line_of(release ? release : "");
	size_t n = strlen(g->why);

	if (format && event_format_numbering(format, release, &g->numbering) == 0) {
		g->possible = (uint32_t)BIT64(g->numbering.line);
		snprintf(g->why, sizeof(g->why), "the file holds the event's format, which names the reasons in order");
		return;
	}
	if (line == LINE_NONE || !any_mask)
		return;
	if (g->possible & BIT64(line)) {
		numbering_from_line(line, &g->numbering);
		g->possible = (uint32_t)BIT64(line);
		snprintf(g->why, sizeof(g->why), "the file was recorded on kernel %s", release);
		return;
	}
	/* a distribution's kernel with newer kvm */
	snprintf(g->why + n, sizeof(g->why) - n, "; kernel %s of the file does not fit", release);
}

int trace_file_numbering(struct trace_file *f, struct numbering_guess *ret)
{
	_cleanup_free_ struct numbering_guess_state *s = calloc(1, sizeof(*s));
	struct numbering_guess g;
	struct trace_record r;
	int k;

	if (!s)
		return -ENOMEM;
	while ((k = trace_file_next(f, &r)) > 0)
		numbering_guess_add(s, &r);
	/* a damaged end does not make the beginning worthless */
	if (k < 0 && k != -EBADMSG)
		return k;
	k = numbering_guess(s, &g);
	if (k < 0)
		return k;
	k = trace_file_rewind(f);
	if (k < 0)
		return k;
	numbering_of_file(f, s->n > 0, &g);
	*ret = g;
	return 0;
}
