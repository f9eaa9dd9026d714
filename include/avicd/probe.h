/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe: which of the bugs of bugs.h the running kernel has, proved by what it does, never by its version.
 *
 * DOC: Theory of Operation
 *
 * For each bug a process avicd-probe makes a VM of its own and plays the bug through in it. Its process id is excluded
 * in the trace source first (trace_exclude()), so that it is no VM for anybody else; then its mask is read there.
 * APIC_ID_MODIFIED in it is the bug. A mask without it proves something only when it shows the inhibit that avicd-probe
 * sets last on purpose: else the answer is unprovable, never fixed.
 */
#ifndef AVICD_PROBE_H
#define AVICD_PROBE_H

#include <sys/types.h>

#include "avicd/bugs.h"
#include "avicd/host.h"
#include "avicd/trace.h"
#include "avicd/util.h"

/* So long a bug may take; some 10 ms are usual, more than 2 s were seen on an emulated CPU. */
#define PROBE_DEADLINE_NS (4 * NSEC_PER_SEC)

/* All of it must outlive the probe, but for source_why, which is used in the first probe_step() only. */
struct probe_setup {
	struct trace_source *source; /* NULL: there is none, */
	const char *source_why;	     /* because of this, or NULL */
	const struct numbering *numbering;
	const struct host *host;
	const char *program; /* NULL: avicd-probe as installed, or in $AVICD_LIBEXECDIR */
	/* reads what the trace source has for us; NULL: trace_dispatch(), whose news are dropped */
	void (*dispatch)(void *userdata);
	void *userdata;
};

struct probe;
/* probe_start() - of all bugs, one after the other. -ENOMEM and the like; what goes wrong later is an answer. */
int probe_start(const struct probe_setup *setup, struct probe **ret);
/*
 * probe_step() - goes on as far as possible without waiting. False: call it again when probe_fd() is readable, at
 * probe_due() (monotonic ns) at the latest. True: over, the answers are in probe_answers().
 */
bool probe_step(struct probe *p);
int probe_fd(const struct probe *p);
uint64_t probe_due(const struct probe *p);
/* probe_answers() - _PROBE_BUG_MAX of them. */
const struct probe_answer *probe_answers(const struct probe *p);
/* probe_free() - ends its processes too. */
struct probe *probe_free(struct probe *p);
/*
 * probe_end() - the same, and returns how many of them hang in the kernel, killed. *ret has their process ids, which stay excluded as long as
 * the caller has not seen their end by probe_reap(): each may still have a VM, and no other process gets its number before.
 */
size_t probe_end(struct probe *p, pid_t ret[static _PROBE_BUG_MAX]);
/* probe_reap() - has @pid of probe_end() ended? Then it is taken off, and no longer excluded in @source, which may be NULL. */
bool probe_reap(pid_t pid, struct trace_source *source);
DEFINE_CLEANUP(struct probe, probe_free)

/* probe_run() - all of it, for who may wait. 0, or the error of probe_start(). */
int probe_run(const struct probe_setup *setup, struct probe_answer ret[static _PROBE_BUG_MAX]);

/*
 * probe_version_says() - what the version suggests of a bug, a phrase, to explain: "version 6.1.3 suggests: vulnerable". @version:
 * /proc/version or "". Returns @buf, "" when it says nothing.
 */
#define PROBE_SAYS_MAX 160
char *probe_version_says(enum probe_bug b, const struct host *host, const char *version,
			 char buf[static PROBE_SAYS_MAX]);

#endif
