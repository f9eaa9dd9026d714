/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The remedies: which one a stuck VM gets, and when. Pure: the verdict says what is wrong and what would cure it, the book says what was
 * done before, the limits say how much is allowed; out comes a plan that names, for each remedy, the rule that refuses it.
 *
 * All times are monotonic ns of this boot of the host, as everywhere; the book is of one boot, too.
 */
#ifndef AVICD_REMEDY_H
#define AVICD_REMEDY_H

#include "avicd/domain.h"
#include "avicd/verdict.h"

/* Why a remedy is not done now. One word (bus, JSON, journal) and one sentence each, in src/core/remedy_rules.c. */
enum remedy_rule {
	RULE_NONE, /* nothing speaks against it */
	/* of the VM: no asking helps */
	RULE_WELL,	/* well: it is not stuck, nor kept inhibited by a setting */
	RULE_UNKNOWN,	/* unknown: its state is not known now */
	RULE_AMBIGUOUS, /* ambiguous: several struct kvm in one process */
	/*
	 * cause: one reason that is set is of the guest, a debugger, or not known: no ground to act; nor migration for configured. A person who
	 * names the remedy may have it where the cause is not known, but for a heal.
	 */
	RULE_CAUSE,
	RULE_CURES,	/* cures: it would not cure every non-transient reason that is set */
	RULE_UNMANAGED, /* unmanaged: no domain of libvirt, or no connection to it; heal needs none */
	RULE_TRANSIENT, /* transient: a domain without definition would be lost, were the remedy to fail half-way (restore, cold-reboot) */
	RULE_PAUSED,	 /* paused: it does not run */
	RULE_BUSY,	 /* busy: there is a job for it already */
	RULE_NO_TARGET,	 /* no-target: migrate_targets= is empty, and none was named */
	RULE_NOT_PROVED, /* not-proved: heal needs a livepatch that is verified */
	RULE_RISK,	 /* risk: an unsafe fault of this kernel was not accepted (heal) */
	/* of the wish: a person may do it by asking for this remedy */
	RULE_REPORT, /* report: remedy=report holds for this domain */
	RULE_LADDER, /* ladder: it is not on the list of remedies for this domain */
	RULE_ASKED,  /* asked: restore and cold-reboot are done only if a person, or the domain's own metadata, asks */
	RULE_WINDOW, /* window: this VM had a remedy less than remedy_window= ago */
	RULE_FAILURES,	/* failures: it failed so often that a person has to look */
	RULE_PING_PONG, /* ping-pong: it was migrated away, came back within the window, and is stuck again; for PING_PONG_WINDOWS */
	RULE_QUIET,	/* quiet: quiet hours */
	RULE_INTERVAL,	/* interval: the last remedy on this host began less than remedy_interval= ago */
	RULE_HOURLY,	/* hourly: remedy_hourly= were begun within this hour */
	RULE_DELAY,	/* delay: the last one has just ended */
	RULE_DUTY,	/* duty: what was done before cannot be read, so nothing is done unasked */
	/* of the host: comes by itself */
	RULE_MAX_JOBS, /* max-jobs: as many jobs as max_jobs= allows are under way; a cold-reboot, which waits, is none of them */
	RULE_EARLIER, /* earlier: another one comes first: it is before it on the list, or a person named it */
	_RULE_MAX,
};
/* rule_to_string() - the word. rule_sentence() - a phrase, lower case, no full stop; never NULL. */
const char *rule_to_string(enum remedy_rule r);
const char *rule_sentence(enum remedy_rule r);
/* rule_yields() - does it give way to a person who asks? */
bool rule_yields(enum remedy_rule r);

/* The remedies that a job can be, in the order in which they are tried; the first @n of @list. */
#define LADDER_MAX 4
struct remedy_ladder {
	uint8_t n;
	uint8_t list[LADDER_MAX]; /* enum remedy: HEAL, MIGRATE, RESTORE, COLD_REBOOT */
};
/*
 * ladder_parse() - "heal migrate"; words of remedy_to_string(), each once, separated by white space or commas; "report" may stand last, and says
 * nothing new. -EINVAL: another word; one that only a person or the domain's own metadata may ask for, unless @own.
 */
int ladder_parse(const char *s, bool own, struct remedy_ladder *ret);
/* ladder_default() - heal, migrate. ladder_print() - as it is read; returns buf. */
void ladder_default(struct remedy_ladder *l);
#define LADDER_TEXT_MAX 64
char *ladder_print(const struct remedy_ladder *l, char buf[static LADDER_TEXT_MAX]);

