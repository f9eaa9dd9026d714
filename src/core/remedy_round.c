/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All VMs of a host: which one is next, and with what. */
#include "avicd/remedy_round.h"
#include "avicd/util.h"

void remedy_plan_vm(const struct vm *vm, const struct remedy_host *h, const struct remedy_wish *wish,
		    enum remedy_asker asker, int wanted, uint64_t now, struct remedy_plan *ret)
{
	char key[DOMAIN_UUID_MAX];
	const struct remedy_in in = {
		.verdict = &vm->verdict,
		.uuid = vm->domain.uuid,
		.key = remedy_key(vm->domain.uuid, &vm->id, key),
		.managed = vm->managed && wish->reachable,
		.persistent = vm->domain.persistent,
		.running = vm->running,
		.ambiguous = vm->ambiguous,
		.automatic = wish->automatic,
		.ladder = wish->ladder,
		.ladder_own = wish->ladder_own,
		.asker = asker,
		.wanted = wanted,
		.proved = h->proved,
		.risk = h->risk,
		.n_targets = h->n_targets,
		.limits = h->limits,
		.book = h->book,
		.now = now,
		.minute = h->minute,
	};

	remedy_plan(&in, ret);
}

/* Of two that became stuck at one time, the lower process: the order must not depend on the table's. */
static bool is_before(const struct vm *a, const struct vm *b)
{
	return a->condition_at != b->condition_at ? a->condition_at < b->condition_at : a->id.tgid < b->id.tgid;
}

const struct vm *remedy_round(const struct tracker *t, const struct remedy_host *h, remedy_wish_fn wish, void *userdata,
			      uint64_t now, struct remedy_plan *ret, uint64_t *ret_again)
{
	const struct vm *first = NULL;

	*ret_again = TIME_NEVER;
	HASH_FOREACH (&t->vms, slot) {
		const struct vm *vm = slot->value;
		struct remedy_wish w = {0};
		struct remedy_plan p;

		/* most VMs are well, and asking for their policy costs more than this */
		if (vm->verdict.condition != CONDITION_STUCK && vm->verdict.condition != CONDITION_CONFIGURED)
			continue;
		wish(vm, userdata, &w);
		if (!w.automatic)
			continue;
		remedy_plan_vm(vm, h, &w, ASKER_POLICY, -1, now, &p);
		*ret_again = MIN(*ret_again, p.again);
		if (p.chosen >= 0 && (!first || is_before(vm, first))) {
			first = vm;
			*ret = p;
		}
	}
	return first;
}
