/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicd on another host says: its host.json and state.json, fetched and judged. */
#ifndef AVICD_JOB_REPORTS_H
#define AVICD_JOB_REPORTS_H

#include "avicd/target.h"

#define REPORTS_WHY_MAX 200

/*
 * reports_fetch() - the file @name ("host.json") of the host of libvirt's @uri. @where: "ssh", or a URL to which the name is appended, where "%h"
 * is the host ("localhost" where the URI names none); file, http or https. Waits @limit_ns at most: for a thread. Caller frees *ret.
 * -EINVAL: it cannot be asked so; -EIO, -EFBIG, -ETIMEDOUT, -ENOMEM; @why is a phrase then.
 */
int reports_fetch(const char *where, const char *uri, const char *name, uint64_t limit_ns, char **ret, size_t *ret_len,
		  char why[static REPORTS_WHY_MAX]);
/* reports_init() - once, while there is one thread. */
int reports_init(void);

/* The parts of a URI that a report is fetched by. -EINVAL: a host that is no name and no address. */
struct reports_host {
	char user[64], host[256], port[8];
	bool ssh; /* user and port are those of ssh */
};
int reports_host_of(const char *uri, struct reports_host *ret);

/*
 * Pure, of what was fetched; @now_us is wall clock. -EBADMSG: not such a file. A file is fresh if it is not older than three of its own
 * resync_interval, nor from the future by more than the clocks of two hosts may differ.
 * reports_read_host() - into reported, fresh, health, avic, max_id, vulnerable, proved of @f. reports_read_counts() - vms, stuck, of state.json.
 * reports_read_vm() - the condition of the VM of @uuid in state.json: -ENOENT: it is not in it; -ESTALE: the file is not fresh.
 */
int reports_read_host(const char *json, size_t len, uint64_t now_us, struct target_facts *f);
int reports_read_counts(const char *json, size_t len, struct target_facts *f);
int reports_read_vm(const char *json, size_t len, const char *uuid, uint64_t now_us, enum condition *ret);

#endif
