/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job: one remedy for one VM, carried out by avicd-job@ID.service.
 *
 * Two files in STATE_DIRECTORY/jobs, both JSON, mode 0600, replaced atomically and synced: avicd writes ID.job once and never again; avicd-job
 * writes ID.state, at each change of phase and once a second while something moves. So either may be killed: avicd reads both when it comes
 * back, and avicd-job, started again by systemd, goes on where its state says it was. When the job has ended and avicd has read it, avicd
 * removes both.
 */
#ifndef AVICD_JOB_H
#define AVICD_JOB_H

#include "avicd/remedy.h"
#include "avicd/target.h"

#define JOB_UNIT	"avicd-job@%s.service"
#define JOB_TARGETS_MAX 64
#define JOB_WHY_MAX	1024

struct job {
	char id[JOB_ID_MAX];	 /* "migrate-1a2b3c4d": letters, digits, '-'; names files and unit */
	enum remedy remedy;	 /* MIGRATE, RESTORE or COLD_REBOOT */
	enum remedy_asker asker;
	struct vm_id vm;	 /* the process: it must still be this one */
	char uuid[DOMAIN_UUID_MAX];
	char name[DOMAIN_NAME_MAX]; /* for people */
	char uri[128];		 /* of the local libvirt */
	bool dry_run;		 /* everything up to the last call */
	uint64_t deadline_ns;	 /* for all of it; of cold-reboot: how long it stays armed, 0 = until disarmed */
	/* migrate */
	/*
	 * libvirt URIs, as this host's libvirt reaches them; NULL-terminated. "URI,migrate=MIGRATE_URI": the way that the memory takes, where
	 * libvirt would choose another one (tcp://10.0.0.2, unix:///path.sock); 511 bytes at most, the URI itself 255.
	 */
	char **targets;
	char *reports;		 /* target_reports=, see conf; NULL */
	bool tls, auto_converge;
	uint32_t bandwidth;	 /* MiB/s; 0 = libvirt's */
	/* restore */
	char *images;		 /* folder for the image */
	uint64_t max_downtime_ns;
	bool discard_pit;	 /* change tickpolicy of the PIT to discard */
};
enum job_phase { PHASE_NEW, PHASE_CHECKING, PHASE_RUNNING, PHASE_ARMED, PHASE_VERIFYING, PHASE_ENDED, _PHASE_MAX };
enum job_result {
	RESULT_NONE,	  /* not ended */
	RESULT_DONE,	  /* and the VM is not stuck any more where it is, or dry_run found nothing against it */
	RESULT_REFUSED,	  /* nothing was touched: it cannot be done, or must not */
	RESULT_FAILED,	  /* it was tried; the VM runs where it did */
	RESULT_CANCELLED, /* by a person, or the unit was stopped; the VM runs where it did */
	RESULT_GONE,	  /* its owner ended the VM meanwhile */
	RESULT_ALARM,	  /* a person has to look: stuck there, too; paused; off; an image is kept */
	_RESULT_MAX,
};
/* "new", "checking", "running", "armed", "verifying", "ended"; "none", "done", "refused", "failed", "cancelled", "gone", "alarm" */
const char *job_phase_to_string(enum job_phase p);
const char *job_result_to_string(enum job_result r);
/* job_exit_status() - of avicd-job: 0 done, 20 refused, 21 failed, 22 cancelled, 23 gone, 24 alarm; 1 and 2 as of any program. */
int job_exit_status(enum job_result r);

struct job_candidate {
	char uri[256];
	enum target_rule rule;
	int64_t score;
	char why[256];		 /* the rule's phrase with figures, or what libvirt said */
};
struct job_state {
	enum job_phase phase;
	enum job_result result;
	char why[JOB_WHY_MAX];	 /* of phase or result: one line; "" */
	uint64_t begun_us, changed_us; /* wall clock */
	char target[256];	 /* URI it goes, or went, to; "" */
	bool departed;		 /* the VM is there now */
	uint64_t done_kib, total_kib, rate_kib; /* of the memory; a second; 0 = not known */
	uint32_t downtime_ms;	 /* measured; 0 = not known */
	char image[256];	 /* a file that holds the VM's memory and must not be lost; "" */
	struct job_candidate *candidates;
	size_t n_candidates;
};
void job_done(struct job *j);
void job_state_done(struct job_state *s);

/* job_id_ok() - fit for a file's and a unit's name. */
bool job_id_ok(const char *id);
/*
 * All: @dir is the folder. Negative errno; -EBADMSG: not such a file; -ENOENT; -EINVAL: not fit to be written, or the id is not ok.
 * *ret: job_done(), job_state_done().
 */
int job_write(const char *dir, const struct job *j);
int job_read(const char *dir, const char *id, struct job *ret);
int job_state_write(const char *dir, const char *id, const struct job_state *s);
int job_state_read(const char *dir, const char *id, struct job_state *ret);
/* job_remove() - both files; none is fine. job_list() - ids of all *.job in @dir, none if there is no such folder; NULL-terminated, sorted;
 * caller frees all. */
int job_remove(const char *dir, const char *id);
int job_list(const char *dir, char ***ret);

#endif
