/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs that get their AVIC back at once, one after the other, by avicd-livepatch@heal:PID. */
#include <stdio.h>

#include "avicd/log.h"
#include "daemon/manager.h"

static void heal_next(struct manager *m);

static void on_healed(struct manager *m, enum livepatch_outcome o, const char *why)
{
	struct deploying *d = &m->deploying;
	struct healing h;

	if (!d->n_heal)
		return;
	h = d->heal[0];
	d->healing = false;
	memmove(d->heal, d->heal + 1, --d->n_heal * sizeof(*d->heal));
	/* the bit was cleared by another process than the VM's, so that no event is counted for it */
	snapshots_take(m, 0);
	if (o != OUTCOME_DONE)
		log_warning("PID %d is not healed: %s", (int)h.tgid, why);
	if (h.call && o == OUTCOME_DONE)
		sd_bus_reply_method_return(h.call, NULL);
	else if (h.call)
		sd_bus_reply_method_errorf(h.call, outcome_info(o)->error, "%s", why);
	sd_bus_message_unref(h.call);
	if (h.done)
		h.done(m, h.job, o, why);
	heal_next(m);
}

static void heal_next(struct manager *m)
{
	struct deploying *d = &m->deploying;
	char word[32];

	if (d->healing || !d->n_heal)
		return;
	d->healing = true;
	snprintf(word, sizeof(word), "heal:%d", (int)d->heal[0].tgid);
	unit_start(m, word, UNIT_TIMEOUT_NS(m), on_healed);
}

static int heal(struct manager *m, const struct healing *h)
{
	struct deploying *d = &m->deploying;
	struct healing *more = reallocarray(d->heal, d->n_heal + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	d->heal = more;
	d->heal[d->n_heal++] = *h;
	heal_next(m);
	return 0;
}

int deploying_heal_one(struct manager *m, pid_t tgid, sd_bus_message *call)
{
	int r = heal(m, &(struct healing){.tgid = tgid, .call = call});

	if (r == 0)
		sd_bus_message_ref(call);
	return r;
}

int deploying_heal_job(struct manager *m, pid_t tgid, const char *job, healed_fn done)
{
	struct healing h = {.tgid = tgid, .done = done};

	snprintf(h.job, sizeof(h.job), "%s", job);
	return heal(m, &h);
}

/* Those that a bug has left stuck, or may have: the module itself looks whether all ids are right, and else heals nobody. */
void deploying_heal_all(struct manager *m)
{
	HASH_FOREACH(&m->tracker.vms, slot) {
		const struct vm *vm = slot->value;

		for (size_t i = 0; i < vm->verdict.n; i++)
			if (vm->verdict.reasons[i].reason == REASON_APIC_ID_MODIFIED &&
			    vm->verdict.reasons[i].cause != CAUSE_GUEST)
				(void)deploying_heal_one(m, vm->id.tgid, NULL);
	}
}
