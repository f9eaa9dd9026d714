/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One job under way: its beginning and end, its state file, its lines in the journal. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "avicd/text.h"
#include "job/run.h"
#include "virt/loop.h"

static void log_line(const struct run *r, int level, const char *line)
{
	const struct log_field fields[] = {
		{"AVICD_JOB", r->job->id},
		{"DOMAIN_UUID", r->job->uuid},
		{"DOMAIN_NAME", r->job->name},
	};

	log_write(level, EVENT_NONE, fields, ARRAY_SIZE(fields), "%s", line);
}

void run_log(const struct run *r, int level, const char *fmt, ...)
{
	char line[JOB_WHY_MAX + 256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_line(r, level, line);
}

int run_save(struct run *r)
{
	int x;

	r->state.changed_us = wall_us();
	x = job_state_write(r->dir, r->job->id, &r->state);
	if (x < 0 && !r->save_failed)
		run_log(r, LOG_ERR, "The state of the job cannot be written to %s: %s: make room there", r->dir,
			strerror(-x));
	r->save_failed = x < 0;
	return x;
}

/* A sentence that is cut is still valid UTF-8. */
static void _printf_(2, 0) set_why(struct run *r, const char *fmt, va_list ap)
{
	vsnprintf(r->state.why, sizeof(r->state.why), fmt, ap);
	text_clean_inplace(r->state.why);
}

int run_phase(struct run *r, enum job_phase phase, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_why(r, fmt, ap);
	va_end(ap);
	r->state.phase = phase;
	log_line(r, LOG_INFO, r->state.why);
	sd_notifyf(0, "STATUS=%s", r->state.why);
	return run_save(r);
}

int run_end(struct run *r, enum job_result result, const char *fmt, ...)
{
	static const int levels[_RESULT_MAX] = {
		[RESULT_NONE] = LOG_ERR,       [RESULT_DONE] = LOG_NOTICE,	[RESULT_REFUSED] = LOG_NOTICE,
		[RESULT_FAILED] = LOG_WARNING, [RESULT_CANCELLED] = LOG_NOTICE, [RESULT_GONE] = LOG_NOTICE,
		[RESULT_ALARM] = LOG_ERR,
	};
	va_list ap;

	va_start(ap, fmt);
	set_why(r, fmt, ap);
	va_end(ap);
	r->state.phase = PHASE_ENDED;
	r->state.result = result;
	log_line(r, levels[result], r->state.why);
	sd_notifyf(0, "STOPPING=1\nSTATUS=%s", r->state.why);
	(void)run_save(r);
	return 0;
}

static int take_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* The deadline is the job's, not this process's. */
static uint64_t deadline_of(const struct run *r)
{
	uint64_t now_us = wall_us(), gone_ns = 0;

	if (!r->job->deadline_ns)
		return TIME_NEVER;
	if (now_us > r->state.begun_us)
		gone_ns = MIN((now_us - r->state.begun_us) * NSEC_PER_USEC, r->job->deadline_ns);
	return now_ns() + r->job->deadline_ns - gone_ns;
}

int run_init(struct run *r, const struct job *job, const char *dir)
{
	uint64_t usec = 0;
	int x;

	*r = (struct run){.job = job, .dir = dir, .signals = -EBADF};
	x = job_state_read(dir, job->id, &r->state);
	if (x < 0 && x != -ENOENT)
		return x;
	r->resumed = x == 0;
	if (!r->resumed)
		r->state.begun_us = wall_us();
	r->deadline = deadline_of(r);
	r->signals = take_signals();
	if (r->signals < 0)
		return r->signals;
	if (sd_watchdog_enabled(0, &usec) > 0)
		r->feed_every = usec * NSEC_PER_USEC / 3;
	x = call_init();
	return x < 0 ? x : loop_start(&r->loop);
}

static int close_all(void *arg, char said[static CALL_SAID_MAX])
{
	struct run *r = arg;

	if (r->dom)
		virDomainFree(r->dom);
	if (r->conn)
		virConnectClose(r->conn);
	return 0;
}

void run_done(struct run *r)
{
	/* a libvirtd that hangs may not hold up the end */
	if (r->loop && run_call(r, close_all, r, 5 * NSEC_PER_SEC) < 0)
		return;
	if (r->loop)
		(void)loop_stop(r->loop, now_ns() + NSEC_PER_SEC);
	close_p(&r->signals);
	job_state_done(&r->state);
}
