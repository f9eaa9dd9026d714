/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done once a loop iteration, before an answer, and every resync_interval. */
#include "avicd/capability.h"
#include "avicd/clock.h"
#include "avicd/hostcheck.h"
#include "daemon/configuration.h"
#include "daemon/hookword.h"
#include "daemon/manager.h"

#define REFRESH_NS	(100 * NSEC_PER_MSEC)
/* A deadline that passed without effect must not become a busy loop. */
#define DEADLINE_MIN_NS (10 * NSEC_PER_MSEC)

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata)
{
	return 0; /* manager_settle() follows each event */
}

void manager_settle(struct manager *m)
{
	uint64_t now, deadline = TIME_NEVER;

	if (m->busy)
		return;
	m->busy = true;
	/* a tick may bring deadlines of its own, but not for ever */
	for (int i = 0; i < 4; i++) {
		vms_introduce(m);
		now = manager_now(m);
		deadline = tracker_deadline(&m->tracker);
		if (deadline > now)
			break;
		entries_read_due(m, now);
		tracker_tick(&m->tracker, now);
		vms_bury(m);
	}
	if (deadline == TIME_NEVER)
		timer_disarm(m->deadline);
	else
		timer_arm(m->event, &m->deadline, MAX(deadline, now + DEADLINE_MIN_NS) - now, on_deadline, m);
	bus_flush(m);
	m->busy = false;
}

int manager_on_settle(sd_event_source *s, void *userdata)
{
	manager_settle(userdata);
	return 0;
}

void manager_refresh(struct manager *m)
{
	uint64_t now = now_ns();

	if (m->busy || !m->ready || (m->refreshed_at && now - m->refreshed_at < REFRESH_NS))
		return;
	m->busy = true;
	m->refreshed_at = now;
	if (entries_read_all(m) == 0)
		m->looked_at = now;
	m->busy = false;
	manager_settle(m);
}

static int on_resync(sd_event_source *s, uint64_t usec, void *userdata)
{
	manager_resync(userdata);
	return 0;
}

void manager_tell_host(struct manager *m)
{
	/* of the host of a recording nothing is known but what its masks say */
	struct host_facts_core unknown = {.avic = TRI_UNKNOWN};

	/* host_read() knows nothing of it */
	memcpy(m->host.core.probe, m->probing.answers, sizeof(m->host.core.probe));
	tracker_host(&m->tracker, sources_wants_recording(m) ? &unknown : &m->host.core, manager_now(m));
	bus_changed(m, NULL);
	/* a cause may be another one now */
	remedying_soon(m);
}

void manager_read_catalogue(struct manager *m)
{
	struct catalogue c;

	if (configuration_catalogue(&c) < 0)
		return;
	findings_done(&m->checks);
	catalogue_done(&m->catalogue);
	m->catalogue = c;
}

void manager_read_host(struct manager *m)
{
	struct findings found = {0};
	struct capability c;

	capability_read(&c);
	m->host = c.host;
	c.advisories = m->catalogue.list;
	hostcheck(&c, &found);
	/* half a list would look like a good host */
	if (found.error) {
		findings_done(&found);
		return;
	}
	findings_done(&m->checks);
	m->checks = found;
}

static void read_host(struct manager *m)
{
	manager_read_host(m);
	manager_tell_host(m);
}

void manager_resync(struct manager *m)
{
	if (!m->ready)
		return;
	read_host(m);
	probing_check(m);
	if (!m->sources.current)
		sources_open(m);
	else
		sources_upgrade(m);
	vms_check(m);
	sources_check(m);
	entries_read_all(m);
	snapshots_take(m, 0);
	manager_settle(m);
	domains_relist(m);
	reporting_look(m);
	files_write(m);
	hookword_sweep(m);
	deploying_look(m);
	remedying_soon(m);
	probing_reap(m);
	manager_resync_later(m);
}

void manager_resync_later(struct manager *m)
{
	timer_arm(m->event, &m->resync, m->settings.resync_interval, on_resync, m);
}

static int on_kvm_changed(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	read_host(m);
	probing_check(m);
	if (sources_live(m) && !m->host.kvm_loaded)
		sources_lost(m, "kvm was unloaded");
	else if (!m->sources.current)
		sources_open(m);
	probing_soon(m);
	/* the checks of the host are in the files, and may be all that has changed */
	files_state_soon(m);
	return 0;
}

void manager_kvm_changed(struct manager *m)
{
	/* kvm and its vendor module come together */
	timer_soon(m->event, &m->kvm_changed, 200 * NSEC_PER_MSEC, on_kvm_changed, m);
}
