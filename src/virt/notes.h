/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a connection's own thread still has to look at: domains, first come first served, each at most once. */
#ifndef AVICD_VIRT_NOTES_H
#define AVICD_VIRT_NOTES_H

#include "avicd/domain.h"
#include "avicd/hash.h"

#define NOTES_LIMIT 65536

struct note;

/* Zero-initialise. The caller locks. */
struct notes {
	struct note *head;
	struct note *tail;
	size_t n;
	struct hash index;
};

/* notes_add() - 0: @uuid waits (now, or already did); -ENOBUFS, -ENOMEM. */
int notes_add(struct notes *notes, const char *uuid);
/* notes_add_mark() - everything added before it comes out before it. -ENOMEM. */
int notes_add_mark(struct notes *notes);
/* notes_take() - 0: empty; 1: *uuid holds the next domain, or "" for a mark. */
int notes_take(struct notes *notes, char uuid[static DOMAIN_UUID_MAX]);
void notes_clear(struct notes *notes);

#endif
