/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of struct kvm: when they are taken. They cost, so wishes are gathered, and all together take a tenth of the time at most. */
#ifndef AVICD_DAEMON_SNAPSHOTS_H
#define AVICD_DAEMON_SNAPSHOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/tgids.h"

struct manager;
struct watched;

struct snapshots {
	struct tgids wanted;     /* processes with wishes */
	bool want_all;
	uint64_t not_before;     /* monotonic */
	bool said_failed;
	sd_event_source *timer;
};

/* snapshots_take() - now: of the whole host (@tgid 0) or one process. */
void snapshots_take(struct manager *m, int32_t tgid);
/* snapshots_want() - of this process, soon. snapshots_want_all() - read and look at all VMs, soon. */
void snapshots_want(struct manager *m, struct watched *w);
void snapshots_want_all(struct manager *m);
/* snapshots_want_evidence() - for the cause of APIC_ID_MODIFIED, if the VM has it and evidence is missing or old. */
void snapshots_want_evidence(struct manager *m, struct watched *w);
void snapshots_done(struct snapshots *s);

#endif
