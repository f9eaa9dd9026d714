/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * org.avicd1 on the system bus.
 *
 * DOC: Theory of Operation
 *
 * bus.c keeps the connection and the name; bus_manager.c and bus_domain.c are the objects, bus_signals.c says what changed, bus_auth.c decides
 * who may change things, logcontrol.c is org.freedesktop.LogControl1. Without a bus everything else goes on; the connection is tried
 * again, and what happened meanwhile is not repeated: clients read the state first.
 *
 * VM objects are not registered one by one: two fallback vtables, below /org/avicd1/vm and /org/avicd1/domain, look them up in by_path.
 */
#ifndef AVICD_DAEMON_BUS_H
#define AVICD_DAEMON_BUS_H

#include <systemd/sd-bus.h>

#include "avicd/hash.h"
#include "avicd/tracker.h"

#define BUS_NAME         "org.avicd1"
#define BUS_PATH         "/org/avicd1"
#define BUS_PATH_VM      BUS_PATH "/vm"
#define BUS_PATH_DOMAIN  BUS_PATH "/domain"
#define BUS_MANAGER      "org.avicd1.Manager"
#define BUS_DOMAIN       "org.avicd1.Domain"
#define BUS_NO_SUCH_VM   "org.avicd1.Error.NoSuchVM"
#define BUS_AMBIGUOUS    "org.avicd1.Error.AmbiguousName"
#define BUS_MANAGE       "org.avicd1.manage" /* polkit's action */

struct manager;
struct watched;

struct bus {
	sd_bus *bus;            /* NULL: no connection */
	bool named;             /* the name is ours */
	bool said_absent;
	uint64_t backoff;
	sd_event_source *retry;
	struct hash by_path;    /* hash of the object path -> struct watched */
	bool manager_changed, domains_changed;
	uint64_t dropped;       /* signals that were not sent, because the bus does not take them */
	char *describe;         /* the last answer of Manager.Describe(), */
	uint64_t described_at;  /* its monotonic time, */
	sd_event_source *described; /* and when it is thrown away */
};

/* bus_start() - connect and ask for the name; where that fails, try again later. */
void bus_start(struct manager *m);
void bus_done(struct manager *m);

/* bus_event() - signal Event. @path: of the VM's object, or "". */
void bus_event(struct manager *m, const struct action *a, const char *path, const char *sentence, uint64_t at);
/* bus_vm_publish() - give the VM its object, or move it when the path has changed. bus_vm_unpublish() - take it away. */
void bus_vm_publish(struct manager *m, struct watched *w);
void bus_vm_unpublish(struct manager *m, struct watched *w);
/* bus_changed() - properties of this VM (if not NULL) and of the manager may have changed: clients are told by bus_flush(). */
void bus_changed(struct manager *m, struct watched *w);
void bus_flush(struct manager *m);

/* Between the bus files. */
int bus_add_manager(struct manager *m);
int bus_add_domains(struct manager *m);
int bus_add_logcontrol(struct manager *m);
struct watched *bus_find_path(struct manager *m, const char *path);
/* bus_find_vm() - by name, UUID or process id, as callers give it; NULL with @error set. */
const struct watched *bus_find_vm(struct manager *m, const char *arg, sd_bus_error *error);
/* bus_live() - is there anybody to send signals to, and is he listening? */
bool bus_live(struct manager *m);

/*
 * bus_authorize() - is the sender of @call root, or does polkit allow him @action? Calls @then, now or later, if so; otherwise answers the
 * call with an error itself.
 */
typedef int (*bus_then_fn)(struct manager *m, sd_bus_message *call);
int bus_authorize(struct manager *m, sd_bus_message *call, const char *action, bus_then_fn then);

#endif
