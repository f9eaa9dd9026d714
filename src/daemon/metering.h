/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metering: metrics.prom in the runtime directory, and in that of node_exporter's textfile collector where textfile_directory= names one. */
#ifndef AVICD_DAEMON_METERING_H
#define AVICD_DAEMON_METERING_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "avicd/job.h"

struct manager;

struct metering {
	char *path;
	uint64_t started_us;
	uint64_t ends[_REMEDY_MAX][_RESULT_MAX]; /* of jobs, since then */
	sd_event_source *timer;
	bool said, said_textfile;
};

/* metering_start() - -ENOMEM. The first file is written once VMs are watched. */
int metering_start(struct manager *m);
/* metering_write() - now, and every 15 s from then on: so often Prometheus asks. */
void metering_write(struct manager *m);
/* metering_settings() - after a reload: @old, the textfile_directory= of before, may be NULL. */
void metering_settings(struct manager *m, const char *old);
/* metering_ended() - a job did. */
void metering_ended(struct manager *m, enum remedy r, enum job_result result);
/* metering_end() - the last file says that avicd is not up. */
void metering_end(struct manager *m);
void metering_done(struct metering *g);

#endif
