/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between stalled.c and its test. */
#ifndef AVICD_KERNEL_STALLED_H
#define AVICD_KERNEL_STALLED_H

#include "avicd/stalled.h"
#include "kernel/bpf/stalled_shared.h"

/* stalled_from_rec() - @ret from a record; nothing in it is believed. -ENOMEM. */
int stalled_from_rec(const struct stalled_rec *rec, struct stalled_task *ret);
/* stalled_read() - records of @fd, up to its end or to @max. How many; -EIO: it ends within one; errors of read(). */
int stalled_read(int fd, struct stalled_task *ret, size_t max);

#endif
