/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording: what happens goes into the history (avicd/history.h), and how long each VM was watched, inhibited and stuck. */
#ifndef AVICD_DAEMON_RECORDING_H
#define AVICD_DAEMON_RECORDING_H

#include <systemd/sd-event.h>

#include "avicd/hash.h"
#include "avicd/history.h"
#include "avicd/log.h"
#include "avicd/tracker.h"

struct manager;

struct recording {
	struct history_writer *writer; /* NULL: history=no, or it could not be started */
	char *path;
	sd_event_source *notices, *tick;
	struct hash vms; /* tgid -> struct recorded */
	enum history_state state;
};

/* recording_start() - unless history=no. Failure is logged; all else goes on. recording_settings() - after a reload. */
void recording_start(struct manager *m);
void recording_settings(struct manager *m);
/* recording_saw() - an action of the tracker or the daemon, before anything is done about it: boots, episodes, times. */
void recording_saw(struct manager *m, const struct action *a);
/* recording_told() - the same when it is told, which for the end of a VM may be later: one event. @at: on the tracker's clock. */
void recording_told(struct manager *m, const struct action *a, const struct log_field *fields, size_t n,
		    const char *sentence, uint64_t at);
/* recording_done() - what goes on is cut here; wait for the disk, but not for ever. */
void recording_done(struct manager *m);

#endif
