/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicd-livepatch@WORD.service, started over systemd's bus: avicd itself has no right to touch the kernel. */
#ifndef AVICD_DAEMON_UNITS_H
#define AVICD_DAEMON_UNITS_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "avicd/livepatch.h"

#define SYSTEMD		"org.freedesktop.systemd1"
#define SYSTEMD_PATH	"/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"

/* with its NUL, as systemd has it */
#define UNIT_NAME_MAX 256

struct manager;

/* The unit has ended, with this exit status; or it could not be started, or nobody will tell: FAILED. @why: NULL for DONE. */
typedef void (*unit_done_fn)(struct manager *m, enum livepatch_outcome o, const char *why);

struct units {
	bool listening;	   /* for systemd's JobRemoved, on this connection */
	unit_done_fn done; /* NULL: no unit that anybody waits for */
	char name[64];
	sd_bus_slot *start, *removed, *status;
	sd_event_source *patience;
};

/* unit_start() - one that is waited for, one at a time: @done is called once, later. @timeout_ns: then nobody waits any longer. */
void unit_start(struct manager *m, const char *word, uint64_t timeout_ns, unit_done_fn done);
/* unit_start_aside() - one that nobody waits for. */
void unit_start_aside(struct manager *m, const char *word);
/* unit_instance() - "a@.service" and "x": "a@x.service". -EINVAL: @template is none, or that is too long. */
int unit_instance(const char *template, const char *instance, char ret[static UNIT_NAME_MAX]);
/* unit_listen() - from now on systemd tells when units have ended. -ENOTCONN: there is no bus. */
int unit_listen(struct manager *m);
/* unit_call() - StartUnit or StopUnit, whoever the unit is; @then may be NULL. -ENOTCONN: there is no bus. */
int unit_call(struct manager *m, const char *method, const char *unit, sd_bus_slot **slot,
	      sd_bus_message_handler_t then, void *userdata);
/* units_lost() - the bus has gone, and what it would have told. */
void units_lost(struct manager *m);
void units_done(struct manager *m);

#endif
