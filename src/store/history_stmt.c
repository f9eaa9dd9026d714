/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statements by which records become rows. */
#include <assert.h>

#include "store/history-private.h"

#define OPEN_EPISODE " WHERE vm = ?1 AND process = ?2 AND ended IS NULL"

static const char *const sql[] = {
	[STMT_VM] = "INSERT INTO vms (key, uuid, name, pid, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?5)"
		    " ON CONFLICT (key) DO UPDATE SET uuid = coalesce(excluded.uuid, uuid), name = "
		    "coalesce(excluded.name, name),"
		    " pid = excluded.pid, last = max(last, excluded.last) RETURNING id",
	[STMT_EVENT] = "INSERT INTO events (vm, at, event, text, condition, old_condition, cause, reason, reasons, "
		       "health, detail,"
		       " boot, duration) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	/* one that a run before ours had seen already is known */
	[STMT_BOOT] = "INSERT OR IGNORE INTO boots (vm, process, number, began, exact) VALUES (?1, ?2, ?3, ?4, ?5)",
	[STMT_BOOT_END] = "UPDATE boots SET ended = max(began, ?4) WHERE vm = ?1 AND ended IS NULL"
			  " AND NOT (process = ?2 AND number = ?3)",
	[STMT_EPISODE] = "INSERT INTO episodes (vm, process, began, reasons, cause) SELECT ?1, ?2, ?3, ?4, ?5"
			 " WHERE NOT EXISTS (SELECT 1 FROM episodes" OPEN_EPISODE ")",
	[STMT_EPISODE_AGAIN] =
		"UPDATE episodes SET ended = NULL, cut = 0 WHERE id ="
		" (SELECT id FROM episodes WHERE vm = ?1 AND process = ?2 ORDER BY id DESC LIMIT 1) AND cut",
	[STMT_EPISODE_NOTE] =
		"UPDATE episodes SET reasons = coalesce(?3, reasons), cause = coalesce(?4, cause)" OPEN_EPISODE,
	[STMT_EPISODE_END] = "UPDATE episodes SET ended = max(began, ?3), duration = duration + ?4, cut = ?5,"
			     " reasons = coalesce(?6, reasons), cause = coalesce(?7, cause)" OPEN_EPISODE,
	[STMT_TIME] = "INSERT INTO hours (vm, hour, watched, inhibited, stuck) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT "
		      "(vm, hour)"
		      " DO UPDATE SET watched = watched + excluded.watched, inhibited = inhibited + excluded.inhibited,"
		      " stuck = stuck + excluded.stuck",
	[STMT_GONE_BOOT] = "UPDATE boots SET ended = max(began, ?3) WHERE vm = ?1 AND process = ?2 AND ended IS NULL",
	[STMT_GONE_EPISODE] = "UPDATE episodes SET ended = max(began, ?3)" OPEN_EPISODE,
};
static_assert(ARRAY_SIZE(sql) == _STMT_MAX, "each statement has its SQL");

/* The statement, without what was bound to it before. */
int history_stmt(struct history *h, enum history_statement id, sqlite3_stmt **ret)
{
	int rc = SQLITE_OK;

	if (!h->stmt[id])
		rc = sqlite3_prepare_v3(h->db, sql[id], -1, SQLITE_PREPARE_PERSISTENT, &h->stmt[id], NULL);
	if (rc != SQLITE_OK)
		return history_errno(h, rc);
	sqlite3_reset(h->stmt[id]);
	sqlite3_clear_bindings(h->stmt[id]);
	*ret = h->stmt[id];
	return 0;
}

/* The room binds few things; a bind that fails (memory) shows as a null, which NOT NULL refuses or which is no loss. */
void history_bind_int(sqlite3_stmt *s, int i, uint64_t v)
{
	sqlite3_bind_int64(s, i, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

void history_bind_text(sqlite3_stmt *s, int i, const char *v)
{
	if (v && *v)
		sqlite3_bind_text(s, i, v, -1, SQLITE_STATIC);
}

/* A statement holds a read lock, and strings of the caller, until it is reset. */
int history_stmt_run(struct history *h, sqlite3_stmt *s)
{
	int r = history_errno(h, sqlite3_step(s));

	sqlite3_reset(s);
	return r;
}
