/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling struct domain from libvirt. */
#ifndef AVICD_VIRT_FACTS_H
#define AVICD_VIRT_FACTS_H

#include <libvirt/libvirt.h>

#include "avicd/domain.h"
#include "avicd/util.h"

/*
 * copy_clean() - @s as a name or sentence that may be shown: valid UTF-8, no control characters, cut at a character.
 */
void copy_clean(char *dst, size_t size, const char *s);
/* error_sentence() - libvirt's last error in this thread, in one line. */
void error_sentence(char *dst, size_t size);
/* facts_identity() - UUID and name; asks nobody, so it may be called in a callback. -EINVAL. */
int facts_identity(virDomainPtr dom, struct domain *ret);
/*
 * facts_fetch() - everything about the domain @uuid; waits for libvirt. 1: *ret was filled; 0: it has no process, or
 * there is no such domain; -EIO: libvirt would not say, and @why holds the reason.
 */
int facts_fetch(virConnectPtr conn, const char *uuid, struct domain *ret, char *why, size_t why_size);

#endif
