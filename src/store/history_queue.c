/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records on their way to the writer's thread. */
#include "store/history_queue.h"

/* The strings of a record. */
static const size_t strings[] = {
	offsetof(struct history_record, vm.key),	offsetof(struct history_record, vm.uuid),
	offsetof(struct history_record, vm.name),	offsetof(struct history_record, vm.process),
	offsetof(struct history_record, was),		offsetof(struct history_record, event),
	offsetof(struct history_record, text),		offsetof(struct history_record, condition),
	offsetof(struct history_record, old_condition), offsetof(struct history_record, cause),
	offsetof(struct history_record, reason),	offsetof(struct history_record, reasons),
	offsetof(struct history_record, health),	offsetof(struct history_record, detail),
};

static const char **string_of(struct history_record *r, size_t i)
{
	return (const char **)((char *)r + strings[i]);
}

struct history_item *history_copy(const struct history_record *r)
{
	struct history_record old = *r;
	struct history_item *item;
	size_t size = 0;
	char *p;

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		size += *string_of(&old, i) ? strlen(*string_of(&old, i)) + 1 : 0;
	item = malloc(sizeof(*item) + size);
	if (!item)
		return NULL;
	*item = (struct history_item){.record = old};
	p = (char *)(item + 1);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		const char **s = string_of(&item->record, i);
		size_t len;

		if (!*s)
			continue;
		len = strlen(*s) + 1;
		*s = memcpy(p, *s, len);
		p += len;
	}
	return item;
}

void history_list_add(struct history_list *l, struct history_item *item)
{
	if (l->last)
		l->last->next = item;
	else
		l->first = item;
	l->last = item;
	l->n++;
}

void history_list_before(struct history_list *l, struct history_list *front)
{
	if (!front->first)
		return;
	front->last->next = l->first;
	l->first = front->first;
	if (!l->last)
		l->last = front->last;
	l->n += front->n;
	*front = (struct history_list){0};
}

struct history_list history_list_take(struct history_list *l)
{
	struct history_list all = *l;

	*l = (struct history_list){0};
	return all;
}

void history_list_done(struct history_list *l)
{
	for (struct history_item *i = l->first, *next; i; i = next) {
		next = i->next;
		free(i);
	}
	*l = (struct history_list){0};
}
