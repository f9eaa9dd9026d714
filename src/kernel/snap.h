/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the snapshot iterator -> one call a struct kvm, vCPUs sorted, duplicates of dup'ed files removed. */
#ifndef AVICD_KERNEL_SNAP_H
#define AVICD_KERNEL_SNAP_H

#include "avicd/trace.h"

/* snap_read() - reads records from @fd to its end, then calls @fn. -EIO on a partial record; what @fn returned when not 0. */
int snap_read(int fd, trace_snap_fn fn, void *userdata);

#endif
