/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of sentence.c: what is said of a VM (say_vm.c), and of the host (say_host.c). */
#ifndef REPORT_SAY_H
#define REPORT_SAY_H

#include "avicd/text.h"
#include "report/words.h"

#define DETAIL_MAX 512

/* One sentence in the making. */
struct saying {
	const struct tracker *t;
	const struct action *a;
	const struct vm *vm;
	const struct verdict *v;
	uint64_t now;
	char detail[DETAIL_MAX]; /* of the action, clean and without a full stop at its end; "" */
	struct text out;
};

/* say_detail() - @before and the detail of the action, or nothing when it has none. */
void say_detail(struct saying *s, const char *before);
/* say_lasting() - reasons set now that do not go by themselves; those of class @only, or all when it is negative. */
uint64_t say_lasting(const struct verdict *v, int only);

void say_appeared(struct saying *s);
void say_gone(struct saying *s);
void say_reboot(struct saying *s);
void say_stuck(struct saying *s);
void say_configured(struct saying *s);
void say_recovered(struct saying *s);
void say_condition(struct saying *s);
void say_episode_begin(struct saying *s);
void say_episode_end(struct saying *s);
void say_storm_begin(struct saying *s);
void say_storm_end(struct saying *s);
void say_ambiguous(struct saying *s);
void say_renamed(struct saying *s);

void say_health(struct saying *s);
void say_probed(struct saying *s);
void say_livepatch(struct saying *s);
void say_remedied(struct saying *s);
void say_trace_up(struct saying *s);
void say_trace_down(struct saying *s);
void say_trace_lost(struct saying *s);
void say_libvirt_up(struct saying *s);
void say_libvirt_down(struct saying *s);
void say_config(struct saying *s);
void say_hook(struct saying *s);

#endif
