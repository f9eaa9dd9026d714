/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of one host, from what avicd leaves in its runtime directory: JSON for programs, a page for people. */
#ifndef AVICD_HOSTREPORT_H
#define AVICD_HOSTREPORT_H

#include <stdio.h>

#include "avicd/jsonc.h"

#define HOSTREPORT_SCHEMA "avicd-host-report/1"

/*
 * hostreport_make() - @host, @state: host.json and state.json, parsed; @history: history_summary(). Each may be NULL, and
 * none of them is believed: what is missing, or of another type, is null in the report; a document of another schema
 * counts as missing. Nothing is kept. When host.json is missing, too old, or of another boot than state.json (no file of
 * an earlier boot can be in /run), health and conditions are `unknown`: `fresh` is false then.
 * @hostname: NULL or "": "unknown". Caller puts. -ENOMEM is the only error.
 */
int hostreport_make(json_object *host, json_object *state, json_object *history, const char *hostname, uint64_t now_us,
		    json_object **ret);
/* hostreport_html() - the report as one self-contained page. @report may be anybody's. 0; -EBADMSG: of another schema; -ENOMEM, -EIO. */
int hostreport_html(json_object *report, FILE *out);

#endif
