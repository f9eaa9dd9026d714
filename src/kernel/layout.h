/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the fields of our two events lie in a raw record. */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#include "kernel/instance.h"

struct place {
	int offset, size;
};

struct layout {
	size_t page_size;	/* what a read of trace_pipe_raw gives at once */
	int inhibit_id, tsc_id; /* tsc_id -1: the kernel has no such event */
	struct place type, pid, reason, set, mask, vcpu, offset;
};

/*
 * layout_read() - from the format files. Known only while kvm is loaded, and another one when it is loaded again.
 * -EOPNOTSUPP: not as expected.
 */
int layout_read(const struct instance *i, struct layout *ret);
/* place_read() - the number at @p of a record of @size bytes; false: it lies outside. */
bool place_read(struct place p, const char *rec, int size, uint64_t *ret);

#endif
