/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the mask of the probe's VM, and what it proves. */
#ifndef AVICD_FIX_LOOK_H
#define AVICD_FIX_LOOK_H

#include "avicd/probe.h"

/* known_without() - true: *ret is the answer, and no process is needed for it. */
bool known_without(const struct probe_setup *setup, struct probe_answer *ret);
/*
 * look() - true: *ret is the answer. False: the mask does not show yet what avicd-probe has done; with @last that is an
 * answer, too.
 */
bool look(struct trace_source *source, int32_t tgid, const struct numbering *n, bool last, struct probe_answer *ret);

#endif
