/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs that the trace source cannot know of: they run since before the watch, and the source has no snapshot. */
#include <dirent.h>
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/log.h"
#include "avicd/proc.h"
#include "avicd/text.h"
#include "daemon/finder.h"
#include "daemon/index.h"
#include "daemon/manager.h"

static void closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

static DIR *open_dir(const char *path)
{
	_cleanup_free_ char *full = NULL;

	return sysroot_path(path, &full) < 0 ? NULL : opendir(full);
}

/* QEMU calls its vCPU threads "CPU 0/KVM" or "CPU 0/TCG" (-name debug-threads=on, which libvirt sets); a TCG guest is no VM for us. */
static bool has_kvm_thread(int32_t tgid)
{
	char path[64];
	struct dirent *e;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)tgid);
	_cleanup_(closedir_p) DIR *d = open_dir(path);

	while (d && (e = readdir(d))) {
		_cleanup_free_ char *comm = NULL;
		char *file;
		size_t n;
		int r;

		if (e->d_name[0] == '.' || asprintf(&file, "%s/%s/comm", path, e->d_name) < 0)
			continue;
		r = sysroot_read_line(file, &comm);
		free(file);
		n = r < 0 ? 0 : strlen(comm);
		if (n > 8 && startswith(comm, "CPU ") && streq(comm + n - 4, "/KVM"))
			return true;
	}
	return false;
}

static void look_at(struct manager *m, int32_t tgid)
{
	struct vm_id id = { .tgid = tgid };
	struct domain d;

	if (vms_find(m, tgid) || proc_domain(tgid, &d) < 0 || !index_best(&m->domains.index, d.uuid))
		return;
	/* should another process take the number now, the pidfd shows it: proc_pidfd() compares the start */
	if (proc_start(tgid, &id.start) < 0 || !has_kvm_thread(tgid))
		return;
	if (!vms_saw(m, &id))
		log_error("No memory to take up process %d", (int)tgid);
}

void finder_run(struct manager *m)
{
	struct dirent *e;
	uint64_t tgid;

	if (!sources_live(m) || trace_has_snapshot(m->sources.current))
		return;
	_cleanup_(closedir_p) DIR *proc = open_dir("/proc");

	while (proc && (e = readdir(proc)))
		if (parse_u64(e->d_name, &tgid) >= 0 && tgid && tgid <= INT32_MAX)
			look_at(m, (int32_t)tgid);
}
