/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting: for calls in threads, with the watchdog fed and SIGTERM heard. */
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "job/run.h"

static void hear(struct run *r)
{
	struct signalfd_siginfo si;

	while (read(r->signals, &si, sizeof(si)) == sizeof(si)) {
		if (!r->cancelled)
			run_log(r, LOG_NOTICE, "Asked to cancel by signal %u", si.ssi_signo);
		r->cancelled = true;
	}
}

static void feed(struct run *r, uint64_t now)
{
	if (!r->feed_every || now < r->feed_at)
		return;
	sd_notify(0, "WATCHDOG=1");
	r->feed_at = now + r->feed_every;
}

/* One turn, of half a second at most. */
static void turn(struct run *r, uint64_t until)
{
	struct pollfd fds[] = {{.fd = r->signals, .events = POLLIN}, {.fd = call_fd(), .events = POLLIN}};
	uint64_t now = now_ns(), left = until > now ? until - now : 0;
	eventfd_t n;

	feed(r, now);
	if (poll(fds, ARRAY_SIZE(fds), (int)(MIN(left, NSEC_PER_SEC / 2) / NSEC_PER_MSEC) + 1) < 0)
		return;
	if (fds[0].revents)
		hear(r);
	if (fds[1].revents)
		(void)eventfd_read(call_fd(), &n);
}

static bool all_ended(struct call *const *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!call_ended(calls[i]))
			return false;
	return true;
}

int run_wait(struct run *r, struct call *const *calls, size_t n, uint64_t until, run_tick tick, void *arg)
{
	while (!all_ended(calls, n)) {
		uint64_t now = now_ns();

		if (now >= until)
			return -ETIMEDOUT;
		if (tick && now >= r->tick_at) {
			r->tick_at = now + NSEC_PER_SEC;
			tick(r, arg);
		}
		turn(r, until);
	}
	return 0;
}

int run_call(struct run *r, call_fn fn, void *arg, uint64_t limit_ns)
{
	struct call *c;
	int x = call_start(fn, arg, &c);

	if (x < 0)
		return x;
	(void)run_wait(r, &c, 1, now_ns() + limit_ns, NULL, NULL);
	x = call_end(c, r->said);
	if (x == -ETIMEDOUT)
		snprintf(r->said, sizeof(r->said), "no answer in %u s", (unsigned)(limit_ns / NSEC_PER_SEC));
	return x;
}

void run_sleep(struct run *r, uint64_t ns)
{
	uint64_t until = now_ns() + ns;

	while (!r->cancelled && now_ns() < until)
		turn(r, until);
}

void run_pause(struct run *r, uint64_t ns)
{
	uint64_t until = now_ns() + ns;

	while (now_ns() < until)
		turn(r, until);
}

uint64_t run_limit(const struct run *r, uint64_t ns)
{
	uint64_t now = now_ns(), left = r->deadline == TIME_NEVER ? ns : r->deadline > now ? r->deadline - now : 0;

	return MAX(MIN(ns, left), NSEC_PER_SEC);
}
