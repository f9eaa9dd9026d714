/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Active domains by UUID. */
#include "daemon/index.h"

/* FNV-1a. Whoever chooses UUIDs that collide makes his own chain long, and gets right answers. */
static uint64_t key_of(const char *uuid)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *uuid; uuid++)
		h = (h ^ (unsigned char)*uuid) * 0x100000001b3ULL;
	return h;
}

struct indexed *index_get(const struct hash *index, const char *uuid, const char *uri)
{
	for (struct indexed *x = hash_get(index, key_of(uuid)); x; x = x->next)
		if (streq(x->domain.uuid, uuid) && streq(x->domain.uri, uri))
			return x;
	return NULL;
}

const struct indexed *index_best(const struct hash *index, const char *uuid)
{
	const struct indexed *best = NULL;

	if (!*uuid)
		return NULL;
	for (const struct indexed *x = hash_get(index, key_of(uuid)); x; x = x->next)
		if (streq(x->domain.uuid, uuid) && (!best || (x->domain.running && !best->domain.running)))
			best = x;
	return best;
}

int index_put(struct hash *index, const struct domain *d)
{
	struct indexed *x = index_get(index, d->uuid, d->uri);
	uint64_t key = key_of(d->uuid);

	if (!x) {
		x = calloc(1, sizeof(*x));
		if (!x)
			return -ENOMEM;
		x->next = hash_get(index, key);
		if (hash_put(index, key, x) < 0) {
			free(x);
			return -ENOMEM;
		}
	}
	x->domain = *d;
	x->seen = true;
	return 0;
}

/* Filter one chain: drop what is of @uri and, unless @uuid is NULL, has this UUID; or, with @unseen, was not seen. */
static struct indexed *chain_without(struct indexed *chain, const char *uuid, const char *uri, bool unseen)
{
	struct indexed **at = &chain;

	while (*at) {
		struct indexed *x = *at;
		bool hit = streq(x->domain.uri, uri) && (!uuid || streq(x->domain.uuid, uuid));

		if (hit && !(unseen && x->seen)) {
			*at = x->next;
			free(x);
			continue;
		}
		if (hit)
			x->seen = false;
		at = &x->next;
	}
	return chain;
}

static void chain_replace(struct hash *index, uint64_t key, struct indexed *chain)
{
	if (chain)
		hash_put(index, key, chain); /* replaces, needs no memory */
	else
		hash_remove(index, key);
}

void index_remove(struct hash *index, const char *uuid, const char *uri)
{
	uint64_t key = key_of(uuid);
	struct indexed *chain = hash_get(index, key);

	if (chain)
		chain_replace(index, key, chain_without(chain, uuid, uri, false));
}

/* Removal moves slots, so the keys are gathered first. */
static void filter(struct hash *index, const char *uri, bool unseen)
{
	_cleanup_free_ uint64_t *keys = calloc(index->n + 1, sizeof(*keys));
	size_t n = 0;

	if (!keys)
		return; /* they stay until the next time */
	HASH_FOREACH(index, slot)
		keys[n++] = slot->key;
	while (n--)
		chain_replace(index, keys[n], chain_without(hash_get(index, keys[n]), NULL, uri, unseen));
}

void index_sweep(struct hash *index, const char *uri)
{
	filter(index, uri, true);
}

void index_forget(struct hash *index, const char *uri)
{
	filter(index, uri, false);
}

void index_done(struct hash *index)
{
	HASH_FOREACH(index, slot)
		for (struct indexed *x = slot->value, *next; x; x = next) {
			next = x->next;
			free(x);
		}
	hash_done(index);
}
