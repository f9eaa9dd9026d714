/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of all VMs' counters, and the rates between two of them; pure, for `avicctl top`. */
#ifndef AVICCTL_SAMPLE_H
#define AVICCTL_SAMPLE_H

#include <stdint.h>

#include <json-c/json.h>

struct sample_vm {
	json_object *vm; /* borrowed from the sample's state */
	int64_t pid;
	uint64_t seen; /* since when avicd sees it: a pid may be used again */
	int64_t changes, events;
	double change_rate, event_rate; /* a second; -1: no earlier sample of this VM */
};
struct sample {
	json_object *state;
	uint64_t at; /* monotonic ns */
	struct sample_vm *vms;
	size_t n;
};

/* sample_make() - of the VMs of @state, which it takes over; @pid: of this VM alone, 0 = all. -ENOMEM. */
int sample_make(json_object *state, uint64_t at, int64_t pid, struct sample *ret);
/* sample_rates() - since @before, then sort @s: the highest rate first. */
void sample_rates(struct sample *s, const struct sample *before);
void sample_done(struct sample *s);

#endif
