/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The book: what was done about which VM. Small lists: jobs are few, and VMs with a past are those of the last window. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avicd/remedy.h"
#include "avicd/text.h"
#include "avicd/util.h"

char *remedy_key(const char *uuid, const struct vm_id *id, char buf[static DOMAIN_UUID_MAX])
{
	if (*uuid)
		snprintf(buf, DOMAIN_UUID_MAX, "%s", uuid);
	else
		snprintf(buf, DOMAIN_UUID_MAX, "vm-%d-%llu", (int)id->tgid,
			 (unsigned long long)(id->start / START_TICK_NS));
	return buf;
}

bool remedy_key_ok(const char *key)
{
	size_t n = strlen(key);

	if (startswith(key, "vm-"))
		return n > 3 && n < DOMAIN_UUID_MAX && strspn(key + 3, "0123456789-") == n - 3;
	return uuid_is_valid(key);
}

void book_done(struct remedy_book *b)
{
	free(b->past);
	free(b->jobs);
	*b = (struct remedy_book){0};
}

/* Where @uuid is, or would be. */
static size_t place_of(const struct remedy_book *b, const char *uuid)
{
	size_t lo = 0, hi = b->n_past;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(b->past[mid].uuid, uuid) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct remedy_past *find_past(const struct remedy_book *b, const char *uuid)
{
	size_t i = place_of(b, uuid);

	return i < b->n_past && streq(b->past[i].uuid, uuid) ? &b->past[i] : NULL;
}

const struct remedy_past *book_past(const struct remedy_book *b, const char *uuid)
{
	return find_past(b, uuid);
}

const struct remedy_job *book_job(const struct remedy_book *b, const char *id)
{
	for (size_t i = 0; i < b->n_jobs; i++)
		if (streq(b->jobs[i].id, id))
			return &b->jobs[i];
	return NULL;
}

const struct remedy_job *book_job_of(const struct remedy_book *b, const char *uuid)
{
	for (size_t i = 0; i < b->n_jobs; i++)
		if (streq(b->jobs[i].uuid, uuid))
			return &b->jobs[i];
	return NULL;
}

/* Room for one more; what is there stays where it is in the order. */
static int make_room(void **list, size_t *size, size_t n, size_t each)
{
	size_t more = MAX(2 * n, (size_t)8);
	void *p;

	if (n < *size)
		return 0;
	p = reallocarray(*list, more, each);
	if (!p)
		return -ENOMEM;
	*list = p;
	*size = more;
	return 0;
}

/* -ENOMEM; the past of @uuid, empty when there was none. */
static int past_of(struct remedy_book *b, const char *uuid, struct remedy_past **ret)
{
	size_t i = place_of(b, uuid);

	if (i == b->n_past || !streq(b->past[i].uuid, uuid)) {
		if (make_room((void **)&b->past, &b->size_past, b->n_past, sizeof(*b->past)) < 0)
			return -ENOMEM;
		memmove(b->past + i + 1, b->past + i, (b->n_past++ - i) * sizeof(*b->past));
		b->past[i] = (struct remedy_past){0};
		memcpy(b->past[i].uuid, uuid, strlen(uuid) + 1);
	}
	*ret = &b->past[i];
	return 0;
}

static void note_beginning(struct remedy_book *b, uint64_t at)
{
	if (b->n_begun == REMEDY_HOURLY_MAX)
		memmove(b->begun, b->begun + 1, --b->n_begun * sizeof(*b->begun));
	b->begun[b->n_begun++] = at;
}

int book_begin(struct remedy_book *b, const struct remedy_job *j)
{
	struct remedy_past *p;

	if (book_job(b, j->id) || book_job_of(b, j->uuid))
		return -EEXIST;
	if (make_room((void **)&b->jobs, &b->size_jobs, b->n_jobs, sizeof(*b->jobs)) < 0)
		return -ENOMEM;
	if (!j->dry_run) {
		if (past_of(b, j->uuid, &p) < 0)
			return -ENOMEM;
		p->remedy = j->remedy;
		p->begun_at = j->begun_at;
		note_beginning(b, j->begun_at);
	}
	b->jobs[b->n_jobs++] = *j;
	return 0;
}

int book_end(struct remedy_book *b, const struct remedy_limits *l, const char *id, const struct job_end *end,
	     uint64_t now)
{
	const struct remedy_job *j = book_job(b, id);
	struct remedy_past *p;
	size_t i;
	int r = 0;

	if (!j)
		return -ENOENT;
	i = (size_t)(j - b->jobs);
	p = find_past(b, j->uuid);
	if (p && end->departed) {
		p->departed_at = now;
		p->returned = false;
	}
	if (p && end->cured)
		p->failures = 0;
	else if (p && !end->neutral && p->failures < UINT32_MAX)
		r = ++p->failures == l->failures;
	if (!j->dry_run)
		b->ended_at = now;
	memmove(b->jobs + i, b->jobs + i + 1, (--b->n_jobs - i) * sizeof(*b->jobs));
	return r;
}

int book_arrived(struct remedy_book *b, const struct remedy_limits *l, const char *uuid, uint64_t now)
{
	struct remedy_past *p = find_past(b, uuid);

	if (!p || !p->departed_at || p->returned || now >= p->departed_at + l->window_ns)
		return 0;
	p->returned = true;
	return 1;
}

void book_prune(struct remedy_book *b, const struct remedy_limits *l, uint64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_past; i++) {
		const struct remedy_past *p = &b->past[i];
		uint64_t last = MAX(p->begun_at, p->departed_at);
		uint64_t windows = p->returned ? PING_PONG_WINDOWS : 1;

		/* failures are for a person to look at, however long that takes; but not for ever: a week */
		if (now < last + windows * l->window_ns || (p->failures && now < last + 7 * 24 * 3600 * NSEC_PER_SEC) ||
		    book_job_of(b, p->uuid))
			b->past[n++] = *p;
	}
	b->n_past = n;
}
