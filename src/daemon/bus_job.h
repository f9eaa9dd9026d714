/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One object a job, org.avicd1.Job. */
#ifndef AVICD_DAEMON_BUS_JOB_H
#define AVICD_DAEMON_BUS_JOB_H

#include "daemon/jobs.h"

#define BUS_JOB		"org.avicd1.Job"
#define BUS_PATH_JOB	"/org/avicd1/job"
#define BUS_NO_SUCH_JOB "org.avicd1.Error.NoSuchJob"
#define BUS_REFUSED	"org.avicd1.Error.Refused"
#define BUS_REMEDY	"org.avicd1.remedy" /* polkit's action */

/* job_bus_path() - of its object; "" where there is no memory. */
void job_bus_path(const char *id, char path[static JOB_PATH_MAX]);
/* job_bus_added() etc. - clients are told. */
void job_bus_added(struct manager *m, const struct tended *t);
void job_bus_changed(struct manager *m, const struct tended *t);
void job_bus_removed(struct manager *m, const struct tended *t);
int bus_add_jobs(struct manager *m);

#endif
