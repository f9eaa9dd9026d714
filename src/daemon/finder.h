/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs that the trace source cannot know of: they run since before the watch, and the source has no snapshot. */
#ifndef AVICD_DAEMON_FINDER_H
#define AVICD_DAEMON_FINDER_H

struct manager;

/* finder_run() - find the processes of libvirt's active KVM domains in /proc and tell the tracker that they are VMs. */
void finder_run(struct manager *m);

#endif
