/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between tracker.c, boots.c and witness.c. */
#ifndef AVICD_CORE_TRACKER_PRIVATE_H
#define AVICD_CORE_TRACKER_PRIVATE_H

#include "avicd/tracker.h"

/* tracker_vm() - find or make; NULL on -ENOMEM. */
struct vm *tracker_vm(struct tracker *t, const struct vm_id *id, uint64_t now);
void vm_replaced(struct tracker *t, struct vm *vm, uint64_t now);
void evaluate(struct tracker *t, struct vm *vm, uint64_t now);
void tracker_act(struct tracker *t, const struct action *a);
void tracker_health(struct tracker *t);
/* boots_by_trace() - guest resets that the entry counted since it was read last. */
void boots_by_trace(struct tracker *t, struct vm *vm, const struct entry *e);

#endif
