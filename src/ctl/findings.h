/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `host` and `check` print what they found. */
#ifndef AVICCTL_FINDINGS_H
#define AVICCTL_FINDINGS_H

#include <stdbool.h>

#include "avicd/finding.h"

/*
 * findings_print() - on stdout, one a line, as virt-host-validate does: "  AVIC: Checking for x2AVIC       : PASS", with "(why)" behind it and the
 * remedy in lines below. @subject: what stands for "AVIC" there, "AVIC" or "APICv". @quiet: only WARN and worse.
 */
void findings_print(const struct findings *f, const char *subject, bool quiet);
/* findings_exit() - the exit status: 3 for WARN and FAIL, 4 for UNKNOWN without those, 0 else. 1, with an error line, where memory was short. */
int findings_exit(const struct findings *f);

#endif
