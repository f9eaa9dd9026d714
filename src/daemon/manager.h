/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manager: everything that one running avicd holds, and the way from one part to the next.
 *
 * DOC: Theory of Operation
 *
 * One thread, one sd-event loop, and no call in it that waits for anybody: libvirt has threads of its own, D-Bus calls are asynchronous,
 * files are small and in memory file systems, or written without sync.
 *
 *   sources.c (trace source) --> entries.c, snapshots.c --> tracker --> actions.c --> journal, bus*.c, files.c, recording.c
 *   uevents.c (kvm comes, goes) --^        vms.c (processes) --^   ^-- domains.c (libvirt)
 *
 * Facts go into the tracker from many sides; what follows from them is done once a loop iteration, in manager_settle(): new VMs are
 * introduced, time is told to the tracker, its next deadline becomes a timer, D-Bus clients are told.
 */
#ifndef AVICD_DAEMON_MANAGER_H
#define AVICD_DAEMON_MANAGER_H

#include <systemd/sd-event.h>

#include "avicd/catalogue.h"
#include "avicd/finding.h"
#include "avicd/host.h"
#include "avicd/report.h"
#include "avicd/settings.h"
#include "avicd/tracker.h"
#include "daemon/bus.h"
#include "daemon/deploying.h"
#include "daemon/domains.h"
#include "daemon/entries.h"
#include "daemon/farewells.h"
#include "daemon/files.h"
#include "daemon/jobs.h"
#include "daemon/metering.h"
#include "daemon/probing.h"
#include "daemon/recording.h"
#include "daemon/remedying.h"
#include "daemon/reporting.h"
#include "daemon/snapshots.h"
#include "daemon/sources.h"
#include "daemon/timer.h"
#include "daemon/uevents.h"
#include "daemon/units.h"
#include "daemon/vms.h"

struct manager {
	sd_event *event;
	struct settings settings;
	struct host host;
	struct catalogue catalogue;
	struct findings checks;  /* of the host; their ids point into the catalogue */
	struct tracker tracker;
	struct sources sources;
	struct entries entries;
	struct snapshots snapshots;
	struct vms vms;
	struct farewells farewells;
	struct probing probing;
	struct deploying deploying;
	struct units units;
	struct remedying remedying;
	struct jobs jobs;
	struct reporting reporting;
	struct recording recording;
	struct domains domains;
	struct bus bus;
	struct files files;
	struct metering metering;
	struct uevents uevents;

	struct report_livepatch livepatch; /* as manager_report_host() reported it last */
	struct trace_stats stats;  /* as manager_report_host() read them last */
	uint64_t refreshed_at;     /* monotonic */
	uint64_t looked_at;        /* the same, but only where all VMs could be read */
	uint64_t swept_at;         /* monotonic; of hookword.h */
	sd_event_source *settle, *deadline, *resync, *kvm_changed, *patience;
	size_t n_trimmed;          /* VMs at the last manager_trim() */
	bool ready;                /* the watch has begun */
	bool busy;                 /* in manager_settle() or manager_refresh(), which must not begin anew inside */
	bool failed;               /* manager_exit() was called */
	char status[256];          /* last STATUS= sent */
};

/* manager_new() - made, with configuration, signals and duty state; nothing is watched yet. What went wrong was logged. */
int manager_new(struct manager **ret);
struct manager *manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager, manager_free)
/* manager_run() - until SIGTERM or SIGINT: 0; or a negative errno, which was logged. */
int manager_run(struct manager *m);
/* manager_exit() - end the loop with @r, a negative errno that was logged. */
void manager_exit(struct manager *m, int r);

/* manager_now() - the clock of the trace source, which all times of the tracker are on. */
uint64_t manager_now(const struct manager *m);
/* manager_settle() - do what follows from the facts told to the tracker since the last time. */
void manager_settle(struct manager *m);
int manager_on_settle(sd_event_source *s, void *userdata);
/* manager_refresh() - read the truth about all VMs, unless that was done within the last 100 ms: before anybody is answered. */
void manager_refresh(struct manager *m);
/*
 * manager_read_catalogue() - the files of the catalogue; when they cannot be read, what is in force stays. The
 * checks are none until manager_read_host().
 */
void manager_read_catalogue(struct manager *m);
/* manager_read_host() - look at the host anew, and judge it. */
void manager_read_host(struct manager *m);
/* manager_tell_host() - tell the tracker the facts about the host whose VMs are watched. */
void manager_tell_host(struct manager *m);
/* manager_resync() - look at everything again: host, entries, snapshot, processes, libvirt. */
void manager_resync(struct manager *m);
/* manager_resync_later() - after resync_interval, counted from now */
void manager_resync_later(struct manager *m);
/* manager_reload() - read the configuration again; the old one holds when it cannot be read: negative errno, logged. */
int manager_reload(struct manager *m);
/* manager_kvm_changed() - kvm or a vendor module came or went. */
void manager_kvm_changed(struct manager *m);
/* manager_named() - the bus name is ours, or there is no bus: no other avicd is there, the watch may begin. */
void manager_named(struct manager *m);
/* manager_status() - STATUS= to systemd, when it changed. */
void manager_status(struct manager *m);
/* manager_report_host() - for report.h; *ret points into @m and is valid until the next event. */
void manager_report_host(struct manager *m, struct report_host *ret);
/* manager_trim() - give memory back: as JSON, a VM takes some 10 KiB for a moment, and malloc would keep all of it. */
void manager_trim(struct manager *m);

#endif
