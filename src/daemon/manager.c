/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manager: its beginning and its end. */
#include <signal.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "daemon/actions.h"
#include "daemon/configuration.h"
#include "daemon/index.h"
#include "daemon/manager.h"

/* How long the bus may take to give us our name before we start without. */
#define NAME_NS	     (5 * NSEC_PER_SEC)
/* systemd waits longer before it kills us; a libvirtd that hangs is not worth more. */
#define VIRT_STOP_NS NSEC_PER_SEC

uint64_t manager_now(const struct manager *m)
{
	return m->sources.current ? trace_now(m->sources.current) : now_ns();
}

static int on_stop(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	struct manager *m = userdata;

	log_debug("Received signal %u, ending", si->ssi_signo);
	return sd_event_exit(m->event, 0);
}

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	manager_reload(userdata);
	return 0;
}

static int start_loop(struct manager *m)
{
	static const struct {
		int signal;
		sd_event_signal_handler_t handler;
	} signals[] = {{SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_hangup}};
	sigset_t set;
	int r;

	/* blocked before any thread is there: all inherit it, so only the loop gets them */
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i].signal);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_new(&m->event);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		r = sd_event_add_signal(m->event, NULL, signals[i].signal, signals[i].handler, m);
		if (r < 0)
			return r;
	}
	return sd_event_add_post(m->event, &m->settle, manager_on_settle, m);
}

/* One pidfd a VM. */
static void raise_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur == l.rlim_max)
		return;
	l.rlim_cur = l.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &l) < 0)
		log_errno(LOG_DEBUG, -errno, "Cannot raise the limit of open files, ignoring");
}

int manager_new(struct manager **ret)
{
	_cleanup_(manager_free_p) struct manager *m = calloc(1, sizeof(*m));
	struct core_settings core;
	struct numbering numbering;
	int r;

	if (!m)
		return log_errno(LOG_ERR, -ENOMEM, "Cannot start");
	if (configuration_read(&m->settings) < 0) {
		log_warning("The defaults hold");
		r = settings_init(&m->settings);
		if (r < 0)
			return log_errno(LOG_ERR, r, "Cannot start");
	}
	log_set_level(m->settings.log_level);
	raise_limits();
	manager_read_catalogue(m);
	manager_read_host(m);
	configuration_core(&m->settings, &core);
	numbering_from_line(kernel_line_of(m->host.release), &numbering);
	tracker_init(&m->tracker, &numbering, &core, &m->host.core, actions_do, m);
	r = start_loop(m);
	if (r < 0)
		return log_errno(LOG_ERR, r, "Cannot set up the event loop");
	remedying_settings(m);
	r = files_start(m);
	if (r >= 0)
		r = metering_start(m);
	if (r < 0)
		return log_errno(LOG_ERR, r, "Cannot start");
	recording_start(m);
	*ret = TAKE_PTR(m);
	return 0;
}

/* Nobody else is there: look at the world. */
static void begin(struct manager *m)
{
	int r;

	m->ready = true;
	timer_disarm(m->patience);
	r = uevents_start(m);
	if (r < 0)
		log_errno(LOG_NOTICE, r, "Cannot listen to uevents; kvm that comes later is noticed within 30 s");
	reporting_begin(m);
	sources_open(m);
	probing_soon(m); /* without a source it answers why nothing is proved */
	deploying_begin(m);
	remedying_begin(m);
	manager_settle(m);
	domains_start(m);
	files_write(m);
	metering_write(m);
	manager_resync_later(m);
	/* Not before: a first sign of life makes systemd wait for the next one, which a long start (BPF, many VMs) cannot give. */
	r = sd_event_set_watchdog(m->event, true);
	if (r < 0)
		log_errno(LOG_WARNING, r, "Cannot feed the watchdog of the service manager");
	sd_notify(0, "READY=1");
}

void manager_named(struct manager *m)
{
	if (!m->ready)
		begin(m);
}

static int on_patience(sd_event_source *s, uint64_t usec, void *userdata)
{
	log_warning("The bus does not answer; going on without waiting for it");
	manager_named(userdata);
	return 0;
}

int manager_run(struct manager *m)
{
	int r;

	timer_arm(m->event, &m->patience, NAME_NS, on_patience, m);
	bus_start(m);
	r = sd_event_loop(m->event);
	sd_notify(0, "STOPPING=1");
	/* an exit that manager_exit() asked for was explained there */
	if (r < 0 && !m->failed)
		log_errno(LOG_ERR, r, "The event loop failed");
	return r;
}

void manager_exit(struct manager *m, int r)
{
	m->failed = true;
	sd_event_exit(m->event, r);
}

struct manager *manager_free(struct manager *m)
{
	if (!m)
		return NULL;
	deploying_done(m);
	units_done(m);
	probing_done(m);
	farewells_done(m);
	if (m->ready) {
		files_end(m);
		metering_end(m);
	}
	reporting_done(m);
	remedying_done(m);
	recording_done(m);
	domains_stop(m, VIRT_STOP_NS);
	sources_done(&m->sources);
	entries_done(&m->entries);
	snapshots_done(&m->snapshots);
	vms_done(m);
	index_done(&m->domains.index);
	bus_done(m);
	uevents_done(&m->uevents);
	files_done(&m->files);
	metering_done(&m->metering);
	tracker_done(&m->tracker);
	settings_done(&m->settings);
	findings_done(&m->checks);
	catalogue_done(&m->catalogue);
	event_source_drop(&m->settle);
	event_source_drop(&m->deadline);
	event_source_drop(&m->resync);
	event_source_drop(&m->kvm_changed);
	event_source_drop(&m->patience);
	sd_event_unref(m->event);
	free(m);
	return NULL;
}
