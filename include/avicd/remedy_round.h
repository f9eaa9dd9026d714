/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All VMs of a host: which one is next, and with what. Pure, for avicd and for the simulator. */
#ifndef AVICD_REMEDY_ROUND_H
#define AVICD_REMEDY_ROUND_H

#include "avicd/remedy.h"
#include "avicd/tracker.h"

/* What all VMs of a host share. */
struct remedy_host {
	const struct remedy_limits *limits;
	const struct remedy_book *book;
	bool proved; /* a livepatch is verified */
	bool risk;   /* of a heal at once, an unsafe fault of this kernel is not accepted */
	size_t n_targets;
	uint16_t minute; /* of the local day */
};
/* What holds for one VM. */
struct remedy_wish {
	bool automatic;
	struct remedy_ladder ladder;
	bool ladder_own;
	bool reachable; /* the libvirt that manages it */
};
typedef void (*remedy_wish_fn)(const struct vm *vm, void *userdata, struct remedy_wish *ret);

/* remedy_plan_vm() - the plan for one VM. @wanted: enum remedy, or -1. */
void remedy_plan_vm(const struct vm *vm, const struct remedy_host *h, const struct remedy_wish *wish,
		    enum remedy_asker asker, int wanted, uint64_t now, struct remedy_plan *ret);

/*
 * remedy_round() - of all VMs that may have a remedy now, unasked, the one that has been stuck longest; NULL: none. *ret_again: when time alone may
 * change that; TIME_NEVER.
 */
const struct vm *remedy_round(const struct tracker *t, const struct remedy_host *h, remedy_wish_fn wish, void *userdata,
			      uint64_t now, struct remedy_plan *ret, uint64_t *ret_again);

#endif
