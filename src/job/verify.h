/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did it help? What avicd on the target says about the VM, now that it runs there. */
#ifndef AVICD_JOB_VERIFY_H
#define AVICD_JOB_VERIFY_H

#include "job/run.h"

/* verify_there() - for a VM that departed to r->state.target: waits up to 3 min, and ends the job: done, or an alarm. */
int verify_there(struct run *r);

#endif
