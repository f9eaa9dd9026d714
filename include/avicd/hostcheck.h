/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this host able to run guests with AVIC or APICv? */
#ifndef AVICD_HOSTCHECK_H
#define AVICD_HOSTCHECK_H

#include "avicd/advisory.h"
#include "avicd/capability.h"
#include "avicd/finding.h"

/*
 * hostcheck() - adds a finding for each thing looked at to @ret, in the order in which a person would put them right.
 * Pure. Ids of findings are those of c->advisories, where there are some, which must live as long. The caller frees by findings_done() and looks at ret->error.
 */
void hostcheck(const struct capability *c, struct findings *ret);
/* hostcheck_facts() - what decides which known faults concern the host. @ret points into @c. */
void hostcheck_facts(const struct capability *c, struct advisory_host *ret);

#endif
