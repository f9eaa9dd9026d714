/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes: start time, pidfd, and the domain that a QEMU's command line names. Below $AVICD_SYSROOT where it is set. */
#ifndef AVICD_PROC_H
#define AVICD_PROC_H

#include "avicd/domain.h"
#include "avicd/trace.h"

/* proc_start() - start of process @tgid in ns since boot, ticks of 10 ms (stat field 22). -ESRCH when there is none. */
int proc_start(int32_t tgid, uint64_t *ret_ns);
/* proc_tgid() - the process of a thread. -ESRCH. */
int proc_tgid(int32_t tid, int32_t *ret);
/* proc_comm() - name of the process, control characters and invalid UTF-8 as '?'. */
int proc_comm(int32_t tgid, char ret[static 16]);
/* proc_domain() - from -uuid and -name guest=... of the command line; -ENOENT when it names no UUID. uri and states are left zero. */
int proc_domain(int32_t tgid, struct domain *ret);
/* proc_cmdline_domain() - the same for a buffer of NUL-separated arguments; fuzzed. */
int proc_cmdline_domain(const char *buf, size_t len, struct domain *ret);
/* proc_hidden() - the process exists, but /proc does not show it: mounted with hidepid=, and we are not in its gid= group. */
bool proc_hidden(int32_t tgid);
/* proc_pidfd() - pidfd of process @id, checked to be that process after it was opened. -ESRCH. */
int proc_pidfd(const struct vm_id *id);

#endif
