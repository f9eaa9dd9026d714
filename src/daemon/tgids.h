/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of process ids: loops over VMs whose body may remove VMs go over such a list. */
#ifndef AVICD_DAEMON_TGIDS_H
#define AVICD_DAEMON_TGIDS_H

#include <stdint.h>

#include "avicd/util.h"

struct tgids {
	int32_t *v;
	size_t n, size;
};

static inline int tgids_add(struct tgids *t, int32_t tgid)
{
	if (t->n == t->size) {
		size_t size = t->size ? t->size * 2 : 16;
		int32_t *v = reallocarray(t->v, size, sizeof(*v));

		if (!v)
			return -ENOMEM;
		t->v = v;
		t->size = size;
	}
	t->v[t->n++] = tgid;
	return 0;
}

static inline void tgids_done(struct tgids *t)
{
	free_p(&t->v);
	*t = (struct tgids){};
}
#define _cleanup_tgids_ _cleanup_(tgids_done)

#endif
