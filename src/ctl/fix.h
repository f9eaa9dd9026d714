/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sub-verbs of avicctl fix. */
#ifndef AVICCTL_FIX_H
#define AVICCTL_FIX_H

#include <stdbool.h>
#include <stddef.h>

#define FIX_RISKS_MAX 16

/* What was asked for, as verb_fix() has read it. */
struct fix_request {
	const char *arg;		  /* behind the sub-verb, or NULL */
	bool dry_run;			  /* say what would be done */
	bool wait;			  /* for another change to end */
	const char *heal;		  /* "reset" or "now" */
	const char *kernel;		  /* release to build for; NULL: the running one */
	const char *risks[FIX_RISKS_MAX]; /* that are accepted, by id */
	size_t n_risks;
};

/* All return one of enum ctl_exit, or the exit status of an outcome of avicd/livepatch.h. */
int fix_probe(const struct fix_request *rq);
int fix_list(const struct fix_request *rq);
int fix_show(const struct fix_request *rq);
int fix_status(const struct fix_request *rq);
int fix_build(const struct fix_request *rq);
int fix_deploy(const struct fix_request *rq);
int fix_rollback(const struct fix_request *rq);
int fix_heal(const struct fix_request *rq);
int fix_disable(const struct fix_request *rq);
int fix_enable(const struct fix_request *rq);
/* fix_print_risks() - what is known to go wrong with AVIC on this kernel, on stderr. fix_dry_run() - what deploy would do. */
void fix_print_risks(void);
int fix_dry_run(void);

#endif
