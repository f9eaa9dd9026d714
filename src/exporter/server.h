/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP by libmicrohttpd, in the loop of sd-event. */
#ifndef AVICD_EXPORTER_SERVER_H
#define AVICD_EXPORTER_SERVER_H

#include <systemd/sd-event.h>

#include "avicd/util.h"

struct server;

/*
 * server_new() - answers on the listening socket @fd, which it owns from then on, also on failure. -ENOMEM; -EIO: libmicrohttpd does not take it.
 * server_idle() - for how long, in ns, nobody has been connected; 0 while somebody is.
 */
int server_new(sd_event *e, int fd, struct server **ret);
uint64_t server_idle(const struct server *s);
struct server *server_free(struct server *s);

#endif
