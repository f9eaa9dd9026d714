/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace source: chosen by trace_source=, opened, lost, opened again. */
#include <malloc.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "avicd/btf.h"
#include "avicd/clock.h"
#include "avicd/log.h"
#include "avicd/tracetext.h"
#include "daemon/actions.h"
#include "daemon/manager.h"

/* kvm that comes is told by a uevent; this is for what comes without: tracefs mounted, lockdown lifted, a limit raised. */
#define RETRY_NS (30 * NSEC_PER_SEC)
#define LOST_SAID_NS (10 * NSEC_PER_SEC)

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata)
{
	sources_open(userdata);
	return 0;
}

static int on_readable(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;
	int r = entries_dispatch(m);

	if (r == -ENODEV && m->sources.current->kind == TRACE_RECORDED) {
		log_notice("The recording %s is over; what it showed last stays", m->settings.trace_file);
		event_source_drop(&m->sources.io);
	} else if (r < 0 && r != -EAGAIN && r != -EINTR) {
		sources_lost(m, r == -ENODEV ? "kvm was unloaded" : strerror(-r));
	}
	return 0;
}

/* A recording may be of another kernel than ours: what it says of its numbers holds, or what they suggest. */
static int recorded_numbering(const char *path, struct numbering *ret)
{
	struct trace_file *f = NULL;
	struct numbering_guess g;
	char *why = NULL;
	int r;

	r = path ? trace_file_open(path, &f, &why) : -ENOENT;
	if (r >= 0)
		r = trace_file_numbering(f, &g);
	if (r >= 0)
		*ret = g.numbering;
	trace_file_close(f);
	free(why); /* opening it as a source will say the same */
	return r;
}

/* What the bits mean may differ after a reload of kvm. Without any other way, the release tells the line. */
static void look_up_numbering(struct manager *m)
{
	struct numbering *n = &m->tracker.numbering;
	int r;

	if (sources_wants_recording(m))
		r = recorded_numbering(m->settings.trace_file, n);
	else
		r = kernel_numbering(n);
	if (r >= 0)
		return;
	numbering_from_line(kernel_line_of(m->host.release), n);
	if (sources_wants_recording(m))
		n->origin = NUMBERING_NONE; /* nobody may take it for what the recording means */
	log_debug("What the numbers of inhibit reasons mean cannot be read: %s", strerror(-r));
}

static struct trace_settings settings_of(const struct manager *m)
{
	return (struct trace_settings){
		.file = m->settings.trace_file,
		.numbering = m->tracker.numbering,
		.storm_rate = m->settings.storm_rate < 1 ? 1 : (uint64_t)m->settings.storm_rate,
		.max_vms = m->settings.max_vms,
	};
}

/* Try the kinds in order. *why: one sentence for each that failed. */
static int try_open(struct manager *m, struct trace_source **ret, char **why)
{
	struct trace_settings set = settings_of(m);
	enum trace_kind kinds[] = { TRACE_BPF, TRACE_TRACEFS }; /* auto */
	size_t n = ARRAY_SIZE(kinds);
	int r = trace_kind_from_string(m->settings.trace_source);

	if (r >= 0) {
		kinds[0] = (enum trace_kind)r;
		n = 1;
	}
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *one = NULL;
		char *all;

		r = trace_open(kinds[i], &set, ret, &one);
		if (r >= 0)
			return 0;
		if (asprintf(&all, "%s%s%s", *why ? *why : "", *why ? "; " : "", one ? one : strerror(-r)) < 0)
			return -ENOMEM;
		free(*why);
		*why = all;
	}
	return r;
}

static int listen(struct manager *m)
{
	int fd = trace_fd(m->sources.current);

	if (fd < 0)
		return fd;
	return sd_event_add_io(m->event, &m->sources.io, fd, EPOLLIN, on_readable, m);
}

static void say_why_none(struct manager *m, char *why)
{
	struct sources *s = &m->sources;
	bool news = !s->why || !why || !streq(s->why, why);

	free(s->why);
	s->why = why;
	if (news)
		actions_host(m, EVENT_TRACE_DOWN, why);
}

