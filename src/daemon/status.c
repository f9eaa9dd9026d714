/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the whole, for files, D-Bus and systemd. */
#include <malloc.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "daemon/manager.h"

void manager_report_host(struct manager *m, struct report_host *ret)
{
	struct domains *d = &m->domains;

	if (m->sources.current)
		trace_stats(m->sources.current, &m->stats);
	for (size_t i = 0; i < d->n_uris; i++)
		d->report[i] = (struct report_libvirt){
			.uri = d->uris[i].uri,
			.connected = d->uris[i].connected,
			.why = d->uris[i].why[0] ? d->uris[i].why : NULL,
		};
	deploying_report(m, &m->livepatch);
	*ret = (struct report_host){
		.libvirt = d->report,
		.n_libvirt = d->n_uris,
		.host = &m->host,
		.trace_source = sources_name(m),
		.trace_why = m->sources.why,
		.stats = &m->stats,
		.version = PACKAGE_VERSION,
		.resync_interval = m->settings.resync_interval,
		.livepatch = &m->livepatch,
		.checks = &m->checks,
	};
}

void manager_status(struct manager *m)
{
	const struct tracker *t = &m->tracker;
	char s[sizeof(m->status)];

	if (m->sources.current)
		snprintf(s, sizeof(s), "Watching %zu VMs through %s: %zu stuck, %zu configured; host health %s", t->vms.n,
			 sources_name(m), t->n_condition[CONDITION_STUCK], t->n_condition[CONDITION_CONFIGURED],
			 health_to_string(t->health));
	else
		snprintf(s, sizeof(s), "No trace source: %s", m->sources.why ? m->sources.why : "not tried yet");
	if (streq(s, m->status))
		return;
	memcpy(m->status, s, sizeof(s));
	sd_notifyf(0, "STATUS=%s", s);
}

void manager_trim(struct manager *m)
{
	size_t n = m->tracker.vms.n;

	/* a heap that a few VMs made is not worth the page faults */
	if (MAX(n, m->n_trimmed) >= 100)
		malloc_trim(0);
	m->n_trimmed = n;
}
