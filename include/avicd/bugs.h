/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bugs of KVM that leave a VM inhibited though nothing is wrong with it, and what is proved of them on the running
 * kernel. probe.h proves.
 */
#ifndef AVICD_BUGS_H
#define AVICD_BUGS_H

#include <stdbool.h>
#include <stdint.h>

enum probe_bug { PROBE_REBOOT, PROBE_DISABLED, PROBE_LARGE_ID, _PROBE_BUG_MAX };

/* Phrases in lower case, to stand in a sentence. Which commit is its fix, and which versions have it: advisory_of_probe(). */
struct bug_info {
	const char *word;   /* "reboot": in JSON, on command lines */
	const char *name;   /* "the reboot bug" */
	const char *effect; /* what happens to whom */
};
/* bug_info() - never NULL for a bug of the enum. bug_from_word() - -EINVAL. */
const struct bug_info *bug_info(enum probe_bug b);
int bug_from_word(const char *word);

enum probe_result { PROBE_UNPROVABLE, PROBE_VULNERABLE, PROBE_FIXED, _PROBE_MAX };
const char *probe_result_to_string(enum probe_result p);

/* What is known of one bug. All zero: nothing was probed. */
#define PROBE_WHY_MAX 256
struct probe_answer {
	enum probe_result result;
	char why[PROBE_WHY_MAX];   /* a phrase; "" when nothing was probed */
	uint64_t at;		   /* wall clock, microseconds since 1970; 0 = not probed */
	bool late;		   /* unprovable because it took too long: worth another try */
	bool patched;		   /* proved with livepatches on: it tells nothing of the kernel before them */
	uint64_t vulnerable_until; /* monotonic ns: a patch cured it then, the kernel had it before; 0 = no such time */
};

/*
 * probe_answer_update() - a new probe answered @got at monotonic time @now. What was proved stays when a later probe
 * proves nothing: only another kvm, of which nothing is known yet (all zero), begins anew. Returns whether the result
 * is another one.
 */
bool probe_answer_update(struct probe_answer *have, const struct probe_answer *got, uint64_t now);
/* probe_answer_doubt() - the kernel was patched, or a patch taken away: that a bug is fixed is no longer proved. Returns whether it was. */
bool probe_answer_doubt(struct probe_answer *a);
/* probe_answer_had() - did the kernel have the bug at monotonic time @at, as far as is proved? */
bool probe_answer_had(const struct probe_answer *a, uint64_t at);

#endif
