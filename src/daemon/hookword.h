/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last word of the libvirt hook about each domain: shown with its VM, and taken away when nobody needs it any more. */
#ifndef AVICD_DAEMON_HOOKWORD_H
#define AVICD_DAEMON_HOOKWORD_H

#include <json-c/json.h>

#include "avicd/tracker.h"

struct manager;

/* hookword_json() - {at, seconds, decision, text}; NULL where the hook said nothing, or what is there cannot be believed. Caller puts. */
json_object *hookword_json(const struct manager *m, const struct vm *vm);
/* hookword_ended() - the process of @vm ended: what was said before its start goes with it, what came later is of the next start. */
void hookword_ended(const struct manager *m, const struct vm *vm);
/* hookword_sweep() - what is a day old, of domains without a VM; does something once an hour. */
void hookword_sweep(struct manager *m);

#endif
