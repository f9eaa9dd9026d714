/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe for those who may wait for it, and the end of processes that nobody could wait for. */
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#include "avicd/clock.h"
#include "avicd/probe.h"

int probe_run(const struct probe_setup *setup, struct probe_answer ret[static _PROBE_BUG_MAX])
{
	_cleanup_(probe_free_p) struct probe *p = NULL;
	int r = probe_start(setup, &p);

	if (r < 0)
		return r;
	while (!probe_step(p)) {
		struct pollfd fd = {.fd = probe_fd(p), .events = POLLIN};
		uint64_t now = now_ns(), due = probe_due(p);

		poll(&fd, 1, due > now ? (int)((due - now) / NSEC_PER_MSEC) + 1 : 0);
	}
	memcpy(ret, probe_answers(p), _PROBE_BUG_MAX * sizeof(*ret));
	return 0;
}

bool probe_reap(pid_t pid, struct trace_source *source)
{
	siginfo_t info = {0};

	/* its number is free for others only after waitpid() */
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
		return false;
	if (source)
		trace_exclude(source, (int32_t)pid, false);
	waitpid(pid, NULL, WNOHANG);
	return true;
}
