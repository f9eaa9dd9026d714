/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domain index: what libvirt says of domains, and which VM each of them is. */
#ifndef AVICD_DAEMON_DOMAINS_H
#define AVICD_DAEMON_DOMAINS_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "avicd/domain.h"
#include "avicd/hash.h"
#include "avicd/report.h"
#include "avicd/virt.h"

struct manager;
struct watched;

struct uri_state {
	char uri[128];
	bool connected;
	bool told;      /* up or down was said since the last change */
	char why[256];
};

struct domains {
	struct virt *virt;
	sd_event_source *io;
	struct uri_state *uris;
	size_t n_uris;
	struct hash index;             /* hash of UUID and URI -> chain of struct indexed */
	struct report_libvirt *report; /* of uris, for report.h */
};

/* domains_start() - connect to the URIs of libvirt_uri=. Failure is logged; VMs are then watched without libvirt. */
void domains_start(struct manager *m);
/* domains_stop() - what libvirt said before stays with the VMs. domains_restart() - other URIs: the domains of those that went are forgotten. */
void domains_stop(struct manager *m, uint64_t timeout_ns);
void domains_restart(struct manager *m);
/* domains_introduce() - a VM is new: tell the tracker which domain it is. */
void domains_introduce(struct manager *m, struct watched *w);
/* domains_will_tell() - libvirt knows the VM, and is there to tell why it ends. */
bool domains_will_tell(struct manager *m, const struct vm *vm);
/* domains_released() - a VM with this domain is gone: another process with the same UUID may take its place. */
void domains_released(struct manager *m, const struct domain *claim);
/* domains_relist() - ask libvirt for everything again. */
void domains_relist(struct manager *m);

#endif
