/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table with linear probing. Removal moves followers back into the gap, so that lookups stop at the first free slot
 * however many VMs have come and gone.
 */
#include "avicd/hash.h"

#define HASH_FIRST 16

/* Process ids are dense and cookies are pointers: both need their bits spread before the mask takes the low ones. */
static size_t home_of(const struct hash *h, uint64_t key)
{
	key ^= key >> 33;
	key *= 0xff51afd7ed558ccdULL;
	key ^= key >> 33;
	key *= 0xc4ceb9fe1a85ec53ULL;
	key ^= key >> 33;
	return (size_t)key & (h->n_slots - 1);
}

static size_t next_of(const struct hash *h, size_t i)
{
	return (i + 1) & (h->n_slots - 1);
}

/* The slot of @key, or the free one where it belongs. The table is never full. */
static size_t find(const struct hash *h, uint64_t key)
{
	size_t i = home_of(h, key);

	while (h->slots[i].value && h->slots[i].key != key)
		i = next_of(h, i);
	return i;
}

static int grow(struct hash *h)
{
	struct hash bigger = {.n_slots = h->n_slots ? h->n_slots * 2 : HASH_FIRST, .n = h->n};

	bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	HASH_FOREACH (h, slot)
		bigger.slots[find(&bigger, slot->key)] = *slot;
	free(h->slots);
	*h = bigger;
	return 0;
}

int hash_put(struct hash *h, uint64_t key, void *value)
{
	size_t i;
	int r;

	if (!value)
		return -EINVAL;
	if (h->n_slots == 0 || h->n >= h->n_slots / 4 * 3) {
		r = grow(h);
		if (r < 0)
			return r;
	}
	i = find(h, key);
	if (!h->slots[i].value)
		h->n++;
	h->slots[i] = (struct hash_slot){.key = key, .value = value};
	return 0;
}

void *hash_get(const struct hash *h, uint64_t key)
{
	return h->n_slots ? h->slots[find(h, key)].value : NULL;
}

void *hash_remove(struct hash *h, uint64_t key)
{
	size_t gap, i;
	void *value;

	if (h->n_slots == 0)
		return NULL;
	gap = find(h, key);
	value = h->slots[gap].value;
	if (!value)
		return NULL;
	for (i = next_of(h, gap); h->slots[i].value; i = next_of(h, i)) {
		size_t home = home_of(h, h->slots[i].key);
		size_t mask = h->n_slots - 1;

		/* Moves only if the gap lies between its home and where it is now: else a lookup would pass it by. */
		if (((i - home) & mask) >= ((i - gap) & mask)) {
			h->slots[gap] = h->slots[i];
			gap = i;
		}
	}
	h->slots[gap] = (struct hash_slot){0};
	h->n--;
	return value;
}

void hash_done(struct hash *h)
{
	free_p(&h->slots);
	*h = (struct hash){0};
}
