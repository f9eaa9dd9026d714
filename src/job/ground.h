/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What restore and cold-reboot ask for before anything else. */
#ifndef AVICD_JOB_GROUND_H
#define AVICD_JOB_GROUND_H

#include "job/run.h"

/* refuse() - the job ends so: 1. */
#define refuse(r, ...) (run_end(r, RESULT_REFUSED, __VA_ARGS__), 1)

/*
 * ground_check() - the process is that of the job, libvirt answers, the domain has a definition, runs, and nothing else is done to it. 0, and its
 * XML as it runs, which the caller frees; 1: run_end() was called.
 */
int ground_check(struct run *r, char **ret_xml);

/*
 * ground_new_process() - is there another process of this VM than that of the job? libvirt says for a moment that a VM runs whose process has
 * ended.
 */
bool ground_new_process(const struct run *r);

#endif
