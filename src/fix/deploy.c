/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The livepatch from the wish to the proof, and back; see avicd/deploy.h. */
#include <assert.h>
#include <stdio.h>

#include "avicd/deploy.h"

/* A host may be too busy for a proof in time; a few times that is no answer. */
#define PROBES_MAX 3

static const char *const states[] = {
	[DEPLOY_NONE] = "none",	      [DEPLOY_CHECKING] = "checking",
	[DEPLOY_LOADING] = "loading", [DEPLOY_TRANSITION] = "transition",
	[DEPLOY_PROBING] = "probing", [DEPLOY_VERIFIED] = "verified",
	[DEPLOY_UNDOING] = "undoing", [DEPLOY_FAILED] = "failed",
	[DEPLOY_FOREIGN] = "foreign",
};
static_assert(ARRAY_SIZE(states) == _DEPLOY_MAX, "a word for each state");

const char *deploy_state_to_string(enum deploy_state s)
{
	return (unsigned)s < _DEPLOY_MAX ? states[s] : "none";
}

bool deploy_busy(const struct deploy *d)
{
	switch (d->state) {
	case DEPLOY_CHECKING:
	case DEPLOY_LOADING:
	case DEPLOY_TRANSITION:
	case DEPLOY_PROBING:
	case DEPLOY_UNDOING:
		return true;
	default:
		return false;
	}
}

static unsigned go(struct deploy *d, enum deploy_state state, unsigned todo)
{
	d->state = state;
	d->probes = 0;
	return todo | DEPLOY_DO_TELL;
}

/* A change is over. */
static unsigned end(struct deploy *d, enum deploy_state state, enum livepatch_outcome o, const char *why, unsigned todo)
{
	d->outcome = o;
	snprintf(d->why, sizeof(d->why), "%s", why ? why : "");
	return go(d, state, todo);
}

/* It goes, because of @o; nothing else is known until it is away. */
static unsigned undo(struct deploy *d, enum livepatch_outcome o, const char *why, unsigned todo)
{
	return end(d, DEPLOY_UNDOING, o, why, todo | DEPLOY_DO_UNLOAD);
}

static unsigned wait_for_tasks(struct deploy *d, uint64_t now, uint64_t deadline_ns)
{
	d->begun_at = now;
	d->deadline = now + deadline_ns;
	d->signalled = false;
	return go(d, DEPLOY_TRANSITION, DEPLOY_DO_POLL);
}

unsigned deploy_begin(struct deploy *d, bool heal)
{
	d->heal = heal;
	d->why[0] = '\0';
	d->outcome = OUTCOME_DONE;
	/* One that is there is proved once more. Whoever loaded it, from now on it is ours: what does not cure goes. */
	if (d->state != DEPLOY_NONE) {
		d->ours = true;
		return go(d, DEPLOY_PROBING, DEPLOY_DO_PROBE);
	}
	return go(d, DEPLOY_CHECKING, DEPLOY_DO_PROBE);
}

unsigned deploy_rollback(struct deploy *d)
{
	d->heal = false;
	if (d->state == DEPLOY_NONE)
		return end(d, DEPLOY_NONE, OUTCOME_NOT_NEEDED, "no livepatch of avicd's is loaded", DEPLOY_DO_FORGET);
	return undo(d, OUTCOME_DONE, "rolled back", 0);
}

unsigned deploy_found(struct deploy *d, bool trying, bool verified, uint64_t now, uint64_t deadline_ns)
{
	if (d->state != DEPLOY_NONE)
		return 0;
	d->ours = trying || verified;
	d->heal = false;
	d->outcome = OUTCOME_DONE;
	d->why[0] = '\0';
	if (trying)
		return wait_for_tasks(d, now, deadline_ns);
	return go(d, verified ? DEPLOY_PROBING : DEPLOY_FOREIGN, DEPLOY_DO_PROBE);
}

static unsigned checked(struct deploy *d, bool vulnerable, const struct probe_answer *reboot)
{
	if (vulnerable)
		return go(d, DEPLOY_LOADING, DEPLOY_DO_LOAD);
	if (reboot->result == PROBE_FIXED)
		return end(d, DEPLOY_NONE, OUTCOME_NOT_NEEDED, "the probe finds no bug in this kernel", 0);
	return end(d, DEPLOY_NONE, OUTCOME_UNPROVABLE, reboot->why, 0);
}

