/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the libvirt hook does about one operation of one domain. Pure. */
#ifndef HOOK_DECIDE_H
#define HOOK_DECIDE_H

#include "avicd/preflight.h"
#include "avicd/settings.h"

/* The operations of libvirt's qemu hook that concern us; all others are let go unseen. */
enum hook_op { HOOK_PREPARE, HOOK_START, HOOK_MIGRATE, HOOK_RESTORE, _HOOK_OP_MAX };
/* decide_op() - the operation by its libvirt word and suboperation; -EINVAL for every other. */
int decide_op(const char *word, const char *sub);
/* decide_leaves_mark() - this operation tells that the next prepare and start are of a guest that runs already. */
bool decide_leaves_mark(enum hook_op op);

struct hook_case {
	enum hook_op op;
	enum hook_policy policy;
	bool enforce_incoming;
	uint32_t large_vcpus;
	enum domxml_mode mode; /* of avicd.conf and the domain's own avic:policy */
	uint32_t vcpus;
	enum preflight_verdict verdict;
	bool host_fresh; /* host.json says what this host is now */
	bool host_off;	 /* no domain has AVIC here */
	bool marked;	 /* restored or incoming, or it cannot be told that it is not */
};

enum hook_decision { HOOK_GO, HOOK_WARN, HOOK_REFUSE };

/* decide_requires() - the domain requires AVIC: it says so, or it is large and does not say otherwise. */
bool decide_requires(const struct hook_case *c);
/* decide() - HOOK_REFUSE only by policy=enforce. HOOK_WARN at `start` alone, so that one start has one line in the
 * journal. */
enum hook_decision decide(const struct hook_case *c);

#endif
