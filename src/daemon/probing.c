/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe for bugs of the kernel in the event loop: when it runs, who asked for it, and what is known by it. */
#include <stdio.h>
#include <sys/epoll.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/log.h"
#include "daemon/actions.h"
#include "daemon/manager.h"

/* What comes together, such as a source and a module, is probed together. */
#define SOON_NS	    NSEC_PER_MSEC
#define VERSION_MAX 4096
/* A host that is so busy that a probe takes too long is probed again, a few times. */
#define RETRY_NS    (30 * NSEC_PER_SEC)
#define TRIES_MAX   5

static void go_on(struct manager *m);

static int on_readable(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	go_on(userdata);
	return 0;
}

static int on_due(sd_event_source *s, uint64_t usec, void *userdata)
{
	go_on(userdata);
	return 0;
}

static void dispatch(void *userdata)
{
	/* a source that fails is noticed where it is read otherwise */
	entries_dispatch(userdata);
}

static void remember_hung(struct probing *p, const pid_t *hung, size_t n)
{
	pid_t *more;

	if (!n)
		return;
	/* else they stay excluded, and zombies in the end */
	more = reallocarray(p->hung, p->n_hung + n, sizeof(*more));
	if (!more)
		return;
	p->hung = more;
	for (size_t i = 0; i < n; i++) {
		log_warning("Process %d of the probe was killed and hangs in the kernel; see /proc/%d/stack",
			    (int)hung[i], (int)hung[i]);
		p->hung[p->n_hung++] = hung[i];
	}
}

void probing_exclude(struct manager *m)
{
	const struct probing *p = &m->probing;

	for (size_t i = 0; i < p->n_hung; i++)
		trace_exclude(m->sources.current, (int32_t)p->hung[i], true);
}

void probing_reap(struct manager *m)
{
	struct probing *p = &m->probing;

	for (size_t i = p->n_hung; i-- > 0;)
		if (probe_reap(p->hung[i], m->sources.current))
			p->hung[i] = p->hung[--p->n_hung];
}

static void end_run(struct probing *p)
{
	pid_t hung[_PROBE_BUG_MAX];

	event_source_drop(&p->io);
	event_source_drop(&p->due);
	remember_hung(p, hung, probe_end(p->run, hung));
	p->run = NULL;
}

/* Those who wait for this run get its own answers, which may prove less than what is known. */
static void reply(struct probing *p, const struct probe_answer *answers)
{
	_cleanup_json_ json_object *o = answers ? report_probe(answers) : NULL;
	const char *s = NULL;

	if (o)
		s = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	for (size_t i = 0; i < p->n_served; i++) {
		if (s)
			sd_bus_reply_method_return(p->asked[i], "s", s);
		else
			sd_bus_reply_method_errorf(p->asked[i], SD_BUS_ERROR_FAILED,
						   "The probe was broken off: the trace source was closed");
		sd_bus_message_unref(p->asked[i]);
	}
	p->n_asked -= p->n_served;
	if (p->n_asked)
		memmove(p->asked, p->asked + p->n_served, p->n_asked * sizeof(*p->asked));
	p->n_served = 0;
}

/* The first bug that is there, or the reboot bug: what the version suggests of it. */
static void tell(struct manager *m)
{
	_cleanup_free_ char *version = NULL;
	char detail[PROBE_SAYS_MAX];
	int b = 0;

	while (b < _PROBE_BUG_MAX && m->probing.answers[b].result != PROBE_VULNERABLE)
		b++;
	if (sysroot_read("/proc/version", VERSION_MAX, &version, NULL) < 0)
		version = NULL;
	probe_version_says(b < _PROBE_BUG_MAX ? (enum probe_bug)b : PROBE_REBOOT, &m->host, version ? version : "",
			   detail);
	actions_host(m, EVENT_PROBED, detail[0] ? detail : NULL);
}

static int on_soon(sd_event_source *s, uint64_t usec, void *userdata);

