/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe: see probe.h. A machine of steps, so that an event loop can drive it. */
#include "avicd/probe.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "avicd/clock.h"
#include "fix/child.h"
#include "fix/look.h"

#define PROGRAM	      "avicd-probe"
/* the trace source may be a moment behind */
#define LOOK_AGAIN_NS (5 * NSEC_PER_MSEC)
/* the end of a VM is told by its pidfd; for kernels without */
#define END_AGAIN_NS  (10 * NSEC_PER_MSEC)
/* So long a killed process is waited for. */
#define KILLED_NS     NSEC_PER_SEC

enum step { STEP_BEGIN, STEP_ANSWER, STEP_LOOK, STEP_END };

struct probe {
	struct probe_setup setup;
	struct probe_answer answers[_PROBE_BUG_MAX];
	char *program;
	int epoll_fd;
	unsigned bug; /* the one at work; _PROBE_BUG_MAX: over */
	enum step step;
	struct child child;
	int32_t tgid; /* excluded; 0: none */
	bool killed;
	uint64_t deadline, due;
};

static void answer(struct probe *p, enum probe_result result, const char *format, ...) _printf_(3, 4);
static void answer(struct probe *p, enum probe_result result, const char *format, ...)
{
	struct probe_answer *a = &p->answers[p->bug];
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

static bool next_bug(struct probe *p)
{
	p->bug++;
	p->step = STEP_BEGIN;
	return true;
}

/* What makes a process needless. Returns whether there is such a thing. */
static bool known_without(struct probe *p)
{
	const struct numbering *n = p->setup.numbering;
	const struct host *h = p->setup.host;

	if (h->core.avic == TRI_NO)
		answer(p, PROBE_UNPROVABLE, "enable_apicv=N: %s",
		       h->avic_why ? h->avic_why : "AVIC or APICv is not in use");
	else if (!p->setup.source && p->setup.source_why)
		answer(p, PROBE_UNPROVABLE, "no trace source: %s", p->setup.source_why);
	else if (!p->setup.source || p->setup.source->kind == TRACE_RECORDED)
		answer(p, PROBE_UNPROVABLE, "no trace source shows the inhibits of this host's VMs");
	else if (n->origin == NUMBERING_NONE)
		answer(p, PROBE_UNPROVABLE, "what the numbers of this kernel's inhibits mean is not known");
	else if (n->bit[REASON_APIC_ID_MODIFIED] < 0 && n->origin == NUMBERING_TABLE)
		answer(p, PROBE_UNPROVABLE,
		       "whether this kernel follows APIC ids can be seen neither by BTF nor by the event's format");
	else if (n->bit[REASON_APIC_ID_MODIFIED] < 0)
		answer(p, PROBE_FIXED, "this kernel has no inhibit for changed APIC ids");
	else
		return false;
	return true;
}

static bool step_begin(struct probe *p)
{
	int r;

	if (known_without(p))
		return next_bug(p);
	r = child_start(&p->child, p->program, bug_info((enum probe_bug)p->bug)->word);
	if (r < 0) {
		answer(p, PROBE_UNPROVABLE, "%s cannot be run: %s", p->program, strerror(-r));
		return next_bug(p);
	}
	p->deadline = now_ns() + PROBE_DEADLINE_NS;
	p->killed = false;
	/* before it makes its VM */
	r = trace_exclude(p->setup.source, (int32_t)p->child.pid, true);
	if (r < 0) {
		answer(p, PROBE_UNPROVABLE, "its VM cannot be kept apart from the others: %s", strerror(-r));
		p->step = STEP_END;
		return true;
	}
	p->tgid = (int32_t)p->child.pid;
	child_go(&p->child);
	listen_to(p, EPOLL_CTL_ADD, p->child.out);
	p->due = p->deadline;
	p->step = STEP_ANSWER;
	return true;
}

static bool step_answer(struct probe *p)
{
	static const char ready[] = "ready", no[] = "unprovable ";
	int r = child_line(&p->child);

	if (r == 0 && now_ns() < p->deadline)
		return false;
	listen_to(p, EPOLL_CTL_DEL, p->child.out);
	p->step = STEP_END;
	if (r == 0)
		answer(p, PROBE_UNPROVABLE, "KVM did not make its VM within %llu s",
		       (unsigned long long)(PROBE_DEADLINE_NS / NSEC_PER_SEC));
	else if (r > 0 && streq(p->child.line, ready))
		p->step = STEP_LOOK;
	else if (r > 0 && startswith(p->child.line, no))
		answer(p, PROBE_UNPROVABLE, "%s", p->child.line + strlen(no));
	else
		answer(p, PROBE_UNPROVABLE, "%s ended without an answer", p->program);
	return true;
}

static void ignore(int32_t tgid, void *userdata)
{
}

static bool step_look(struct probe *p)
{
	const struct probe_setup *s = &p->setup;
	struct probe_answer *a = &p->answers[p->bug];
	uint64_t now = now_ns();
	bool last = now >= p->deadline;

	if (s->dispatch)
		s->dispatch(s->userdata);
	else
		trace_dispatch(s->source, ignore, NULL);
	if (!look(s->source, p->tgid, s->numbering, last, a)) {
		p->due = MIN(now + LOOK_AGAIN_NS, p->deadline);
		return false;
	}
	p->step = STEP_END;
	return true;
}

static bool step_end(struct probe *p)
{
	uint64_t now;

	if (p->child.in >= 0) {
		child_finish(&p->child);
		listen_to(p, EPOLL_CTL_ADD, p->child.pidfd);
	}
	now = now_ns();
	if (!child_ended(&p->child)) {
		if (now < p->deadline) {
			p->due = now + END_AGAIN_NS;
			return false;
		}
		if (!p->killed) {
			kill(p->child.pid, SIGKILL);
			p->killed = true;
			p->deadline = now + KILLED_NS;
			return true;
		}
		/* It hangs in the kernel. Its process id stays excluded: it is no VM for anybody. */
		child_kill(&p->child);
		p->tgid = 0;
		return next_bug(p);
	}
	if (p->tgid)
		trace_exclude(p->setup.source, p->tgid, false);
	p->tgid = 0;
	return next_bug(p);
}

static bool (*const steps[])(struct probe *p) = {
	[STEP_BEGIN] = step_begin,
	[STEP_ANSWER] = step_answer,
	[STEP_LOOK] = step_look,
	[STEP_END] = step_end,
};

bool probe_step(struct probe *p)
{
	while (p->bug < _PROBE_BUG_MAX)
		if (!steps[p->step](p))
			return false;
	return true;
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
	p->child = (struct child){.in = -EBADF, .out = -EBADF, .pidfd = -EBADF};
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

struct probe *probe_free(struct probe *p)
{
	if (!p)
		return NULL;
	if (child_kill(&p->child) && p->tgid)
		trace_exclude(p->setup.source, p->tgid, false);
	close_p(&p->epoll_fd);
	free_p(&p->program);
	free(p);
	return NULL;
}

int probe_run(const struct probe_setup *setup, struct probe_answer ret[static _PROBE_BUG_MAX])
{
	_cleanup_(probe_free_p) struct probe *p = NULL;
	int r = probe_start(setup, &p);

	if (r < 0)
		return r;
	while (!probe_step(p)) {
		struct pollfd fd = {.fd = p->epoll_fd, .events = POLLIN};
		uint64_t now = now_ns();

		poll(&fd, 1, p->due > now ? (int)((p->due - now) / NSEC_PER_MSEC) + 1 : 0);
	}
	memcpy(ret, p->answers, sizeof(p->answers));
	return 0;
}
