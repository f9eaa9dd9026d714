/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both sides of a migration, asked. */
#ifndef AVICD_JOB_SIGHT_H
#define AVICD_JOB_SIGHT_H

#include "job/run.h"
#include "job/where.h"

/*
 * sight_take() - asks here, and at r->state.target; each 20 s at most. Opens libvirt here again where it was lost. sight_listen() - to how the
 * domain ends, after run_find(): what is transient leaves nothing that could be asked. sight_take() does it, too.
 */
void sight_listen(struct run *r);
void sight_take(struct run *r, struct sight *ret);

#endif
