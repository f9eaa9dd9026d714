/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hook knows about this host: host.json as long as it is fresh, and the kernel's own word. */
#ifndef HOOK_HOSTHEALTH_H
#define HOOK_HOSTHEALTH_H

#include "avicd/preflight.h"

/*
 * hosthealth_parse() - the facts of host.json's text into @h; what it does not tell stays as it is. @boot_id and
 * @now_us (since 1970) are this host's. -ESTALE: of another boot, older than three of its own resync_interval, or from
 * the future; -EBADMSG: not host.json.
 * @h is then untouched.
 */
int hosthealth_parse(const char *json, const char *boot_id, uint64_t now_us, struct preflight_host *h);

/* hosthealth_read() - into *@h from /proc and /sys and, where host.json of dir_runtime() is fresh, from there: then
 * true. */
bool hosthealth_read(struct preflight_host *h);

#endif
