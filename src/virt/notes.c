/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a connection's own thread still has to look at: domains, first come first served, each at most once. */
#include "virt/notes.h"

struct note {
	struct note *next;
	char uuid[DOMAIN_UUID_MAX];
};

/* FNV-1a. Two UUIDs of one key only cost the second its place in the index: it may then wait twice. */
static uint64_t note_key(const char *uuid)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *uuid; uuid++)
		h = (h ^ (unsigned char)*uuid) * 0x100000001b3ULL;
	return h;
}

static int notes_append(struct notes *notes, const char *uuid, struct note **ret)
{
	struct note *note = calloc(1, sizeof(*note));

	if (!note)
		return -ENOMEM;
	memcpy(note->uuid, uuid, strnlen(uuid, sizeof(note->uuid) - 1));
	if (notes->tail)
		notes->tail->next = note;
	else
		notes->head = note;
	notes->tail = note;
	notes->n++;
	*ret = note;
	return 0;
}

int notes_add(struct notes *notes, const char *uuid)
{
	uint64_t key = note_key(uuid);
	struct note *note = hash_get(&notes->index, key);
	bool indexed = note;
	int r;

	if (note && streq(note->uuid, uuid))
		return 0;
	if (notes->n >= NOTES_LIMIT)
		return -ENOBUFS;
	r = notes_append(notes, uuid, &note);
	if (r < 0)
		return r;
	/* Without its place in the index it is still taken in its turn. */
	if (!indexed)
		(void)hash_put(&notes->index, key, note);
	return 0;
}

int notes_add_mark(struct notes *notes)
{
	struct note *note;

	return notes_append(notes, "", &note);
}

int notes_take(struct notes *notes, char uuid[static DOMAIN_UUID_MAX])
{
	struct note *note = notes->head;
	uint64_t key;

	if (!note)
		return 0;
	notes->head = note->next;
	if (!notes->head)
		notes->tail = NULL;
	notes->n--;
	key = note_key(note->uuid);
	if (hash_get(&notes->index, key) == note)
		hash_remove(&notes->index, key);
	memcpy(uuid, note->uuid, sizeof(note->uuid));
	free(note);
	return 1;
}

void notes_clear(struct notes *notes)
{
	while (notes->head) {
		struct note *note = notes->head;

		notes->head = note->next;
		free(note);
	}
	hash_done(&notes->index);
	*notes = (struct notes){};
}
