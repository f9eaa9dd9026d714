/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history: what happened on this host, and how long each VM was watched and inhibited, in SQLite (STATE_DIRECTORY/history.db).
 *
 * DOC: Theory of Operation
 *
 * The journal is the record of what happened; this is an index of it that may be deleted without harm. Nothing else reads it to decide.
 *
 *   loop --history_put()--> bounded queue --> the writer's thread --one transaction a batch--> history.db (WAL)
 *
 * The loop never waits for the disk. The thread writes what has gathered once a batch interval; what it cannot write stays in the queue and is
 * tried again later; what the queue cannot hold is counted, and a row of the table gaps says so when writing goes on.
 * Points in time are wall clock, microseconds since 1970; durations were measured on the monotonic clock and are stored as such, so that
 * a clock that is set makes no negative ones.
 */
#ifndef AVICD_HISTORY_H
#define AVICD_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "avicd/jsonc.h"
#include "avicd/util.h"

/* PRAGMA user_version of the schema that this program writes; PRAGMA application_id, "avic". */
#define HISTORY_SCHEMA	  1
#define HISTORY_ID	  0x61766963
/* rows of each table, whatever retention= says: some 200 MiB of events, and 500 VMs for 90 days of hours */
#define HISTORY_ROWS	  1000000
/* history.db.corrupt-1 .. -N: how many damaged ones are kept; the last gives way */
#define HISTORY_ASIDE_MAX 4

enum history_kind {
	HISTORY_EVENT,	       /* a row of events. at, event and text; of a VM: vm and the rest */
	HISTORY_BOOT,	       /* a boot began at @at: number, exact. It ends the one before */
	HISTORY_EPISODE_BEGIN, /* at @at: reasons, cause; not exact: it may be one that an earlier run saw begin */
	HISTORY_EPISODE_NOTE,  /* reasons and cause of the one that goes on are these now */
	HISTORY_EPISODE_END,   /* at @at: duration; cut: not the episode ended, but the watch */
	HISTORY_TIME,	       /* up to @at the VM was watched for so long: watched, inhibited, stuck */
	HISTORY_GONE,	       /* the VM ended at @at, and its boot and episode with it */
	HISTORY_SAME,	       /* the VM known as @was is @vm: a domain that was named late */
	_HISTORY_MAX,
};

/* Which VM. Strings are valid during the call. */
struct history_vm {
	const char *key;     /* the UUID of its domain; of a VM without one the process: "pid-4711" and its start */
	const char *uuid;    /* "" none; then reports call it "pid-N" */
	const char *name;    /* "" none */
	const char *process; /* which run of it: boot of the host, pid, start time */
	int32_t pid;
};

/* NULL and "" are the same. Durations in microseconds. */
struct history_record {
	enum history_kind kind;
	uint64_t at;
	bool of_vm;
	struct history_vm vm;
	const char *was;   /* HISTORY_SAME: the other key */
	const char *event; /* its word */
	const char *text;  /* the sentence */
	const char *condition, *old_condition, *cause, *reason, *reasons, *health, *detail;
	uint32_t number; /* of the boot */
	bool exact;	 /* the beginning was seen; false: it may have been before the watch */
	bool cut;
	uint64_t duration, watched, inhibited, stuck;
};

/* ---- the writer ---------------------------------------------------------------------------------------------------- */
struct history_writer;
struct history_options {
	const char *path;
	const char *boot_id;   /* of the host */
	uint64_t retention_us; /* older rows are deleted */
	uint64_t max_rows;     /* 0: HISTORY_ROWS */
	uint64_t batch_ns;     /* 0: 2 s. Records gather for so long */
	uint64_t retry_ns;     /* 0: 15 s. After an error nothing is tried before */
	size_t max_queue;      /* 0: 8192 records, while nothing can be written; 8 times as many while it can */
};

/* What the loop is to log once: the room is silent itself. */
enum history_state {
	HISTORY_STARTING,
	HISTORY_WRITING,
	HISTORY_BLOCKED, /* it cannot be written (disk full): tried again; text says why */
	HISTORY_REFUSED, /* not tried again: it is of a newer avicd, or no history; text says what to do */
};
struct history_notice {
	enum history_state state;
	char aside[256]; /* a damaged file was renamed to this; "" */
	char text[256];	 /* why; "" */
	uint64_t lost;	 /* records that the queue could not hold since the last notice, said when it goes on */
};

