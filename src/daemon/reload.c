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

int manager_reload(struct manager *m)
{
	struct settings old = m->settings;
	struct core_settings core;
	int r;

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(now_ns() / NSEC_PER_USEC));
	r = configuration_read(&m->settings);
	if (r < 0) {
		log_warning("The configuration stays as it was");
		sd_notify(0, "READY=1");
		return r;
	}
	actions_host(m, EVENT_CONFIG, "read again");
	if (m->settings.log_level != old.log_level)
		log_set_level(m->settings.log_level);
	configuration_core(&m->settings, &core);
	tracker_settings(&m->tracker, &core, manager_now(m));
	if (!same(m->settings.trace_source, old.trace_source) || !same(m->settings.trace_file, old.trace_file) ||
	    m->settings.max_vms != old.max_vms || m->settings.storm_rate != old.storm_rate)
		sources_reopen(m);
	if (!same(m->settings.libvirt_uri, old.libvirt_uri))
		domains_restart(m);
	settings_done(&old);
	manager_resync_later(m);
	bus_changed(m, NULL);
	files_state_soon(m);
	sd_notify(0, "READY=1");
	return 0;
}
