/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The livepatch from the wish to the proof, and back: a pure machine. It knows no file, no bus and no clock; who drives it carries out
 * what each call returns, and comes back with what came of it.
 *
 *   none ----> checking (probe) ----> loading (unit) ----> transition ----> probing ----> verified
 *    ^            | not needed,          | refused            | deadline       | the bug is still there
 *    +------------+ unprovable ----------+                    +--> undoing <---+ <--- rollback
 *    +----------------------------------------------------------------+
 *
 * One that is found loaded goes on where it is: with the mark of a try of this boot in transition; one that was verified before, or of
 * which nothing is known, is probed.
 */
#ifndef AVICD_DEPLOY_H
#define AVICD_DEPLOY_H

#include "avicd/bugs.h"
#include "avicd/livepatch.h"

enum deploy_state {
	DEPLOY_NONE,	   /* nothing is loaded */
	DEPLOY_CHECKING,   /* is the bug there? */
	DEPLOY_LOADING,	   /* avicd-livepatch@load is at it */
	DEPLOY_TRANSITION, /* tasks arrive in the new code */
	DEPLOY_PROBING,	   /* is the bug gone? */
	DEPLOY_VERIFIED,   /* proved */
	DEPLOY_UNDOING,	   /* avicd-livepatch@unload is at it */
	DEPLOY_FAILED,	   /* loaded, of no use, and it cannot be taken away */
	DEPLOY_FOREIGN,	   /* loaded by nobody we know of; not proved yet, or not of use; never taken away unasked */
	_DEPLOY_MAX,
};
/* deploy_state_to_string() - "none", "checking", ... */
const char *deploy_state_to_string(enum deploy_state s);

/* What is to be done, in the order of the bits. */
enum deploy_todo {
	DEPLOY_DO_MARK = 1 << 0,    /* remove `trying`, write `verified`, both with the files on the disk */
	DEPLOY_DO_FORGET = 1 << 1,  /* remove both marks */
	DEPLOY_DO_STALLED = 1 << 2, /* remember the tasks that have not arrived */
	DEPLOY_DO_LOAD = 1 << 3,    /* look whether it may be (else deploy_refused()), write `trying`, start the unit */
	DEPLOY_DO_SIGNAL = 1 << 4,  /* start avicd-livepatch@signal */
	DEPLOY_DO_UNLOAD = 1 << 5,  /* start avicd-livepatch@unload */
	DEPLOY_DO_PROBE = 1 << 6,   /* all bugs, then deploy_probed() */
	DEPLOY_DO_POLL = 1 << 7,    /* deploy_patch() in DEPLOY_POLL_NS */
	DEPLOY_DO_HEAL = 1 << 8,    /* the VMs that the bug has left stuck */
	DEPLOY_DO_TELL = 1 << 9,    /* state or outcome is another one */
};
#define DEPLOY_POLL_NS (100 * NSEC_PER_MSEC)

struct deploy {
	enum deploy_state state;
	enum livepatch_outcome outcome; /* of the last change that ended; DONE before the first */
	char why[LIVEPATCH_WHY_MAX];	/* of state and outcome, a phrase; "" */
	bool ours;			/* we loaded it, or know its mark: what does not hold is undone */
	bool heal;			/* then heal */
	bool signalled;
	unsigned probes;	     /* in a row that were too late to prove anything */
	uint64_t begun_at, deadline; /* of the transition; monotonic ns, as all times here */
};

/* deploy_busy() - a change is going on; then deploy_begin() and deploy_rollback() may not be called. */
bool deploy_busy(const struct deploy *d);
/* All return what is to be done. @why is copied, and may be NULL. */
unsigned deploy_begin(struct deploy *d, bool heal);
unsigned deploy_rollback(struct deploy *d);
/* deploy_found() - at the start: it is loaded. @trying, @verified: there is this mark, of this boot; of this kvm. */
unsigned deploy_found(struct deploy *d, bool trying, bool verified, uint64_t now, uint64_t deadline_ns);
/* deploy_probed() - whoever asked for it. */
unsigned deploy_probed(struct deploy *d, const struct probe_answer answers[static _PROBE_BUG_MAX]);
unsigned deploy_refused(struct deploy *d, enum livepatch_outcome o, const char *why);
/* deploy_helper() - the unit that was started last has ended; not that of DEPLOY_DO_SIGNAL. */
unsigned deploy_helper(struct deploy *d, enum livepatch_outcome o, const char *why, uint64_t now, uint64_t deadline_ns);
/* deploy_patch() - what the kernel says of it now. In any state: it may have gone without us. */
unsigned deploy_patch(struct deploy *d, const struct livepatch_patch *p, uint64_t now);

#endif
