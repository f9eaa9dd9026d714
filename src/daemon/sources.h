/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace source: chosen by trace_source=, opened, lost, opened again. */
#ifndef AVICD_DAEMON_SOURCES_H
#define AVICD_DAEMON_SOURCES_H

#include <systemd/sd-event.h>

#include "avicd/trace.h"

struct manager;

struct sources {
	struct trace_source *current; /* NULL: none */
	char *why;                    /* why there is none */
	uint64_t lost;                /* losses told already */
	uint64_t lost_said_at;        /* monotonic ns of the last line about them */
	sd_event_source *io, *retry;
};

/* sources_open() - the best source that opens, and a first look at every VM; else a line that says why not, and a timer to try again. */
void sources_open(struct manager *m);
/* sources_reopen() - settings changed. */
void sources_reopen(struct manager *m);
/* sources_lost() - the source does not work any more: every VM is unknown; try again. */
void sources_lost(struct manager *m, const char *why);
/* sources_upgrade() - `auto` fell back to tracefs: what kept bpf from loading may be gone. */
void sources_upgrade(struct manager *m);
/* sources_check() - records lost since the last time? Then say so and look at everything. */
void sources_check(struct manager *m);
/* sources_name() - "bpf", ..., "none" */
const char *sources_name(const struct manager *m);
/* sources_live() - a source of this host: its tgids are processes of /proc. False for `recorded` and for none. */
bool sources_live(const struct manager *m);
/* sources_wants_recording() - by the settings: the VMs to be watched are not of this host */
bool sources_wants_recording(const struct manager *m);
void sources_done(struct sources *s);

#endif
