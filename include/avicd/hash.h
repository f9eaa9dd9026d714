/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table from a 64-bit key to a pointer. The table owns no value. */
#ifndef AVICD_HASH_H
#define AVICD_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "avicd/util.h"

struct hash_slot {
	uint64_t key;
	void *value; /* NULL: free; removal moves followers back, so there are no tombstones */
};

struct hash {
	struct hash_slot *slots;
	size_t n_slots; /* power of two, or 0 */
	size_t n;
};

/* hash_put() - add or replace; @value not NULL. -ENOMEM. */
int hash_put(struct hash *h, uint64_t key, void *value);
void *hash_get(const struct hash *h, uint64_t key);
/* hash_remove() - returns the removed value or NULL */
void *hash_remove(struct hash *h, uint64_t key);
void hash_done(struct hash *h);

/* HASH_FOREACH() - visits each slot in use; the body must not add or remove. */
#define HASH_FOREACH(h, slot)                                                                      \
	for (struct hash_slot *slot = (h)->slots; slot && slot < (h)->slots + (h)->n_slots; slot++) \
		if (slot->value)

#endif
