/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon as avicctl sees it: over D-Bus, or, when it does not answer, the state that it left in its runtime
 * directory.
 */
#ifndef AVICCTL_CLIENT_H
#define AVICCTL_CLIENT_H

#include <json-c/json.h>
#include <systemd/sd-bus.h>

#define AVICD_BUS_NAME	  "org.avicd1"
#define AVICD_BUS_PATH	  "/org/avicd1"
#define AVICD_BUS_MANAGER "org.avicd1.Manager"
#define AVICD_BUS_DOMAIN  "org.avicd1.Domain"
#define AVICD_BUS_JOB	  "org.avicd1.Job"

struct client;

/* client_new() - connects when first needed. NULL: out of memory. */
struct client *client_new(void);
struct client *client_free(struct client *c);
static inline void client_free_p(struct client **c)
{
	client_free(*c);
}

/*
 * client_state() - the JSON of Manager.Describe. 0: the daemon's answer; 1: read from state.json, *@text says how
 * old; when it is too old to rely on, or of another boot of the host, health and conditions in it were made
 * `unknown`. Negative errno: neither is there, *@text says why and what to do. The caller puts *@ret and frees
 * *@text.
 */
int client_state(struct client *c, json_object **ret, char **text);
/* client_ask() - the daemon alone. Returns 0 or a negative errno. */
int client_ask(struct client *c, json_object **ret, char **text);
/*
 * client_vm() - the same for one VM, by domain name, UUID or pid; from state.json it comes without vCPUs and stacks.
 * -ENXIO: no such VM, -ENOTUNIQ: several have this name.
 */
int client_vm(struct client *c, const char *who, json_object **ret, char **text);

/* client_host() - the JSON of Manager.DescribeHost, of a running avicd alone. 0 or a negative errno. */
int client_host(json_object **ret);

/*
 * client_probe() - what Manager.Probe() answers. -ENOENT: there is no avicd to ask; other errors: it did not, *@text says
 * why.
 */
int client_probe(json_object **ret, char **text);

/*
 * client_get_state() and client_get_vm() - the same for a verb: notices and errors are printed. Returns CTL_OK or
 * CTL_FAILED.
 */
int client_get_state(json_object **ret);
int client_get_vm(const char *who, json_object **ret);

/*
 * state_file() - state.json alone; what client_state() falls back to. 0, -ENOENT, -EBADMSG and others. Here *@text is
 * set in each case.
 */
int state_file(json_object **ret, char **text);
/* state_find() - a VM of the state by name, UUID or pid, not owned by the caller. 0, -ENXIO, -ENOTUNIQ. */
int state_find(json_object *state, const char *who, json_object **ret);

#endif
