/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMs that are gone, and whose vm-gone waits for libvirt to say why: it does when it has cleaned up behind the process, up to a second
 * and a half later. Everything else that follows from the end does not wait.
 */
#ifndef AVICD_DAEMON_FAREWELLS_H
#define AVICD_DAEMON_FAREWELLS_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "avicd/tracker.h"

struct manager;
struct farewell;

struct farewells {
	struct farewell *first, *last; /* in the order of their time */
	sd_event_source *timer;
};

/* farewells_hold() - keep @a, a vm-gone, with its VM and the object's path, for later. False: there is nothing to wait for. */
bool farewells_hold(struct manager *m, const struct action *a, const char *path);
/* farewells_explain() - libvirt says why this domain stopped; @why is static, or NULL. False: no vm-gone of it waits. */
bool farewells_explain(struct manager *m, const char *uuid, const char *why);
/* farewells_done() - tell what is left. */
void farewells_done(struct manager *m);

#endif
