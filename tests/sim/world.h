/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fleet that is not there: hosts with the real tracker, the real rules and a book each; VMs whose truth only the world knows; time that
 * goes as fast as it can.
 *
 * world.c tells trackers what their sources would; happen*.c is what happens to VMs and hosts; work.c runs rounds and lets time pass; jobs.c has jobs;
 * check.c has the invariants, by the truth; broken.c takes a rule away. random.c and script.c say what happens when.
 */
#ifndef AVICD_SIM_WORLD_H
#define AVICD_SIM_WORLD_H

#include "avicd/remedy_round.h"
#include "avicd/target.h"

#define HOSTS	 4
#define VMS	 24
#define JOBS	 64
#define SEC	 NSEC_PER_SEC
#define MINUTE	 (60 * SEC)
#define HOUR	 (60 * MINUTE)
#define DAY	 (24 * HOUR)
#define RESYNC	 (10 * MINUTE)
/* numbering of 6.0 */
#define BIT_DBG	 BIT64(3) /* BLOCKIRQ */
#define BIT_ID	 BIT64(4) /* APIC_ID_MODIFIED */
#define BIT_BASE BIT64(5) /* APIC_BASE_MODIFIED */
#define BIT_IRQ	 BIT64(7) /* IRQWIN */
#define BIT_PIT	 BIT64(8) /* PIT_REINJ */

/* Why APIC_ID_MODIFIED is really set. */
enum truth { TRUTH_CLEAR, TRUTH_BUG, TRUTH_GUEST };

struct sim_vm {
	bool there;
	char uuid[DOMAIN_UUID_MAX], name[16];
	int host;
	struct vm_id id;
	struct entry entry;
	uint64_t mask, set_at; /* when the first of ID and BASE was set */
	uint64_t lost;	       /* bits whose records were lost, and which no snapshot has shown yet */
	enum truth truth;
	bool wrong_id;		 /* TRUTH_GUEST: the id is wrong now; else it was put back */
	enum stack_origin stack; /* as the trace source saw it */
	bool running, persistent, twins;
	int home; /* where it was migrated away from; -1 */
	bool automatic, own;
	struct remedy_ladder ladder;
	bool reported;	    /* that it is stuck, since it became so */
	unsigned long told; /* how often */
	uint64_t steady_at; /* since when nothing has kept avicd from judging it */
};

/* How a job ends if nothing else ends it. */
enum job_fate { FATE_DONE, FATE_FAILED, FATE_CANCELLED, FATE_REFUSED, _FATE_MAX };
extern const char *const fate_words[_FATE_MAX];

struct sim_job {
	bool there;
	char id[JOB_ID_MAX];
	int vm, host, target; /* target: -1 none */
	int32_t tgid;
	enum remedy remedy;
	enum remedy_asker asker;
	enum job_fate fate;
	uint64_t ends_at;
};

/* What really was done, whatever the book says. */
struct sim_past {
	uint64_t begun_at, departed_at;
	unsigned failures;
	bool returned;
};
/* The end of a job that avicd did not see, as it was not there. */
struct sim_unread {
	char id[JOB_ID_MAX];
	struct job_end end;
};
struct sim_host {
	struct tracker tracker;
	struct remedy_book book;
	bool bug, patched;
	bool down;  /* avicd does not run */
	bool blind; /* its trace source is lost */
	bool deaf;  /* its libvirt is away */
	bool cut;   /* no other host can reach it */
	bool lossy; /* records are lost: the mask changes, and the entry does not */
	uint64_t patched_at;
	struct sim_past past[VMS];
	uint64_t begun[256];
	size_t n_begun;
	uint64_t ended_at;
	struct sim_unread unread[JOBS];
	size_t n_unread;
	uint64_t look_at;  /* the next snapshot */
	uint64_t round_at; /* when the last round wants to be asked again, */
	bool stirred;	   /* or something has happened since */
};
struct world {
	uint64_t now, seed;
	struct remedy_limits limits; /* the true ones */
	struct remedy_limits used;   /* those that the rules are given */
	const char *broken;	     /* the rule that is taken away, or "" */
	struct sim_host hosts[HOSTS];
	struct sim_vm vms[VMS];
	struct sim_job jobs[JOBS];
	/* of a scenario: how jobs are; of random days: 0 */
	uint64_t jobs_take;
	enum job_fate jobs_end;
	int next_tgid, next_id;
	unsigned long begun, asked, cured, reports, steps, migrations, failed;
	char wrong[256]; /* the first invariant that does not hold; "" */
};