static void finish(struct manager *m)
{
	struct probing *p = &m->probing;
	struct probe_answer got[_PROBE_BUG_MAX];
	bool news = false, late = false;

	memcpy(got, probe_answers(p->run), sizeof(got));
	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		struct probe_answer a = got[b];

		log_debug("Probe %s: %s, %s", bug_info((enum probe_bug)b)->word, probe_result_to_string(got[b].result),
			  got[b].why);
		a.patched = *p->livepatches;
		news |= probe_answer_update(&p->answers[b], &a, manager_now(m));
		late |= got[b].late;
	}
	manager_tell_host(m);
	files_state_soon(m);
	if (news)
		tell(m);
	reply(p, got);
	end_run(p);
	p->tries = late ? p->tries + 1 : 0;
	if (p->again || p->n_asked)
		probing_start(m);
	else if (late && p->tries < TRIES_MAX && !p->n_hung) /* the next one would hang as well */
		timer_arm(m->event, &p->soon, RETRY_NS, on_soon, m);
	/* last: it may ask for another run, which must not be this one */
	deploying_probed(m, got);
}

static void go_on(struct manager *m)
{
	struct probing *p = &m->probing;
	uint64_t now, due;

	if (!p->run)
		return;
	if (probe_step(p->run)) {
		finish(m);
		return;
	}
	now = now_ns();
	due = probe_due(p->run);
	timer_arm(m->event, &p->due, due > now ? due - now : 0, on_due, m);
}

/* What is known is of another kernel: true. */
static bool forget_another_kernel(struct manager *m)
{
	struct probing *p = &m->probing;
	char livepatches[sizeof(p->livepatches)];
	bool doubted = false;

	if (!streq(p->build_id, m->host.kvm_build_id)) {
		memset(p->answers, 0, sizeof(p->answers));
		snprintf(p->build_id, sizeof(p->build_id), "%s", m->host.kvm_build_id);
		doubted = true;
	}
	host_livepatches(livepatches, sizeof(livepatches));
	if (!streq(p->livepatches, livepatches)) {
		for (int b = 0; b < _PROBE_BUG_MAX; b++)
			doubted |= probe_answer_doubt(&p->answers[b]);
		snprintf(p->livepatches, sizeof(p->livepatches), "%s", livepatches);
	}
	return doubted;
}

void probing_check(struct manager *m)
{
	if (!forget_another_kernel(m))
		return;
	manager_tell_host(m);
	files_state_soon(m);
	probing_soon(m);
}

void probing_start(struct manager *m)
{
	struct probing *p = &m->probing;
	const struct probe_setup setup = {
		.source = m->sources.current,
		.source_why = m->sources.why,
		.numbering = &m->tracker.numbering,
		.host = &m->host,
		.dispatch = dispatch,
		.userdata = m,
	};
	int r;

	p->again = p->run;
	if (p->run)
		return;
	timer_disarm(p->soon);
	forget_another_kernel(m);
	p->n_served = p->n_asked;
	r = probe_start(&setup, &p->run);
	if (r >= 0)
		r = sd_event_add_io(m->event, &p->io, probe_fd(p->run), EPOLLIN, on_readable, m);
	if (r < 0) {
		log_errno(LOG_WARNING, r, "Cannot probe the kernel");
		reply(p, NULL);
		end_run(p);
		return;
	}
	go_on(m);
}

static int on_soon(sd_event_source *s, uint64_t usec, void *userdata)
{
	probing_start(userdata);
	return 0;
}

void probing_soon(struct manager *m)
{
	if (m->settings.probe && !sources_wants_recording(m))
		timer_soon(m->event, &m->probing.soon, SOON_NS, on_soon, m);
}

int probing_ask(struct manager *m, sd_bus_message *call)
{
	struct probing *p = &m->probing;
	sd_bus_message **more = reallocarray(p->asked, p->n_asked + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	p->asked = more;
	p->asked[p->n_asked++] = sd_bus_message_ref(call);
	probing_start(m);
	return 1;
}

void probing_stop(struct manager *m)
{
	struct probing *p = &m->probing;

	if (!p->run)
		return;
	/* with them those who wait for the next run, which may never be */
	p->n_served = p->n_asked;
	reply(p, NULL);
	end_run(p);
}

void probing_done(struct manager *m)
{
	struct probing *p = &m->probing;

	p->n_served = p->n_asked;
	reply(p, NULL);
	end_run(p);
	event_source_drop(&p->soon);
	free_p(&p->asked);
	free_p(&p->hung);
}
