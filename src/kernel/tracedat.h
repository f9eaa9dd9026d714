/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.dat: read by a process of its own, which sends plain records through a pipe. */
#ifndef KERNEL_TRACEDAT_H
#define KERNEL_TRACEDAT_H

#include "avicd/tracetext.h"

#define TRACEDAT_MAGIC "\x17\x08\x44tracing"

struct tracedat;
/*
 * tracedat_open() - @fd: the file, seekable; it stays the caller's. The release and the event's format are known
 * afterwards. -EBADMSG.
 */
int tracedat_open(int fd, struct tracedat **ret);
struct tracedat *tracedat_close(struct tracedat *d);
DEFINE_CLEANUP(struct tracedat, tracedat_close)
/* tracedat_next() - as trace_file_next() */
int tracedat_next(struct tracedat *d, struct trace_record *ret);
uint64_t tracedat_skipped(const struct tracedat *d);
const char *tracedat_release(const struct tracedat *d);	     /* "" unknown */
const char *tracedat_event_format(const struct tracedat *d); /* "" none */

/*
 * tracedat_uname() - the kernel release in the options of a file of version 6 or 7; the library does not give it.
 * -ENOENT, -EBADMSG.
 */
#define TRACEDAT_RELEASE_MAX 128
int tracedat_uname(int fd, char ret[static TRACEDAT_RELEASE_MAX]);

/* What goes through the pipe. The reader trusts none of it. */
enum tracedat_frame {
	FRAME_RELEASE,
	FRAME_FORMAT,
	FRAME_READY, /* the file is a trace; records follow */
	FRAME_RECORD,
	FRAME_SKIPPED, /* a record of ours that cannot be read */
	FRAME_END,
	_FRAME_MAX,
};
struct tracedat_header {
	uint32_t frame;
	uint32_t len;
};
#define TRACEDAT_FORMAT_MAX 16384

/* tracedat_child() - the other side: never returns. */
_Noreturn void tracedat_child(int fd, int out);

#endif
