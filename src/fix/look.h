/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the mask of the probe's VM, and what it proves. */
#ifndef AVICD_FIX_LOOK_H
#define AVICD_FIX_LOOK_H

#include "avicd/bugs.h"
#include "avicd/trace.h"

/*
 * look() - true: *ret is the answer. False: the mask does not show yet what avicd-probe has done; with @last that is an
 * answer, too.
 */
bool look(struct trace_source *source, int32_t tgid, const struct numbering *n, bool last, struct probe_answer *ret);

#endif
