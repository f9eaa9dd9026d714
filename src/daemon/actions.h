/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracker decided, done: journal line, D-Bus signal, files. */
#ifndef AVICD_DAEMON_ACTIONS_H
#define AVICD_DAEMON_ACTIONS_H

#include "avicd/tracker.h"

struct manager;

/* actions_do() - action_fn of the tracker; @userdata is the manager. */
void actions_do(const struct action *a, void *userdata);
/* actions_tell() - the line and the signal. @path: of the VM's object, or "". @at: when it happened, on the tracker's clock. */
void actions_tell(struct manager *m, const struct action *a, const char *path, uint64_t at);
/* actions_host() - an event of the host that the tracker cannot know; @detail as report_fields() says. */
void actions_host(struct manager *m, enum event_id event, const char *detail);

#endif
