/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose thread a record's pid is. */
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/proc.h"
#include "kernel/threads.h"

/* Numbers of threads are not used again within a second: the kernel hands out all others first. */
#define REMEMBER_NS NSEC_PER_SEC
#define MAX_THREADS 65536
/*
 * What a vCPU thread needs for its ioctls before the first KVM_RUN is a tenth of it; the BPF program has the same
 * limit.
 */
#define RAN_NS	    (10 * NSEC_PER_MSEC)

struct thread_home {
	struct vm_id id;
	uint64_t looked_at;
};

void threads_done(struct threads *t)
{
	HASH_FOREACH (&t->by_tid, slot)
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

void threads_forget(struct threads *t, int32_t tgid)
{
	HASH_FOREACH (&t->by_tid, slot) {
		struct thread_home *h = slot->value;

		if (h->id.tgid == tgid)
			h->looked_at = 0;
	}
}

/* CPU time of a thread, ns: exact where the kernel has schedstat, else in ticks. */
static int cpu_time(const struct vm_id *id, int32_t tid, uint64_t *ret)
{
	_cleanup_free_ char *exact = NULL, *stat = NULL;
	unsigned long long ns, user, system;
	long hz = sysconf(_SC_CLK_TCK);
	char path[64];
	const char *p;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", id->tgid, tid);
	if (sysroot_read(path, 4096, &exact, NULL) == 0 && sscanf(exact, "%llu", &ns) == 1 && ns) {
		*ret = ns;
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", id->tgid, tid);
	r = sysroot_read(path, 65536, &stat, NULL);
	if (r < 0)
		return r;
	/* field 2 is the name, which may hold anything; 14 and 15 are times */
	p = strrchr(stat, ')');
	if (hz <= 0 || !p || sscanf(p, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user, &system) != 2)
		return -EBADMSG;
	*ret = (user + system) * (NSEC_PER_SEC / (uint64_t)hz);
	return 0;
}

bool thread_ran_guest(const struct vm_id *id, int32_t tid, uint64_t ago)
{
	uint64_t ns;

	/* what it did since the record is none of it, and cannot be more than the time that passed */
	return cpu_time(id, tid, &ns) < 0 || ns > RAN_NS + ago;
}
