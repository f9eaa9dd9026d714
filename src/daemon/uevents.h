/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel uevents: modules kvm, kvm_amd, kvm_intel coming and going. */
#ifndef AVICD_DAEMON_UEVENTS_H
#define AVICD_DAEMON_UEVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

struct manager;

struct uevents {
	sd_event_source *io;
};

/* uevents_start() - -errno where there is no such socket: modules are then found by the timer of sources.c. */
int uevents_start(struct manager *m);
void uevents_done(struct uevents *u);
/* uevent_is_kvm() - does the message, of NUL-terminated strings, tell that kvm or a vendor module was added or removed? */
bool uevent_is_kvm(const char *buf, size_t len);
/* uevents_filter() - let the kernel drop every message on socket @fd but those. */
int uevents_filter(int fd);

#endif
