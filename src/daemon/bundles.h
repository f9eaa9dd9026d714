/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of reports: a file each, 0600, replaced as a whole, never synced; INSTANCE.json is a link to the newest of a VM. There are 1,000 at
 * most, none older than 30 days; the oldest go first. When it is tidied, 50 of one VM are left.
 */
#ifndef AVICD_DAEMON_BUNDLES_H
#define AVICD_DAEMON_BUNDLES_H

#include "avicd/bundle.h"

struct bundles {
	char *dir;
	size_t n; /* files, as of the last look */
};

/* bundles_start() - the folder's name; nothing is made yet. -ENOMEM. */
int bundles_start(struct bundles *b);
/* bundles_write() - @o as the file @name, and as the newest of @instance; what is too much goes. Negative errno; @o stays the caller's, but may be cut. */
int bundles_write(struct bundles *b, const char *instance, const char *name, json_object *o);
/* bundles_read() - -ENOENT: it is not there any more; -EBADMSG: it is not ours any more; else as read(2). Caller puts. */
int bundles_read(const struct bundles *b, const char *name, struct bundle_head *head, json_object **ret);
/* bundles_tidy() - what is too much of one VM, the oldest, links to what is not there, and what a crash left behind go. */
void bundles_tidy(struct bundles *b);
/* bundles_unended() - calls @fn for the newest report of each VM that does not say how it ended. */
typedef void (*bundles_fn)(const char *instance, const char *name, const struct bundle_head *head, void *userdata);
void bundles_unended(const struct bundles *b, bundles_fn fn, void *userdata);
void bundles_done(struct bundles *b);

#endif
