/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe: see probe.h. A machine of steps, so that an event loop can drive it. */
#include "avicd/probe.h"

#include <assert.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "fix/child.h"
#include "fix/look.h"

#define PROGRAM	      "avicd-probe"
/* the trace source may be a moment behind */
#define LOOK_AGAIN_NS (5 * NSEC_PER_MSEC)
/* the end of a VM is told by its pidfd; for kernels without */
#define END_AGAIN_NS  (10 * NSEC_PER_MSEC)
/* So long its process may take to end, and once more when it was killed. */
#define END_NS	      NSEC_PER_SEC
/* A process that is killed while it is in KVM ends when KVM lets it; so long it is waited for in the middle of a run. */
#define KILL_MS	      100

enum step { STEP_BEGIN, STEP_ANSWER, STEP_LOOK, STEP_END, STEP_OVER };

/* One bug. */
struct run {
	enum step step;
	struct child child;
	int32_t tgid; /* excluded; 0: none */
	bool killed;
	uint64_t deadline, due; /* of the step; when to look again at the latest */
};

/*
 * The bugs are played through one after the other, but the next one begins while KVM takes the VM of the one before
 * apart, which is most of the time that it takes.
 */
struct probe {
	struct probe_setup setup;
	struct probe_answer answers[_PROBE_BUG_MAX];
	struct run runs[_PROBE_BUG_MAX];
	char *program;
	int epoll_fd;
	uint64_t due;
};

static enum probe_bug bug_of(const struct probe *p, const struct run *r)
{
	return (enum probe_bug)(r - p->runs);
}

static void answer(struct probe *p, const struct run *run, enum probe_result result, const char *format, ...)
	_printf_(4, 5);
static void answer(struct probe *p, const struct run *run, enum probe_result result, const char *format, ...)
{
	struct probe_answer *a = &p->answers[bug_of(p, run)];
	va_list ap;

	*a = (struct probe_answer){.result = result, .at = wall_us()};
	va_start(ap, format);
	vsnprintf(a->why, sizeof(a->why), format, ap);
	va_end(ap);
}

static void listen_to(struct probe *p, int op, int fd)
{
	struct epoll_event e = {.events = EPOLLIN};

	/* where that fails, probe_due() brings us back */
	if (fd >= 0)
		epoll_ctl(p->epoll_fd, op, fd, &e);
}

static bool go_to(struct run *r, enum step step)
{
	r->step = step;
	if (step == STEP_END)
		r->deadline = now_ns() + END_NS;
	return true;
}

static bool step_begin(struct probe *p, struct run *run)
{
	int r;

	if (known_without(&p->setup, &p->answers[bug_of(p, run)]))
		return go_to(run, STEP_OVER);
	r = child_start(&run->child, p->program, bug_info(bug_of(p, run))->word);
	if (r < 0) {
		answer(p, run, PROBE_UNPROVABLE, "%s cannot be run: %s", p->program, strerror(-r));
		return go_to(run, STEP_OVER);
	}
	log_debug("Probe %s is process %d", bug_info(bug_of(p, run))->word, (int)run->child.pid);
	run->deadline = now_ns() + PROBE_DEADLINE_NS;
	/* before it makes its VM */
	r = trace_exclude(p->setup.source, (int32_t)run->child.pid, true);
	if (r < 0) {
		answer(p, run, PROBE_UNPROVABLE, "its VM cannot be kept apart from the others: %s", strerror(-r));
		return go_to(run, STEP_END);
	}
	run->tgid = (int32_t)run->child.pid;
	child_go(&run->child);
	listen_to(p, EPOLL_CTL_ADD, run->child.out);
	run->due = run->deadline;
	return go_to(run, STEP_ANSWER);
}

static void kill_run(struct run *run)
{
	kill(run->child.pid, SIGKILL);
	run->killed = true;
}

static bool step_answer(struct probe *p, struct run *run)
{
	static const char ready[] = "ready", no[] = "unprovable ";
	int r = child_line(&run->child);

	if (r == 0 && now_ns() < run->deadline)
		return false;
	listen_to(p, EPOLL_CTL_DEL, run->child.out);
	if (r > 0 && streq(run->child.line, ready))
		return go_to(run, STEP_LOOK);
	if (r > 0 && startswith(run->child.line, no)) {
		answer(p, run, PROBE_UNPROVABLE, "%s", run->child.line + strlen(no));
	} else if (r == 0) {
		answer(p, run, PROBE_UNPROVABLE, "KVM did not make its VM within %llu s",
		       (unsigned long long)(PROBE_DEADLINE_NS / NSEC_PER_SEC));
		p->answers[bug_of(p, run)].late = true;
		kill_run(run);
	} else {
		answer(p, run, PROBE_UNPROVABLE, "%s ended without an answer", p->program);
	}
	return go_to(run, STEP_END);
}

