/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The remedies in the event loop: avicd/remedy_round.h says which VM is next, and here it is begun, ended and told. */
#ifndef AVICD_DAEMON_REMEDYING_H
#define AVICD_DAEMON_REMEDYING_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "avicd/jsonc.h"
#include "avicd/policy.h"
#include "avicd/remedy_round.h"

struct manager;
struct tended;

struct remedying {
	struct remedy_book book;
	struct remedy_limits limits; /* of the settings */
	sd_event_source *round;
	bool said_failed;
	struct hash said; /* tgid -> the rule that was told last, so that each is told once */
};

/* remedying_settings() - they were read. remedying_begin() - the watch begins. */
void remedying_settings(struct manager *m);
void remedying_begin(struct manager *m);
/* remedying_soon() - something has changed that a plan may rest on. */
void remedying_soon(struct manager *m);
/* remedying_arrived() - a VM is new. remedying_well() - it has recovered, or is gone: what refuses it next time is news again. */
void remedying_arrived(struct manager *m, const struct vm *vm);
void remedying_well(struct manager *m, const struct vm *vm);
/* remedying_begun(), remedying_ended() - of a job, by jobs.c. */
void remedying_begun(struct manager *m, const struct vm *vm, const struct tended *t);
void remedying_ended(struct manager *m, const struct tended *t, const struct job_end *how);

/* remedying_wish() - what holds for this VM's domain; *@from: why, for people. */
void remedying_wish(struct manager *m, const struct vm *vm, struct remedy_wish *ret, const char **from);
/* remedying_plan() - @accepted: risks, " ID ID ", of a person; "". */
void remedying_plan(struct manager *m, const struct vm *vm, enum remedy_asker asker, int wanted, const char *accepted,
		    bool has_target, struct remedy_plan *ret);
/* remedying_json() - the plan as PlanRemedy() gives it. NULL: -ENOMEM. */
json_object *remedying_json(struct manager *m, const struct vm *vm, enum remedy_asker asker, int wanted);
/* Methods of the bus. */
int remedying_method_plan(struct manager *m, sd_bus_message *call, sd_bus_error *error);
int remedying_method_run(struct manager *m, sd_bus_message *call);
int remedying_method_list(struct manager *m, sd_bus_message *call);
void remedying_done(struct manager *m);

#endif
