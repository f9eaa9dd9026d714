/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe for bugs of the kernel in the event loop: when it runs, who asked for it, and what is known by it. */
#ifndef AVICD_DAEMON_PROBING_H
#define AVICD_DAEMON_PROBING_H

#include <systemd/sd-bus.h>

#include "avicd/probe.h"

struct manager;

struct probing {
	struct probe_answer answers[_PROBE_BUG_MAX]; /* what is known */
	char build_id[41];			     /* of kvm.ko, of which it is known, */
	char livepatches[256];			     /* with these; see host_livepatches() */
	struct probe *run;			     /* NULL: none is under way */
	bool again;				     /* something changed since it began */
	unsigned tries;				     /* in a row that were too slow to prove all */
	sd_event_source *io, *due, *soon;
	sd_bus_message **asked; /* calls that wait for an answer: the first n_served ones for the run under way */
	size_t n_asked, n_served;
	pid_t *hung; /* killed processes of earlier runs that hang in the kernel */
	size_t n_hung;
};

/* probing_soon() - after the watch has begun, unless probe=no or the VMs are those of a recording. */
void probing_soon(struct manager *m);
/* probing_start() - in any case, as the kernel was changed; also when a run is under way, which may have seen the old
 * one. */
void probing_start(struct manager *m);
/* probing_ask() - bus_then_fn of Manager.Probe(): @call is answered when a run that begins now is over. */
int probing_ask(struct manager *m, sd_bus_message *call);
/* probing_stop() - the trace source goes: the run ends without an answer, and is tried again with the next source. */
void probing_stop(struct manager *m);
/*
 * probing_check() - now and then, and when kvm came: what is known of another kvm is forgotten, and with other livepatches than then nothing is
 * proved to be fixed; then it is probed soon.
 */
void probing_check(struct manager *m);
/* probing_exclude() - the trace source is a new one: what hangs is kept apart in it, too. Before it is read. */
void probing_exclude(struct manager *m);
/* probing_reap() - see whether what hangs has ended; now and then. */
void probing_reap(struct manager *m);
void probing_done(struct manager *m);

#endif