void sources_open(struct manager *m)
{
	struct sources *s = &m->sources;
	_cleanup_free_ char *why = NULL;
	int r;

	if (s->current)
		return;
	look_up_numbering(m);
	manager_tell_host(m);
	r = try_open(m, &s->current, &why);
	if (r < 0) {
		if (m->tracker.watching)
			tracker_sight(&m->tracker, false, false, manager_now(m));
		say_why_none(m, TAKE_PTR(why));
		timer_arm(m->event, &s->retry, RETRY_NS, on_retry, m);
		return;
	}
	/* libbpf read the kernel's whole BTF, some 10 MiB, which malloc would keep for us for ever */
	malloc_trim(0);
	if (why)
		log_notice("Trace source %s is used: %s", sources_name(m), why);
	free_p(&s->why);
	s->why = NULL;
	timer_disarm(s->retry);
	s->lost = 0;
	r = listen(m);
	if (r < 0) {
		sources_lost(m, strerror(-r));
		return;
	}
	probing_exclude(m);
	tracker_sight(&m->tracker, true, trace_has_snapshot(s->current), manager_now(m));
	m->files.begun = true;
	actions_host(m, EVENT_TRACE_UP, sources_name(m));
	entries_read_all(m);
	snapshots_take(m, 0);
	probing_soon(m);
	bus_changed(m, NULL);
}

static void close_source(struct manager *m)
{
	struct sources *s = &m->sources;
	bool live = sources_live(m);

	probing_stop(m);
	event_source_drop(&s->io);
	event_source_drop(&s->retry);
	/* the VMs of a recording end with it: their times are on its clock, and no process of theirs is here */
	if (s->current && !live)
		vms_forget_all(m, "the recording was closed");
	s->current = trace_close(s->current);
	free_p(&s->why);
	s->why = NULL;
}

void sources_lost(struct manager *m, const char *why)
{
	_cleanup_free_ char *copy = strdup(why);

	close_source(m);
	tracker_sight(&m->tracker, false, false, manager_now(m));
	say_why_none(m, TAKE_PTR(copy));
	timer_arm(m->event, &m->sources.retry, RETRY_NS, on_retry, m);
	bus_changed(m, NULL);
}

void sources_reopen(struct manager *m)
{
	close_source(m);
	sources_open(m);
}

void sources_upgrade(struct manager *m)
{
	struct trace_settings set = settings_of(m);
	_cleanup_free_ char *why = NULL;
	struct trace_source *bpf;

	if (!m->sources.current || m->sources.current->kind != TRACE_TRACEFS || !streq(m->settings.trace_source, "auto"))
		return;
	if (trace_open(TRACE_BPF, &set, &bpf, &why) < 0)
		return;
	trace_close(bpf);
	sources_reopen(m);
}

void sources_check(struct manager *m)
{
	struct sources *s = &m->sources;
	uint64_t now = now_ns();
	struct trace_stats st;
	char detail[160];

	if (!s->current || trace_stats(s->current, &st) < 0 || st.lost == s->lost)
		return;
	snapshots_want_all(m);
	if (s->lost_said_at && now - s->lost_said_at < LOST_SAID_NS)
		return;
	if (st.vms_max && st.vms >= st.vms_max)
		snprintf(detail, sizeof(detail), "%llu, because there are more VMs than max_vms=%llu",
			 (unsigned long long)(st.lost - s->lost), (unsigned long long)st.vms_max);
	else
		snprintf(detail, sizeof(detail), "%llu", (unsigned long long)(st.lost - s->lost));
	s->lost = st.lost;
	s->lost_said_at = now;
	actions_host(m, EVENT_TRACE_LOST, detail);
}

const char *sources_name(const struct manager *m)
{
	return m->sources.current ? trace_kind_to_string(m->sources.current->kind) : "none";
}

bool sources_wants_recording(const struct manager *m)
{
	return trace_kind_from_string(m->settings.trace_source) == TRACE_RECORDED;
}

bool sources_live(const struct manager *m)
{
	return m->sources.current && m->sources.current->kind != TRACE_RECORDED;
}

void sources_done(struct sources *s)
{
	event_source_drop(&s->io);
	event_source_drop(&s->retry);
	s->current = trace_close(s->current);
	free_p(&s->why);
}
