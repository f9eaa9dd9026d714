/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's lifecycle events mean to avicd: pure tables. */
#ifndef AVICD_VIRT_LIFECYCLE_H
#define AVICD_VIRT_LIFECYCLE_H

enum lifecycle {
	LIFECYCLE_LOOK,	     /* the connection's thread looks at the domain */
	LIFECYCLE_STOPPED,   /* its process is gone */
	LIFECYCLE_UNDEFINED, /* its definition is gone; look as well */
	LIFECYCLE_IGNORE,
};

/* lifecycle_of() - never fails: an event that a newer libvirt invents is a reason to look. */
enum lifecycle lifecycle_of(int event, int detail);
/* stopped_word() - "shutdown", "destroyed", ...; "unknown" for a detail that a newer libvirt invents. */
const char *stopped_word(int detail);
/* close_sentence() - why a connection was closed. */
const char *close_sentence(int reason);

#endif
