/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the history share. Private to the room. */
#ifndef AVICD_STORE_HISTORY_PRIVATE_H
#define AVICD_STORE_HISTORY_PRIVATE_H

#include <sqlite3.h>

#include "avicd/history.h"

#define HISTORY_HOUR_US (3600 * USEC_PER_SEC)

/* Statements that are used again and again, prepared when first needed; their SQL is in history_stmt.c. */
enum history_statement {
	STMT_VM,
	STMT_EVENT,
	STMT_BOOT,
	STMT_BOOT_END,
	STMT_EPISODE,
	STMT_EPISODE_AGAIN,
	STMT_EPISODE_NOTE,
	STMT_EPISODE_END,
	STMT_TIME,
	STMT_GONE_BOOT,
	STMT_GONE_EPISODE,
	_STMT_MAX,
};

struct history {
	sqlite3 *db;
	sqlite3_stmt *stmt[_STMT_MAX];
	int64_t run; /* row of this run, 0 = none */
};

/* history_errno() - a result of SQLite as negative errno; 0 for SQLITE_OK, _ROW and _DONE. */
int history_errno(struct history *h, int rc);
/* history_exec() - SQL without results. history_number() - the one number that @sql gives. */
int history_exec(struct history *h, const char *sql);
int history_number(struct history *h, const char *sql, int64_t *ret);

/*
 * history_stmt() - the statement, without what was bound to it before. history_stmt_run() - of one without rows. NULL and "" are bound as null; a
 * string must be valid until then.
 */
int history_stmt(struct history *h, enum history_statement id, sqlite3_stmt **ret);
int history_stmt_run(struct history *h, sqlite3_stmt *s);
void history_bind_int(sqlite3_stmt *s, int i, uint64_t v);
void history_bind_text(sqlite3_stmt *s, int i, const char *v);

/* One step of the schema: from user_version n to n + 1. The last row is NULL; a test hands in a table of its own. */
extern const char *const history_migrations[];
/* history_migrate() - all steps that are missing, in one transaction. -EPROTONOSUPPORT: the file is newer than the table. */
int history_migrate(struct history *h, const char *const *migrations);

/*
 * A query with parameters: bound from @format, 'i' int64_t, 's' const char * (NULL or "": null). query_begin() gives a statement that the caller
 * finalizes.
 */
int history_query(struct history *h, const char *sql, sqlite3_stmt **ret, const char *format, ...);
/* history_run() - the same for SQL without results. */
int history_run(struct history *h, const char *sql, const char *format, ...);
static inline void history_finalize_p(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}
#define _cleanup_stmt_ _cleanup_(history_finalize_p)

#endif
