/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks of the host share, over the files of hostcheck. */
#ifndef AVICD_CORE_HOSTCHECK_PRIVATE_H
#define AVICD_CORE_HOSTCHECK_PRIVATE_H

#include "avicd/hostcheck.h"

/* The CPU's own word before the kernel's: the kernel hides flags that it has turned off. */
static inline enum tristate first_known(enum tristate a, enum tristate b)
{
	return a != TRI_UNKNOWN ? a : b;
}

/* A fault of the CPU; what avicd needs of the kernel for watching; known faults of the kernel. */
void hostcheck_erratum(const struct capability *c, struct findings *f);
void hostcheck_watching(const struct capability *c, struct findings *f);
void hostcheck_advisories(const struct capability *c, struct findings *f);

#endif
