/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a VM is that is being saved or restored, whoever began that: it may have been an earlier process of the job, or libvirtd was restarted. */
#include "avicd/clock.h"
#include "job/deed.h"
#include "job/ground.h"
#include "job/restore.h"

#define PATIENCE  (3600 * NSEC_PER_SEC)
#define INTERVAL  (NSEC_PER_SEC / 4)
/* what a libvirt says that a dying client has just asked for something */
#define SETTLE_NS (NSEC_PER_SEC)

/* 0: it does nothing with it now; -EAGAIN; other errno: it did not answer. */
static int look(struct run *r, struct place *p)
{
	_cleanup_deed_ struct deed *d = NULL;
	int x = run_open(r);

	if (x < 0)
		return x;
	x = run_find(r);
	if (x < 0 && x != -ENOENT)
		return x;
	*p = (struct place){.known = x == 0, .state = VIR_DOMAIN_SHUTOFF, .old = run_process(r) == 0};
	if (!p->known)
		return 0;
	/* first, because an end of it changes the state */
	if (deed_ask(r, deed_busy, 0, &d) == 0 && d->yes)
		return -EAGAIN;
	x = run_state(r, &p->state, &p->reason);
	/* what has just ended is not yet off */
	if (x == 0 && p->state != VIR_DOMAIN_SHUTOFF && !p->old && !ground_new_process(r))
		return -EAGAIN;
	return x;
}

static bool same(const struct place *a, const struct place *b)
{
	return a->state == b->state && a->reason == b->reason && a->known == b->known && a->old == b->old;
}

int restore_settle(struct run *r, struct place *ret)
{
	uint64_t until = now_ns() + PATIENCE, since = now_ns();
	static const struct place nowhere = {.state = -1};
	struct place p, last = nowhere;
	bool said = false;

	while (now_ns() < until) {
		int x = look(r, &p);

		if (x < 0 || !same(&p, &last)) {
			last = nowhere;
			if (x == 0)
				last = p;
			since = now_ns();
		} else if (now_ns() - since >= SETTLE_NS || p.state == VIR_DOMAIN_RUNNING) {
			*ret = p;
			return 0;
		}
		if (x < 0 && x != -EAGAIN && !said)
			run_log(r, LOG_WARNING, "libvirt cannot be asked where the VM is: %s: waiting for it", r->said);
		said = said || (x < 0 && x != -EAGAIN);
		run_pause(r, INTERVAL);
	}
	return -ETIMEDOUT;
}
