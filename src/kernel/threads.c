/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose thread a record's pid is. */
#include <stdio.h>
#include <time.h>

#include "avicd/file.h"
#include "avicd/proc.h"
#include "kernel/threads.h"

/* Numbers of threads are not used again within a second: the kernel hands out all others first. */
#define REMEMBER_NS NSEC_PER_SEC
#define MAX_THREADS 65536
/* A guest that has not run for so long after its process began is not being made any more. */
#define YOUNG_NS (30 * NSEC_PER_SEC)

struct thread_home {
	struct vm_id id;
	uint64_t looked_at;
};

void threads_done(struct threads *t)
{
	HASH_FOREACH(&t->by_tid, slot)
		free(slot->value);
	hash_done(&t->by_tid);
}

int threads_find(struct threads *t, int32_t tid, uint64_t now, struct vm_id *ret)
{
	struct thread_home *h = hash_get(&t->by_tid, (uint32_t)tid);
	struct vm_id id;
	int r;

	if (h && now - h->looked_at < REMEMBER_NS) {
		*ret = h->id;
		return 0;
	}
	r = proc_tgid(tid, &id.tgid);
	if (r < 0)
		return r;
	r = proc_start(id.tgid, &id.start);
	if (r < 0)
		return r;
	if (!h) {
		if (t->by_tid.n >= MAX_THREADS)
			threads_done(t);
		h = malloc(sizeof(*h));
		if (!h)
			return -ENOMEM;
		r = hash_put(&t->by_tid, (uint32_t)tid, h);
		if (r < 0) {
			free(h);
			return r;
		}
	}
	h->id = id;
	h->looked_at = now;
	*ret = id;
	return 0;
}

bool thread_ran_guest(const struct vm_id *id, int32_t tid)
{
	_cleanup_free_ char *s = NULL;
	unsigned long long guest_ticks = 0;
	struct timespec now;
	char path[64], *p;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", id->tgid, tid);
	if (sysroot_read(path, 65536, &s, NULL) < 0)
		return true;
	/* field 2 is the name, which may hold anything; field 43, guest_time, is the 41st behind its last ')' */
	p = strrchr(s, ')');
	for (int field = 2; p && field < 43; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	if (!p || sscanf(p, "%llu", &guest_ticks) != 1)
		return true;
	if (guest_ticks)
		return true;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC > id->start + YOUNG_NS;
}
