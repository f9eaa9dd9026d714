/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules by which the libvirt hook lets go, warns or refuses. */
#include <assert.h>

#include "avicd/util.h"
#include "hook/decide.h"

static const struct {
	const char *word;
	bool leaves_mark;
} ops[] = {
	[HOOK_PREPARE] = {"prepare", false},
	[HOOK_START] = {"start", false},
	[HOOK_MIGRATE] = {"migrate", true},
	[HOOK_RESTORE] = {"restore", true},
};
static_assert(ARRAY_SIZE(ops) == _HOOK_OP_MAX, "an operation without a word");

int decide_op(const char *word, const char *sub)
{
	for (int op = 0; op < _HOOK_OP_MAX; op++)
		if (streq(word, ops[op].word) && streq(sub, "begin"))
			return op;
	return -EINVAL;
}

bool decide_leaves_mark(enum hook_op op)
{
	return ops[op].leaves_mark;
}

bool decide_requires(const struct hook_case *c)
{
	/* a mode that cannot be read is none: the preflight says so */
	return policy_requires(c->mode, c->vcpus, c->large_vcpus);
}

static bool may_refuse(const struct hook_case *c)
{
	/* What is not known does not keep a VM from starting. */
	if (c->policy != POLICY_ENFORCE || !c->host_fresh)
		return false;
	/* A restore would keep its image and fail for ever; prepare, which follows, is undone at less cost. */
	if (c->op == HOOK_RESTORE)
		return false;
	return c->enforce_incoming || (c->op != HOOK_MIGRATE && !c->marked);
}

enum hook_decision decide(const struct hook_case *c)
{
	bool required = decide_requires(c);

	if (c->mode == MODE_IGNORE || c->verdict != PREFLIGHT_FAILS)
		return HOOK_GO;
	if (required && may_refuse(c))
		return HOOK_REFUSE;
	/* That the host has no AVIC is said once, by avicd, not at each start of a domain that does not ask for it. */
	return c->op == HOOK_START && (required || !c->host_off) ? HOOK_WARN : HOOK_GO;
}
