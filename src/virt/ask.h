/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to libvirt and a domain, for those who ask once and then end. Everything here waits for libvirt. */
#ifndef AVICD_VIRT_ASK_H
#define AVICD_VIRT_ASK_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "avicd/util.h"

/*
 * ask_open() - to @uri, which must be one of this host. -EINVAL: @uri refused; -ENOTCONN; -ENOMEM. ask_domain() - by name, else by UUID.
 * -ENOENT. On failure *@ret_why is one phrase that the caller frees, or NULL.
 */
int ask_open(const char *uri, bool read_only, virConnectPtr *ret, char **ret_why);
int ask_domain(virConnectPtr c, const char *domain, virDomainPtr *ret, char **ret_why);
/* ask_failed() - @r, and what libvirt said last in this thread as *@ret_why, which is untouched when it said nothing. */
int ask_failed(int r, char **ret_why);

void ask_connect_done(virConnectPtr *c);
void ask_domain_done(virDomainPtr *d);
#define _cleanup_connect_ _cleanup_(ask_connect_done)
#define _cleanup_domain_  _cleanup_(ask_domain_done)

#endif
