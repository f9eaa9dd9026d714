/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicd-job - carries out one remedy for one VM: what STATE_DIRECTORY/jobs/ID.job says. avicd-job@ID.service runs it, for avicd(8).
 */
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "avicd/file.h"
#include "avicd/log.h"
#include "job/run.h"

#define FAILURE 1
#define USAGE	2

static const struct {
	enum remedy remedy;
	int (*run)(struct run *r);
} remedies[] = {
	{REMEDY_MIGRATE, job_migrate},
	{REMEDY_RESTORE, job_restore},
	{REMEDY_COLD_REBOOT, job_cold_reboot},
};

static int help(void)
{
	puts("avicd-job [--disarm] ID\n\n"
	     "Carry out one remedy for one VM. avicd runs it; see avicd-job(8).\n\n"
	     "     --disarm   Only take back what a cold reboot that was killed has armed\n"
	     "     --help     Show this help\n"
	     "     --version  Show the version");
	return 0;
}

static int version(void)
{
	puts("avicd-job " PACKAGE_VERSION);
	return 0;
}

static int carry_out(struct run *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].remedy == r->job->remedy)
			return remedies[i].run(r);
	return run_end(r, RESULT_REFUSED, "This avicd-job cannot do %s: install the one that belongs to avicd",
		       remedy_to_string(r->job->remedy));
}

static int run_job(const struct job *job, const char *dir)
{
	struct run r;
	int status, x = run_init(&r, job, dir);

	if (x < 0) {
		log_error("Job %s cannot begin: %s: its state is in %s", job->id, strerror(-x), dir);
		return FAILURE;
	}
	sd_notify(0, "READY=1");
	/* an earlier process of it came to the end, and avicd has not read it yet */
	if (r.state.phase != PHASE_ENDED) {
		x = carry_out(&r);
		if (x < 0)
			run_end(&r, RESULT_FAILED, "The job could not be done, and nothing was touched: %s",
				strerror(-x));
	}
	status = job_exit_status(r.state.result);
	run_done(&r);
	return status;
}

/* After every end of the job, also that by a signal: most have armed nothing. */
static int disarm(const struct job *job, const char *dir)
{
	struct run r;
	int x = run_init(&r, job, dir);

	if (x < 0) {
		log_error("Job %s cannot be looked at: %s: its state is in %s", job->id, strerror(-x), dir);
		return FAILURE;
	}
	x = job_disarm(&r);
	run_done(&r);
	return x < 0 ? FAILURE : 0;
}

int main(int argc, char **argv)
{
	const char *target = getenv("AVICD_LOG_TARGET") ?: "";
	_cleanup_(job_done) struct job job = {0};
	_cleanup_free_ char *dir = NULL;
	bool only_disarm = argc == 3 && streq(argv[1], "--disarm");
	const char *id = argv[only_disarm ? 2 : 1];
	int x;

	if (argc == 2 && streq(argv[1], "--help"))
		return help();
	if (argc == 2 && streq(argv[1], "--version"))
		return version();
	umask(0077);
	log_setup("avicd-job", streq(target, "console") ? LOG_TARGET_STDERR : LOG_TARGET_AUTO, LOG_INFO);
	if (argc != (only_disarm ? 3 : 2) || !job_id_ok(id)) {
		fprintf(stderr, "avicd-job: takes the id of a job, and nothing else\n");
		return USAGE;
	}
	if (asprintf(&dir, "%s/jobs", dir_state()) < 0)
		return FAILURE;
	x = job_read(dir, id, &job);
	/* it came to its end, and avicd has read it */
	if (x == -ENOENT && only_disarm)
		return 0;
	if (x < 0) {
		log_error("Job %s cannot be read from %s: %s: only avicd begins jobs", id, dir,
			  x == -EBADMSG ? "not a job" : strerror(-x));
		return FAILURE;
	}
	return only_disarm ? disarm(&job, dir) : run_job(&job, dir);
}
