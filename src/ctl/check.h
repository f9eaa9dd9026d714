/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl check: one domain that was checked, and its correction. */
#ifndef AVICCTL_CHECK_H
#define AVICCTL_CHECK_H

#include "avicd/domxml.h"
#include "avicd/finding.h"
#include "avicd/policy.h"
#include "avicd/preflight.h"

struct checked {
	char *xml;
	size_t len;
	const struct policies *sections; /* of avicd.conf; NULL: none */
	struct domxml_facts f;
	struct policy policy;
	struct findings findings;
	struct preflight_prediction prediction;
	enum preflight_verdict verdict;
};
/* checked_read() - facts, findings, prediction and verdict of @c->xml on @host. An errno of domxml_read(). */
int checked_read(struct checked *c, const struct preflight_host *host);
void checked_done(struct checked *c);

/*
 * check_correct() - the XML of @c with all that can be corrected, as a diff on stdout, or written to @output when that is not NULL. What cannot be
 * corrected is named on stderr. @source: what the user called it. Returns one of enum ctl_exit, of what is left.
 */
int check_correct(const struct checked *c, const struct preflight_host *host, const char *source, const char *output);

#endif
