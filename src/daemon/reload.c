/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGHUP and Reload(): new settings into a running avicd. */
#include <systemd/sd-daemon.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "daemon/actions.h"
#include "daemon/configuration.h"
#include "daemon/manager.h"

static bool same(const char *a, const char *b)
{
	return streq(a ? a : "", b ? b : "");
}

/* Before the watch has begun there is nothing to tell, and nothing open yet. */
static void tell_systemd(const struct manager *m, bool begins)
{
	if (!m->ready)
		return;
	if (begins)
		sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(now_ns() / NSEC_PER_USEC));
	else
		sd_notify(0, "READY=1");
}

static void open_anew(struct manager *m, const struct settings *old)
{
	const struct settings *s = &m->settings;

	if (!same(s->trace_source, old->trace_source) || !same(s->trace_file, old->trace_file) ||
	    s->max_vms != old->max_vms || s->storm_rate != old->storm_rate)
		sources_reopen(m);
	if (!same(s->libvirt_uri, old->libvirt_uri))
		domains_restart(m);
	if (s->probe && !old->probe)
		probing_soon(m);
	manager_resync_later(m);
}

int manager_reload(struct manager *m)
{
	struct settings old = m->settings;
	struct core_settings core;
	int r;

	tell_systemd(m, true);
	r = configuration_read(&m->settings);
	if (r < 0) {
		log_warning("The configuration stays as it was");
		tell_systemd(m, false);
		return r;
	}
	actions_host(m, EVENT_CONFIG, "read again");
	if (m->settings.log_level != old.log_level)
		log_set_level(m->settings.log_level);
	configuration_core(&m->settings, &core);
	remedying_settings(m);
	/* a person has looked */
	m->remedying.book.unreadable = false;
	tracker_settings(&m->tracker, &core, manager_now(m));
	manager_read_catalogue(m);
	manager_read_host(m);
	recording_settings(m);
	metering_settings(m, old.textfile_directory);
	if (m->ready)
		open_anew(m, &old);
	settings_done(&old);
	bus_changed(m, NULL);
	files_state_soon(m);
	tell_systemd(m, false);
	return 0;
}