unsigned deploy_probed(struct deploy *d, const struct probe_answer answers[static _PROBE_BUG_MAX])
{
	const struct probe_answer *reboot = &answers[PROBE_REBOOT];
	bool vulnerable = false, late = false;

	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		vulnerable |= answers[b].result == PROBE_VULNERABLE;
		late |= answers[b].late;
	}
	if (late && !vulnerable && (d->state == DEPLOY_CHECKING || d->state == DEPLOY_PROBING) &&
	    ++d->probes < PROBES_MAX)
		return DEPLOY_DO_PROBE;
	switch (d->state) {
	case DEPLOY_CHECKING:
		return checked(d, vulnerable, reboot);
	case DEPLOY_PROBING:
		if (!vulnerable && reboot->result == PROBE_FIXED)
			return end(d, DEPLOY_VERIFIED, OUTCOME_DONE, "the probe finds the bug no more",
				   DEPLOY_DO_MARK | (d->heal ? DEPLOY_DO_HEAL : 0));
		return undo(d, OUTCOME_VERIFICATION_FAILED,
			    vulnerable ? "with it the probe still found the bug"
				       : "with it the probe proved nothing any more",
			    0);
	case DEPLOY_FOREIGN:
		/* without a mark: nobody asked for it to be there after the next boot */
		if (!vulnerable && reboot->result == PROBE_FIXED)
			return end(d, DEPLOY_VERIFIED, OUTCOME_DONE, "loaded by somebody else, the probe finds no bug",
				   0);
		break;
	case DEPLOY_VERIFIED:
		if (vulnerable)
			return end(d, DEPLOY_FAILED, OUTCOME_VERIFICATION_FAILED,
				   "the probe finds the bug again", DEPLOY_DO_FORGET);
		break;
	default:
		break;
	}
	return 0;
}

unsigned deploy_refused(struct deploy *d, enum livepatch_outcome o, const char *why)
{
	return end(d, DEPLOY_NONE, o, why, 0);
}

unsigned deploy_helper(struct deploy *d, enum livepatch_outcome o, const char *why, uint64_t now, uint64_t deadline_ns)
{
	switch (d->state) {
	case DEPLOY_LOADING:
		d->ours = true;
		if (o == OUTCOME_DONE)
			return wait_for_tasks(d, now, deadline_ns);
		return end(d, DEPLOY_NONE, o, why, DEPLOY_DO_FORGET);
	case DEPLOY_UNDOING:
		/* what is known of the kernel was proved with it */
		if (o == OUTCOME_DONE || o == OUTCOME_NOT_NEEDED)
			return go(d, DEPLOY_NONE, DEPLOY_DO_FORGET | DEPLOY_DO_PROBE);
		/* not at the next boot again, whatever becomes of it in this one */
		return end(d, DEPLOY_FAILED, d->outcome == OUTCOME_DONE ? o : d->outcome, why, DEPLOY_DO_FORGET);
	default:
		return 0;
	}
}

static unsigned in_transition(struct deploy *d, const struct livepatch_patch *p, uint64_t now)
{
	if (p->patched && p->enabled && !p->transition)
		return go(d, DEPLOY_PROBING, DEPLOY_DO_PROBE);
	if (now >= d->deadline)
		return undo(d, OUTCOME_STALLED, "tasks went on in the old code until the deadline", DEPLOY_DO_STALLED);
	if (!d->signalled && now - d->begun_at >= (d->deadline - d->begun_at) / 2) {
		d->signalled = true;
		return DEPLOY_DO_STALLED | DEPLOY_DO_SIGNAL | DEPLOY_DO_POLL | DEPLOY_DO_TELL;
	}
	return DEPLOY_DO_POLL;
}

unsigned deploy_patch(struct deploy *d, const struct livepatch_patch *p, uint64_t now)
{
	switch (d->state) {
	case DEPLOY_TRANSITION:
		if (p->loaded)
			return in_transition(d, p, now);
		return end(d, DEPLOY_NONE, OUTCOME_FAILED, "somebody else unloaded it",
			   DEPLOY_DO_FORGET | DEPLOY_DO_PROBE);
	case DEPLOY_VERIFIED:
	case DEPLOY_FAILED:
	case DEPLOY_FOREIGN:
		if (p->loaded && p->enabled)
			return 0;
		return end(d, DEPLOY_NONE, OUTCOME_DONE, "somebody else unloaded it", DEPLOY_DO_PROBE);
	default:
		return 0;
	}
}
