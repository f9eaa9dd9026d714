/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fleet that is not there: hosts with the real tracker, the real rules and a book each; VMs whose truth only the world knows; time that
 * goes as fast as it can.
 */
#ifndef AVICD_SIM_WORLD_H
#define AVICD_SIM_WORLD_H

#include "avicd/remedy_round.h"

#define HOSTS	4
#define VMS	24
#define JOBS	32
#define SEC	NSEC_PER_SEC
#define MINUTE	(60 * SEC)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define BIT_ID	BIT64(4) /* APIC_ID_MODIFIED, numbering of 6.0 */
#define BIT_IRQ BIT64(7) /* IRQWIN */
#define BIT_PIT BIT64(8) /* PIT_REINJ */

/* Why APIC_ID_MODIFIED is really set. */
enum truth { TRUTH_CLEAR, TRUTH_BUG, TRUTH_GUEST };

struct sim_vm {
	bool there;
	char uuid[DOMAIN_UUID_MAX];
	int host;
	struct vm_id id;
	struct entry entry;
	uint64_t mask, set_at; /* of APIC_ID_MODIFIED */
	enum truth truth;
	bool running, automatic;
	bool reported; /* that it is stuck, since it became so */
};
struct sim_job {
	bool there;
	char id[JOB_ID_MAX];
	int vm, host, target;
	enum remedy remedy;
	uint64_t ends_at;
};
struct sim_host {
	struct tracker tracker;
	struct remedy_book book;
	bool bug, patched, blind, libvirt;
	uint64_t patched_at;
	/* what really was done, whatever the book says */
	uint64_t begun[512];
	size_t n_begun;
	uint64_t ended_at;
	uint64_t round_at;
};
struct world {
	uint64_t now, seed, start_of_day;
	struct remedy_limits limits; /* the true ones */
	struct remedy_limits used;   /* those that the rules are given */
	const char *broken;	     /* the rule that is taken away, or "" */
	struct sim_host hosts[HOSTS];
	struct sim_vm vms[VMS];
	struct sim_job jobs[JOBS];
	uint64_t last_begun[HOSTS][VMS];
	int next_tgid, next_id;
	unsigned long begun, cured, reports, steps, migrations;
	char wrong[256]; /* the first invariant that does not hold; "" */
};

void world_init(struct world *w, uint64_t seed, const char *broken);
void world_done(struct world *w);
/* world_random() - 0 to @n - 1 */
uint64_t world_random(struct world *w, uint64_t n);
/* world_event() - something happens. world_pass() - until @until: deadlines, rounds and ends of jobs at their times. */
void world_event(struct world *w);
void world_pass(struct world *w, uint64_t until);

/* Invariants (check.c): w->wrong says what does not hold. */
void check_begin(struct world *w, int vm, enum remedy r, int target);
void check_all(struct world *w);
void check_failed(struct world *w, const char *fmt, ...) _printf_(2, 3);

#endif
