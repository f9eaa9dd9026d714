/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bundle of `avicctl report`: what a maintainer of the kernel or of libvirt would ask for, in one file. */
#ifndef AVICCTL_BUNDLE_H
#define AVICCTL_BUNDLE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "avicd/text.h"
#include "ctl/tarball.h"

/* One under way. What could not be had is named in @missing, and is no error. */
struct bundling {
	struct tarball *tarball;
	struct text missing;
	int r; /* of the tarball: the first error */
};

/* bundle_write() - to @path, which must end in .tar.zst, with @report (may be NULL), and @history of the host since @since_us. CTL_OK; said: CTL_FAILED, CTL_USAGE. */
int bundle_write(const char *path, json_object *report, uint64_t since_us, uint64_t until_us);

/* Between the files. bundling_text(), _json() - a file. bundling_lacks() - a line of missing.txt. */
void bundling_text(struct bundling *b, const char *name, const char *text, size_t len);
void bundling_json(struct bundling *b, const char *name, json_object *o);
void bundling_lacks(struct bundling *b, const char *name, const char *why);
/* bundle_host() - versions, parameters, the kernel's command line, checks. bundle_vms() - of @state, those that need attention first. */
void bundle_host(struct bundling *b, json_object *host);
void bundle_vms(struct bundling *b, json_object *state);
/* bundle_journal() - the last lines of avicd and its helpers. */
void bundle_journal(struct bundling *b);

#endif
