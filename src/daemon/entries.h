/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the trace source: when they are read, and told to the tracker. */
#ifndef AVICD_DAEMON_ENTRIES_H
#define AVICD_DAEMON_ENTRIES_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "avicd/util.h"

struct manager;

struct reread {
	int32_t tgid;
	uint64_t due; /* monotonic */
};

struct entries {
	struct reread *rereads; /* in the order of their time: all wait equally long */
	size_t head, n, size;
	sd_event_source *reread, *storms;
	bool said; /* that they cannot be read */
};

/* entries_dispatch() - the source's descriptor is readable. Negative errno of trace_dispatch(). */
int entries_dispatch(struct manager *m);
/* entries_read() - of one process. entries_read_all() - of all: 0; a negative errno, said. Errors of the first mean that there is nothing to read. */
void entries_read(struct manager *m, int32_t tgid);
int entries_read_all(struct manager *m);
/* entries_read_due() - of the VMs whose verdict time alone may change by now. */
void entries_read_due(struct manager *m, uint64_t now);
void entries_done(struct entries *e);

#endif
