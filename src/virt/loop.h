/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that runs libvirt's default event loop. */
#ifndef AVICD_VIRT_LOOP_H
#define AVICD_VIRT_LOOP_H

#include "avicd/util.h"

struct loop;

/*
 * loop_start() - must come before any connection is opened. -ENOMEM, -EIO (libvirt would not start), -errno of the
 * thread.
 */
int loop_start(struct loop **ret);
/* loop_stop() - 0: ended, freed; -ETIMEDOUT: left behind with what it uses. */
int loop_stop(struct loop *l, uint64_t deadline_ns);

#endif
