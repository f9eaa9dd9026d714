/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the VM in a state in which it may be ended and brought back at all? */
#include <dirent.h>

#include "avicd/proc.h"
#include "job/deed.h"
#include "job/ground.h"

static int look(struct run *r, struct deed **persistent, struct deed **busy, struct deed **xml, int *state)
{
	int reason, x = run_open(r);

	if (x == 0)
		x = run_find(r);
	if (x == 0)
		x = deed_ask(r, deed_persistent, 0, persistent);
	if (x == 0)
		x = run_state(r, state, &reason);
	if (x == 0 && *state == VIR_DOMAIN_RUNNING)
		x = deed_ask(r, deed_busy, 0, busy);
	return x == 0 ? deed_ask(r, deed_xml, 0, xml) : x;
}

int ground_check(struct run *r, char **ret_xml)
{
	_cleanup_deed_ struct deed *persistent = NULL, *busy = NULL, *xml = NULL;
	int state;

	if (run_process(r) < 0) {
		run_end(r, RESULT_GONE, "The VM has ended meanwhile: nothing to do");
		return 1;
	}
	if (look(r, &persistent, &busy, &xml, &state) < 0)
		return refuse(r, "libvirt cannot be asked: %s", *r->said ? r->said : "no memory");
	if (!persistent->yes)
		return refuse(
			r, "A transient domain would be lost if it could not be brought back: virsh define it first");
	if (state != VIR_DOMAIN_RUNNING)
		return refuse(r, "It does not run now: virsh resume it first");
	if (busy->yes)
		return refuse(r, "libvirt does another job for it: wait for its end, virsh domjobinfo shows it");
	*ret_xml = TAKE_PTR(xml->text);
	return 0;
}

static void closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

bool ground_new_process(const struct run *r)
{
	_cleanup_(closedir_p) DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		int32_t tgid = atoi(e->d_name);
		struct domain d;

		/* one that reuses the number is another one */
		if (tgid > 0 && proc_domain(tgid, &d) == 0 && streq(d.uuid, r->job->uuid) &&
		    (tgid != r->job->vm.tgid || run_process(r) < 0))
			return true;
	}
	return false;
}
