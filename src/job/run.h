/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job under way: what its remedies share. They decide nothing: what is to be done is in the job, and what speaks against it ends it.
 *
 * DOC: Theory of Operation
 *
 * The main thread never waits for libvirt longer than a moment that has a limit: whatever may block runs as a call (call.h), and while the main
 * thread waits for it (run_wait()), it feeds systemd's watchdog, takes SIGTERM as the wish to cancel, and once a second calls back. A libvirtd
 * that hangs is noticed by keepalive after 20 s, and the calls end with an error.
 *
 * The state file is written before anything is begun that cannot be taken back, so that the next process of this job knows what to look for.
 */
#ifndef AVICD_JOB_RUN_H
#define AVICD_JOB_RUN_H

#include <libvirt/libvirt.h>
#include <syslog.h>

#include "avicd/job.h"
#include "job/call.h"

struct loop;

struct run {
	const struct job *job;
	const char *dir; /* of the files of the job */
	struct job_state state;
	bool resumed;		  /* an earlier process of this job left this state: look first, do then */
	uint64_t deadline;	  /* monotonic ns, of the whole job; TIME_NEVER */
	bool cancelled;		  /* SIGTERM came: set while waiting */
	char said[CALL_SAID_MAX]; /* by libvirt, about the last call that failed; one phrase */
	virConnectPtr conn;	  /* run_open(); NULL */
	virDomainPtr dom;	  /* run_find(); NULL */
	/* private to run.c and wait.c */
	struct loop *loop;
	int signals;
	bool save_failed;
	uint64_t tick_at, feed_at, feed_every;
};

/* The remedies. 0: run_end() was called. Negative errno: nothing could be done, nothing was touched. */
int job_migrate(struct run *r);
int job_restore(struct run *r);
int job_cold_reboot(struct run *r);
/* job_disarm() - of a job that was killed: what cold-reboot has armed is taken back. 0: or nothing is armed. Negative errno, said in the journal. */
int job_disarm(struct run *r);

/* run_init() - @job and @dir must outlive @r. Reads the state that is there. Negative errno. run_done() - closes libvirt, in bounded time. */
int run_init(struct run *r, const struct job *job, const char *dir);
void run_done(struct run *r);

/*
 * run_call() - @fn(@arg) in a thread, for @limit_ns at most. What it returned, or -ETIMEDOUT: it is left behind, @arg must then stay for the life
 * of the process (be on the heap, and leaked). r->said is what libvirt said.
 * run_wait() - until all of @calls have ended, or @until; @tick (NULL) once a second. 0, -ETIMEDOUT. Neither ends because of SIGTERM: @tick may look
 * at r->cancelled, and make the call end.
 * run_sleep() - @ns, or less when SIGTERM came. run_pause() - @ns in any case.
 */
typedef void (*run_tick)(struct run *r, void *arg);
int run_call(struct run *r, call_fn fn, void *arg, uint64_t limit_ns);
int run_wait(struct run *r, struct call *const *calls, size_t n, uint64_t until, run_tick tick, void *arg);
void run_sleep(struct run *r, uint64_t ns);
void run_pause(struct run *r, uint64_t ns);

/* run_limit() - how long something may take: @ns, and no longer than the deadline, but a second at least. */
uint64_t run_limit(const struct run *r, uint64_t ns);

/*
 * run_open() - the local libvirt into r->conn, or the one that is there, if it still works; 20 s. run_find() - r->dom by UUID, anew, 20 s: -ENOENT:
 * libvirt knows none. run_state() - VIR_DOMAIN_*; 20 s. Other negative errno, with r->said.
 */
int run_open(struct run *r);
int run_find(struct run *r);
int run_state(struct run *r, int *ret_state, int *ret_reason);
/* run_process() - is the process of the VM still that of the job? 0; -ESRCH: it ended, or has another domain now. */
int run_process(const struct run *r);
/* A limit for calls that answer at once, where libvirt is well. */
#define RUN_ASK_NS (20 * NSEC_PER_SEC)

/* run_log() - a line in the journal, with AVICD_JOB=, DOMAIN_UUID=, DOMAIN_NAME=. */
void run_log(const struct run *r, int level, const char *fmt, ...) _printf_(3, 4);
/* run_save() - write r->state, changed now. Negative errno, said in the journal once. */
int run_save(struct run *r);
/* run_phase() - a new phase, with its sentence as why: written and logged. Negative errno of run_save(). */
int run_phase(struct run *r, enum job_phase phase, const char *fmt, ...) _printf_(3, 4);
/* run_end() - the end, with its sentence: cause and remedy in one line. Returns 0. */
int run_end(struct run *r, enum job_result result, const char *fmt, ...) _printf_(3, 4);

#endif
