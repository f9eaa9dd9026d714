/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a fleet report share. */
#ifndef REPORT_FLEET_PRIVATE_H
#define REPORT_FLEET_PRIVATE_H

#include "avicd/fleet.h"
#include "avicd/hash.h"
#include "report/json.h"
#include "report/member.h"

#define FLEET_VMS_MAX  100
#define FLEET_BAD_MAX  100
/* bytes of a name */
#define FLEET_NAME_MAX 255

struct fleet {
	uint64_t now_us, max_age_us;
	struct fleet_host **hosts;
	size_t n_hosts, size_hosts;
	struct hash by_name; /* by the hash of the name, the next free number where two have one */
	struct fleet_vm vms[FLEET_VMS_MAX];
	size_t n_vms;
	char *bad[FLEET_BAD_MAX][2];
	size_t n_bad; /* all, also those that are not kept */
	size_t n_expected;
};

/* fleet_host_clear() - all but its name is gone. fleet_drop_vms() - of this host. */
void fleet_host_clear(struct fleet_host *h);
void fleet_drop_vms(struct fleet *f, const struct fleet_host *host);

#endif