static void ignore(int32_t tgid, void *userdata)
{
}

static bool step_look(struct probe *p, struct run *run)
{
	const struct probe_setup *s = &p->setup;
	uint64_t now = now_ns();

	if (s->dispatch)
		s->dispatch(s->userdata);
	else
		trace_dispatch(s->source, ignore, NULL);
	if (look(s->source, run->tgid, s->numbering, now >= run->deadline, &p->answers[bug_of(p, run)]))
		return go_to(run, STEP_END);
	run->due = MIN(now + LOOK_AGAIN_NS, run->deadline);
	return false;
}

static bool step_end(struct probe *p, struct run *run)
{
	uint64_t now = now_ns();

	if (run->child.in >= 0) {
		child_finish(&run->child);
		listen_to(p, EPOLL_CTL_ADD, run->child.pidfd);
	}
	if (child_ended(&run->child)) {
		if (run->tgid)
			trace_exclude(p->setup.source, run->tgid, false);
		run->tgid = 0;
		return go_to(run, STEP_OVER);
	}
	if (now < run->deadline) {
		run->due = now + END_AGAIN_NS;
		return false;
	}
	if (run->killed) {
		/* It hangs in the kernel. Its process id stays excluded: see probe_end(). */
		return go_to(run, STEP_OVER);
	}
	kill_run(run);
	return go_to(run, STEP_END);
}

static bool (*const steps[])(struct probe *p, struct run *run) = {
	[STEP_BEGIN] = step_begin,
	[STEP_ANSWER] = step_answer,
	[STEP_LOOK] = step_look,
	[STEP_END] = step_end,
};
static_assert(ARRAY_SIZE(steps) == STEP_OVER, "a function for each step");

bool probe_step(struct probe *p)
{
	bool over = true;

	p->due = TIME_NEVER;
	for (size_t b = 0; b < ARRAY_SIZE(p->runs); b++) {
		struct run *run = &p->runs[b];

		while (run->step != STEP_OVER && steps[run->step](p, run))
			;
		if (run->step == STEP_OVER)
			continue;
		over = false;
		p->due = MIN(p->due, run->due);
		if (run->step != STEP_END)
			break;
	}
	return over;
}

int probe_fd(const struct probe *p)
{
	return p->epoll_fd;
}

uint64_t probe_due(const struct probe *p)
{
	return p->due;
}

const struct probe_answer *probe_answers(const struct probe *p)
{
	return p->answers;
}

int probe_start(const struct probe_setup *setup, struct probe **ret)
{
	const char *dir = getenv("AVICD_LIBEXECDIR");
	_cleanup_(probe_free_p) struct probe *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->setup = *setup;
	for (size_t b = 0; b < ARRAY_SIZE(p->runs); b++)
		p->runs[b].child = (struct child){.in = -EBADF, .out = -EBADF, .pidfd = -EBADF};
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll_fd < 0)
		return -errno;
	if (setup->program)
		r = asprintf(&p->program, "%s", setup->program);
	else
		r = asprintf(&p->program, "%s/%s", dir && *dir ? dir : LIBEXECDIR, PROGRAM);
	if (r < 0) {
		p->program = NULL;
		return -ENOMEM;
	}
	*ret = TAKE_PTR(p);
	return 0;
}

size_t probe_end(struct probe *p, pid_t ret[static _PROBE_BUG_MAX])
{
	size_t n = 0;

	if (!p)
		return 0;
	for (size_t b = 0; b < ARRAY_SIZE(p->runs); b++) {
		struct run *run = &p->runs[b];
		pid_t pid = run->child.pid;

		/* one that was waited for in vain gets no more time */
		if (!child_kill(&run->child, run->step == STEP_OVER ? 1 : KILL_MS))
			ret[n++] = pid;
		else if (run->tgid)
			trace_exclude(p->setup.source, run->tgid, false);
	}
	close_p(&p->epoll_fd);
	free_p(&p->program);
	free(p);
	return n;
}

struct probe *probe_free(struct probe *p)
{
	pid_t hung[_PROBE_BUG_MAX];

	probe_end(p, hung);
	return NULL;
}
