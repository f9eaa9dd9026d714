/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that avicd writes: host.json and state.json in the runtime directory, duty.json in the state directory. */
#ifndef AVICD_DAEMON_FILES_H
#define AVICD_DAEMON_FILES_H

#include <stdbool.h>
#include <systemd/sd-event.h>

struct manager;

struct files {
	char *host, *state, *duty; /* paths */
	sd_event_source *state_timer, *duty_timer;
	bool begun;                /* VMs were looked for: before that, writing would lose what the last run knew */
	bool said_state, said_duty;
};

/* files_start() - paths, directories, and the duty state of the run before ours. -ENOMEM; what cannot be read is logged. */
int files_start(struct manager *m);
/* files_state_soon(), files_duty_soon() - within a second, once for all that comes until then. */
void files_state_soon(struct manager *m);
void files_duty_soon(struct manager *m);
/* files_duty_now() - on the disk when it returns 0. */
int files_duty_now(struct manager *m);
/* files_write() - all, now. */
void files_write(struct manager *m);
/* files_end() - save the duty state for good, and the state as it was last: it says itself how old it is. */
void files_end(struct manager *m);
void files_done(struct files *f);

#endif