struct remedy_limits {
	uint32_t max_jobs;    /* at once on this host; 1 */
	uint32_t hourly;      /* begun within one hour, at most REMEDY_HOURLY_MAX; 6 */
	uint64_t interval_ns; /* from one beginning to the next; 5 min */
	uint64_t delay_ns;    /* after the end of one; 1 min */
	uint64_t window_ns;   /* in which a VM has one remedy, and no second; 24 h */
	uint32_t failures;    /* of one VM in a row, after which only a person goes on; 3 */
	uint16_t quiet_from,
		quiet_to; /* minutes of the local day, [from, to), over midnight if from > to; equal: none */
};
#define REMEDY_HOURLY_MAX 60
#define PING_PONG_WINDOWS 7 /* windows from its leaving: one would be over with RULE_WINDOW, and it would go to and fro each day */
void remedy_limits_default(struct remedy_limits *l);

/* What was done. All of it is written to the duty state before anything is begun (duty.h). */
struct remedy_past {
	char uuid[DOMAIN_UUID_MAX];
	enum remedy remedy;   /* the last one, */
	uint64_t begun_at;    /* and when; 0 = none by this host */
	uint32_t failures;    /* in a row */
	uint64_t departed_at; /* migrated away by us; 0 = not */
	bool returned;	      /* and came back within the window */
};
enum remedy_asker { ASKER_POLICY, ASKER_PERSON };
#define JOB_ID_MAX 40
struct remedy_job {
	char id[JOB_ID_MAX];
	char uuid[DOMAIN_UUID_MAX];
	enum remedy remedy;
	enum remedy_asker asker;
	bool dry_run; /* it takes its place among the jobs; as a remedy it is none: no window, no interval, no hour, no delay */
	uint64_t begun_at;
};
/* Zero-initialise. */
struct remedy_book {
	struct remedy_past *past; /* rising by uuid */
	size_t n_past, size_past;
	struct remedy_job *jobs; /* under way, in the order of their beginning */
	size_t n_jobs, size_jobs;
	uint64_t begun[REMEDY_HOURLY_MAX]; /* the last beginnings, the newest at [n_begun - 1] */
	size_t n_begun;
	uint64_t ended_at; /* of the last one; 0 = none */
	bool unreadable;   /* RULE_DUTY */
};
void book_done(struct remedy_book *b);
/* remedy_key() - what names a VM in the book, as `uuid`: its UUID, or, where it has none, "vm-PID-START". Returns @buf. */
char *remedy_key(const char *uuid, const struct vm_id *id, char buf[static DOMAIN_UUID_MAX]);
/* remedy_key_ok() - is it one? */
bool remedy_key_ok(const char *key);
const struct remedy_past *book_past(const struct remedy_book *b, const char *uuid);
const struct remedy_job *book_job(const struct remedy_book *b, const char *id);
const struct remedy_job *book_job_of(const struct remedy_book *b, const char *uuid);
/* book_begin() - @j begins at j->begun_at. -ENOMEM, -EEXIST: the VM or the id has one; nothing is changed then. */
int book_begin(struct remedy_book *b, const struct remedy_job *j);
/*
 * book_end() - the job ended. @cured: it did what it is for; @departed: the VM is on another host now. An end that is no failure of the remedy
 * (cancelled, the VM has gone) is @neutral, and counts neither way. 1: from now on RULE_FAILURES holds for this VM, say so. -ENOENT: no such job.
 */
struct job_end {
	bool cured, departed, neutral;
};
int book_end(struct remedy_book *b, const struct remedy_limits *l, const char *id, const struct job_end *end,
	     uint64_t now);
/* book_arrived() - a VM of this UUID appeared on this host. 1: it had been migrated away within the window, say so (ping-pong). */
int book_arrived(struct remedy_book *b, const struct remedy_limits *l, const char *uuid, uint64_t now);
/* book_prune() - forget what no rule asks for any more. */
void book_prune(struct remedy_book *b, const struct remedy_limits *l, uint64_t now);

/* What remedy_plan() looks at. */
struct remedy_in {
	const struct verdict *verdict;
	const char *uuid; /* "" = unmanaged */
	const char *key;  /* in the book, see remedy_key() */
	bool managed, persistent, running, ambiguous;
	bool automatic; /* remedy=auto holds for this domain */
	struct remedy_ladder ladder;
	bool ladder_own; /* the domain's own metadata has it */
	enum remedy_asker asker;
	int wanted;  /* enum remedy that a person asks for; -1: the first that may */
	bool proved; /* a livepatch is verified */
	bool risk;   /* an unsafe fault of this kernel is not accepted for a heal at once */
	size_t n_targets;
	const struct remedy_limits *limits;
	const struct remedy_book *book;
	uint64_t now;
	uint16_t minute; /* of the local day */
};
struct remedy_step {
	enum remedy remedy;
	enum remedy_rule rule; /* the first that refuses it; NONE: it would be done */
	uint64_t until;	       /* when time alone lifts this rule; TIME_NEVER */
};
struct remedy_plan {
	size_t n;
	struct remedy_step steps[LADDER_MAX]; /* those of the ladder in its order, then the others */
	int chosen;			      /* index of the step that is to be done now, or -1 */
	uint64_t again;			      /* when time alone may change it; TIME_NEVER */
};
void remedy_plan(const struct remedy_in *in, struct remedy_plan *ret);

#endif
