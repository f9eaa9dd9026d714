/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of a scenario. */
#ifndef AVICD_SIM_SCRIPT_H
#define AVICD_SIM_SCRIPT_H

#include "world.h"

#define WORDS 16

struct script {
	struct world *w;
	uint64_t zero; /* the time 0s */
	char *words[WORDS + 1];
	size_t n;
};

/* -1, NULL: none of that name */
int host_from(const char *s);
struct sim_vm *vm_from(struct world *w, const char *name);
int remedy_from(const char *s);

/* expect.c: does it hold now? */
bool is_vm(struct script *s);
bool is_job(struct script *s);
bool is_no_job(struct script *s);
bool is_plan(struct script *s);
bool is_answer(struct script *s);
bool is_told(struct script *s);
bool is_health(struct script *s);

#endif