/*
 * history_writer_new() - start the thread, which opens, migrates or begins the file. -ENOMEM and errors of pthread and eventfd; of the file
 * nothing is known yet.
 */
int history_writer_new(const struct history_options *o, struct history_writer **ret);
/* history_writer_fd() - readable when there is a notice. history_writer_notice() - take it; false: none. */
int history_writer_fd(const struct history_writer *w);
bool history_writer_notice(struct history_writer *w, struct history_notice *ret);
/* history_put() - copy @r into the queue. Never waits for the disk. -ENOBUFS: full, counted; -ENOMEM. */
int history_put(struct history_writer *w, const struct history_record *r);
/* history_writer_retention() - after a reload. */
void history_writer_retention(struct history_writer *w, uint64_t retention_us);
/*
 * history_writer_free() - write what is queued, end the thread; after @timeout_ns it is left alone, with what it holds, and -ETIMEDOUT
 * returned: the process is to end. @w may be NULL.
 */
int history_writer_free(struct history_writer *w, uint64_t timeout_ns);

/* ---- the file, for the thread, for readers and for tests ------------------------------------------------------------ */
struct history;
/*
 * history_open() - for writing: begun if absent, migrated if older. -EPROTONOSUPPORT: newer than this program; -EMEDIUMTYPE: a database of
 * something else; -EBADMSG: damaged; -ENOSPC, -EIO, -EACCES, -EBUSY ... Nothing was changed then.
 * history_open_read() - read-only, works beside a writer. -ENOENT; -ESTALE: an older schema, avicd migrates it when it starts; and the same.
 */
int history_open(const char *path, struct history **ret);
int history_open_read(const char *path, struct history **ret);
struct history *history_close(struct history *h);
DEFINE_CLEANUP(struct history, history_close)
/* history_path() - dir_state()/history.db; caller frees. -ENOMEM. */
int history_path(char **ret);
/* history_set_aside() - rename a damaged one and what belongs to it to the next free .corrupt-N; *ret (caller frees) is its name. */
int history_set_aside(const char *path, char **ret);

/*
 * history_run_begin() - a run of avicd begins: what the run before left open ends when it was last seen. history_run_seen() - still there, or,
 * with @end, ending now.
 */
int history_run_begin(struct history *h, const char *boot_id, uint64_t now_us);
int history_run_seen(struct history *h, uint64_t now_us, bool end);
/* history_begin(), history_apply(), history_commit() - one transaction; after an error history_rollback(). */
int history_begin(struct history *h);
int history_apply(struct history *h, const struct history_record *r);
int history_commit(struct history *h);
void history_rollback(struct history *h);
/* history_gap() - @records were lost until now. history_prune() - delete what is older than @before_us, and the oldest above @max_rows. */
int history_gap(struct history *h, uint64_t now_us, uint64_t records);
int history_prune(struct history *h, uint64_t before_us, uint64_t max_rows);

struct history_filter {
	const char *who;       /* name, UUID or pid-N of a VM; NULL: everything */
	uint64_t since, until; /* [since, until) */
	size_t max;	       /* so many of the newest; 0: all */
};
/*
 * history_events() - oldest first: [{at, event, text, name, uuid, condition, old_condition, cause, reason, duration_seconds, boot, health}],
 * absent ones null. Caller puts. -ENXIO: no VM was ever called @who.
 */
int history_events(struct history *h, const struct history_filter *f, json_object **ret);
/*
 * history_summary() - of [since, until): {since, until, vms:[{uuid, name, watched_seconds, inhibited_seconds, availability, boots, episodes,
 * stuck_seconds}], episodes_by_cause:{cause:{episodes, seconds}}, top:[uuid], health:[{at, health, why}], actions:[{at, event, text}]}.
 * availability: 1 - inhibited/watched, null for a VM that was not watched. Times are kept by the hour: of an hour that is only partly in the
 * span its part is taken. boots: resets; episodes: those that were in the span. Of actions and health the newest 1,000.
 */
int history_summary(struct history *h, uint64_t since_us, uint64_t until_us, json_object **ret);

#endif
