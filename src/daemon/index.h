/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Active domains by UUID. Two libvirt daemons may know the same UUID, so the URI is part of the key. */
#ifndef AVICD_DAEMON_INDEX_H
#define AVICD_DAEMON_INDEX_H

#include "avicd/domain.h"
#include "avicd/hash.h"

struct indexed {
	struct domain domain;
	bool seen; /* named since the last sweep */
	struct indexed *next;
};

/* index_put() - add or renew, and mark as seen. -ENOMEM. */
int index_put(struct hash *index, const struct domain *d);
struct indexed *index_get(const struct hash *index, const char *uuid, const char *uri);
/* index_best() - of any URI: one that runs before one that does not. NULL for the UUID "". */
const struct indexed *index_best(const struct hash *index, const char *uuid);
void index_remove(struct hash *index, const char *uuid, const char *uri);
/* index_sweep() - drop the domains of @uri that were not seen, take the mark from the others. index_forget() - drop all of @uri. */
void index_sweep(struct hash *index, const char *uri);
void index_forget(struct hash *index, const char *uri);
void index_done(struct hash *index);

#endif
