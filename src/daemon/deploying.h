/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The livepatch in the event loop: avicd/deploy.h says what to do, and here it is done. */
#ifndef AVICD_DAEMON_DEPLOYING_H
#define AVICD_DAEMON_DEPLOYING_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "avicd/deploy.h"
#include "avicd/remedy.h"
#include "avicd/report.h"
#include "avicd/stalled.h"

struct manager;

typedef void (*healed_fn)(struct manager *m, const char *job, enum livepatch_outcome o, const char *why);

/* A process whose VMs are to be healed, and who wants to know: a call, a job, or neither: the deploy. */
struct healing {
	pid_t tgid;
	sd_bus_message *call;
	char job[JOB_ID_MAX];
	healed_fn done;
};

struct deploying {
	struct deploy deploy;
	bool begun;				    /* what was there at the start is known */
	bool tried;				    /* by auto_deploy, once a run */
	bool stale;				    /* the next answer of the probe is of before */
	char accepted[512];			    /* risks, " ID ID " */
	bool persistent;			    /* there is a `verified` mark */
	enum deploy_state told;			    /* last */
	uint64_t at;				    /* wall clock, us: of the last change of state */
	char module[256];			    /* path of the file that was loaded; "" */
	struct stalled_task stalled[STALLED_TASKS]; /* that held the last transition up */
	size_t n_stalled;
	sd_event_source *poll;
	struct healing *heal; /* the first one is under way */
	size_t n_heal;
	bool healing;
};

/* deploying_begin() - at avicd's start: is it loaded, was the machine down while it was tried? */
void deploying_begin(struct manager *m);
/* deploying_probed() - the probe has answered. deploying_look() - at each resync: somebody else may have unloaded it. */
void deploying_probed(struct manager *m, const struct probe_answer answers[static _PROBE_BUG_MAX]);
void deploying_look(struct manager *m);
/* Methods of the bus, after bus_authorize(). */
int deploying_deploy(struct manager *m, sd_bus_message *call);
int deploying_rollback(struct manager *m, sd_bus_message *call);
int deploying_heal(struct manager *m, sd_bus_message *call);
/*
 * deploying_risks() - is there an unsafe one that is not in @accepted? @at_once: for a VM that runs, which on Intel is never done. @why: a
 * sentence.
 */
bool deploying_risks(struct manager *m, const char *accepted, bool at_once, char why[static LIVEPATCH_WHY_MAX]);
/* deploying_do() - what a call of deploy.h has returned. */
void deploying_do(struct manager *m, unsigned todo);
/* deploying_heal_one() - @call is answered then, and may be NULL. deploying_heal_all() - VMs that a bug has left stuck, or may have. */
int deploying_heal_one(struct manager *m, pid_t tgid, sd_bus_message *call);
void deploying_heal_all(struct manager *m);
/* deploying_heal_job() - @done is called once, later. */
int deploying_heal_job(struct manager *m, pid_t tgid, const char *job, healed_fn done);
/* deploying_read_risks() - an array of IDs, behind one another: " ID ID ". */
int deploying_read_risks(sd_bus_message *call, char *accepted, size_t size);
/* The helper waits for a transition of its own when it takes the patch away, and for the kernel to make up its mind. */
#define UNIT_TIMEOUT_NS(m) (2 * (m)->settings.livepatch_deadline + 60 * NSEC_PER_SEC)
/* deploying_report() - for host.json; strings live until the next event. */
void deploying_report(const struct manager *m, struct report_livepatch *ret);
void deploying_done(struct manager *m);

#endif
