/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the remedy cold-reboot share. */
#ifndef AVICD_JOB_COLD_H
#define AVICD_JOB_COLD_H

#include "job/run.h"
#include "job/watch.h"

struct cold {
	struct run *r;
	bool heard; /* QEMU has said why the VM ends: */
	char reason[64];
	uint64_t down_at; /* when; monotonic, 0 = not known */
};

/* cold_news() - 1: run_end() was called. */
int cold_news(struct cold *c, const struct news *news);
/* cold_last_news() - what came in the meantime, and what comes in a second. 1: run_end() was called. */
int cold_last_news(struct cold *c);
/* The ends; each returns 0, and has called run_end(). cold_unheard() - off, and nobody heard why. */
int cold_unheard(struct cold *c);
/* cold_start() - the guest has rebooted, which is in the state of the job: wait for the end of its process, and start it anew. */
int cold_start(struct cold *c);
/*
 * cold_disarm() - asked to cancel, or the time is over: a reboot is a reboot again. If the guest rebooted at the last moment, it is started.
 */
int cold_disarm(struct cold *c);

#endif
