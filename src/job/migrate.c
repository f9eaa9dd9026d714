/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live migration to a host that is proved better. */
#include "job/run.h"

int job_migrate(struct run *r)
{
	int x;

	if (run_process(r) < 0)
		return run_end(r, RESULT_GONE, "The VM has ended meanwhile: nothing to do");
	x = run_open(r);
	if (x == 0)
		x = run_find(r);
	if (x < 0)
		return run_end(r, RESULT_REFUSED, "libvirt cannot be asked: %s", r->said);
	return run_end(r, RESULT_REFUSED, "Migration is not made yet");
}
