/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records on their way to the writer's thread: copies in one list, in order. Private to the room; no lock of its own. */
#ifndef AVICD_STORE_HISTORY_QUEUE_H
#define AVICD_STORE_HISTORY_QUEUE_H

#include "avicd/history.h"

struct history_item {
	struct history_item *next;
	struct history_record record; /* its strings lie behind it */
};

struct history_list {
	struct history_item *first, *last;
	size_t n;
};

/* history_copy() - NULL: no memory. Freed by free(). */
struct history_item *history_copy(const struct history_record *r);
void history_list_add(struct history_list *l, struct history_item *item);
/* history_list_before() - @front goes before what @l holds; it is empty then. */
void history_list_before(struct history_list *l, struct history_list *front);
struct history_list history_list_take(struct history_list *l);
void history_list_done(struct history_list *l);

#endif