/* world.c */
void world_init(struct world *w, uint64_t seed, const char *broken);
void world_done(struct world *w);
/* world_random() - 0 to @n - 1 */
uint64_t world_random(struct world *w, uint64_t n);
void tell_host(struct world *w, struct sim_host *h);
void tell_entry(struct world *w, struct sim_vm *v);
void tell_domain(struct world *w, struct sim_vm *v);
void tell_evidence(struct world *w, struct sim_vm *v);
/* world_mask() - the kernel has another mask for it. */
void world_mask(struct world *w, struct sim_vm *v, uint64_t mask);
/* world_make() - a struct kvm of its own, on @host. world_gone() - it is no more. */
void world_make(struct world *w, struct sim_vm *v, int host);
void world_gone(struct world *w, struct sim_vm *v);
/* world_look() - avicd looks at everything there is on @host. world_begin_host() - avicd starts there. */
void world_look(struct world *w, int host);
/* world_forget() - what the trace source of @host knew is gone with it. */
void world_forget(struct world *w, int host);
void world_begin_host(struct world *w, int host);
static inline bool host_exposed_truth(const struct sim_host *h)
{
	return h->bug && !h->patched;
}
static inline bool host_sees(const struct sim_host *h)
{
	return !h->down && !h->blind;
}

/* happen.c, happen-host.c: what can happen; false: not now, and it did not. @weight: in random days. */
struct vm_happening {
	const char *word;
	unsigned weight;
	bool (*fn)(struct world *w, struct sim_vm *v);
};
struct host_happening {
	const char *word;
	unsigned weight;
	bool (*fn)(struct world *w, int host);
};
extern const struct vm_happening vm_happenings[];
extern const size_t n_vm_happenings;
extern const struct host_happening host_happenings[];
extern const size_t n_host_happenings;
void world_start(struct world *w, struct sim_vm *v, int host);
bool world_move(struct world *w, struct sim_vm *v, int host); /* by its owner */

/* jobs.c */
void world_begin_job(struct world *w, struct sim_vm *v, enum remedy r, enum remedy_asker asker);
struct sim_job *world_job_of(struct world *w, const struct sim_vm *v);
/* world_end_job() - now, whatever its fate was to be. */
void world_end_job(struct world *w, struct sim_job *j, enum job_fate fate);
/* world_arrived() - it is on its host now, and perhaps came back. */
void world_arrived(struct world *w, const struct sim_vm *v);

/* work.c */
void world_plan(struct world *w, const struct sim_vm *v, enum remedy_asker asker, int wanted, struct remedy_plan *ret);
/* world_ask() - a person asks for a remedy; -1: any. true: it was begun. */
bool world_ask(struct world *w, struct sim_vm *v, int wanted);
/* world_pass() - until @until: deadlines, rounds and ends of jobs at their times. */
void world_pass(struct world *w, uint64_t until);

/* check.c: w->wrong says what does not hold. */
void check_begin(struct world *w, int vm, enum remedy r, enum remedy_asker asker, int target);
void check_all(struct world *w);
void check_failed(struct world *w, const char *fmt, ...) _printf_(2, 3);

/* broken.c: --break. All do nothing if no rule, or another one, is taken away. */
extern const char *const breakable[];
extern const size_t n_breakable;
void broken_limits(struct world *w);
void broken_wish(const struct world *w, struct remedy_wish *wish);
void broken_health(struct world *w);
/* broken_round() - remedy_round(), without the rule that is taken away. */
const struct vm *broken_round(struct world *w, struct sim_host *h, struct remedy_host *rh, remedy_wish_fn wish,
			      struct remedy_plan *ret);

/* random.c: a day. script.c: a scenario; 0, or 1: w->wrong says why, with its line. */
void random_day(struct world *w);
int script_run(struct world *w, const char *path);

#endif
