/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt, in threads of its own.
 *
 * One thread runs libvirt's default event loop, one more a URI connects, registers for events, then lists (in this order), and waits for the
 * connection to close. Everything arrives as messages in a queue whose eventfd the main loop polls. No call of this header waits for
 * libvirt: a hung libvirtd stops neither tracing nor the watchdog nor the bus.
 */
#ifndef AVICD_VIRT_H
#define AVICD_VIRT_H

#include <stdint.h>

#include "avicd/domain.h"
#include "avicd/util.h"

enum virt_kind {
	VIRT_UP,      /* connected; domains of `uri` follow, then VIRT_SYNCED */
	VIRT_DOWN,    /* connection lost, or could not be made; `detail` says why */
	VIRT_SYNCED,  /* every active domain of `uri` was named since the last VIRT_UP or VIRT_SYNCED: others are gone */
	VIRT_DOMAIN,  /* `domain` is active now: listed, started, resumed, paused, renamed, migrated in */
	VIRT_STOPPED, /* `domain` has no process any more; `detail`: shutdown, destroyed, crashed, migrated, saved, failed, from-snapshot */
	VIRT_UNDEFINED, /* `domain` is not defined any more (it may still run, as transient) */
	VIRT_REBOOT,  /* the guest of `domain` was reset; comes two or three times for one reset */
};

struct virt_message {
	enum virt_kind kind;
	uint64_t at;          /* monotonic ns when it was queued */
	char uri[128];
	struct domain domain; /* uuid and name at least, for kinds that name one */
	char detail[256];
};

struct virt;

/*
 * virt_start() - @uris: NULL-terminated, copied. An empty list is fine: no threads. -ENOMEM, -errno of thread or eventfd creation.
 * The queue is bounded (65,536): beyond it messages are dropped, counted, and the URI is listed again.
 */
int virt_start(const char *const *uris, struct virt **ret);
/* virt_stop() - asks the threads to end and waits @timeout_ns at most for them; one that hangs in libvirt is left behind, with what it
 * uses. Call once, before the process ends. */
struct virt *virt_stop(struct virt *v, uint64_t timeout_ns);
int virt_fd(const struct virt *v);
/* virt_next() - take one message; 0 = none, 1 = *ret was filled. */
int virt_next(struct virt *v, struct virt_message *ret);
/* virt_relist() - ask every connected URI to list its domains again (after a resync): VIRT_DOMAIN for each, then VIRT_SYNCED. */
void virt_relist(struct virt *v);
/* virt_dropped() - how many messages found the queue full since virt_start(). */
uint64_t virt_dropped(const struct virt *v);

#endif
