/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of the history: opened, judged, set aside; transactions. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "store/history-private.h"

/* Who may look into the state directory reads it; nobody but avicd writes. */
#define HISTORY_MODE 0640
/* Another process in a transaction: a reader never blocks us in WAL, so only a second writer or a checkpoint can. */
#define BUSY_MS	     2000

int history_path(char **ret)
{
	if (asprintf(ret, "%s/history.db", dir_state()) >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}

/* 1: it is empty, nobody's yet. */
static int whose(struct history *h)
{
	int64_t id, version, tables;
	int r = history_number(h, "PRAGMA application_id", &id);

	if (r == 0)
		r = history_number(h, "PRAGMA user_version", &version);
	if (r == 0)
		r = history_number(h, "SELECT count(*) FROM sqlite_master", &tables);
	if (r < 0)
		return r;
	if (id == 0 && version == 0 && tables == 0)
		return 1;
	if (id != HISTORY_ID)
		return -EMEDIUMTYPE;
	return version > HISTORY_SCHEMA ? -EPROTONOSUPPORT : 0;
}

static int keep_owner(int fd _unused_, uid_t uid _unused_, gid_t gid _unused_)
{
	return 0;
}

/*
 * As root SQLite gives the files that it makes beside a database to the database's owner, by fchown(). That is root here, and the filter of the unit
 * refuses the call.
 */
static void leave_owners(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	if (vfs && vfs->iVersion >= 3 && vfs->xSetSystemCall)
		(void)vfs->xSetSystemCall(vfs, "fchown", (sqlite3_syscall_ptr)keep_owner);
}

static int open_db(const char *path, int flags, struct history **ret)
{
	_cleanup_(history_close_p) struct history *h = calloc(1, sizeof(*h));
	int rc;

	if (!h)
		return -ENOMEM;
	leave_owners();
	rc = sqlite3_open_v2(path, &h->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return history_errno(h, rc);
	sqlite3_extended_result_codes(h->db, 1);
	sqlite3_busy_timeout(h->db, BUSY_MS);
	/* what is in a damaged file is data: no function, trigger or view of it is run unasked */
	sqlite3_db_config(h->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(h->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	*ret = TAKE_PTR(h);
	return 0;
}

/* After a run that did not end in order the whole file is read; else a damage shows when it is met. */
static int check(struct history *h)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int64_t unclean;
	int r, rc;

	r = history_number(h, "SELECT count(*) FROM (SELECT clean FROM runs ORDER BY id DESC LIMIT 1) WHERE NOT clean",
			   &unclean);
	if (r < 0 || !unclean)
		return r;
	r = history_query(h, "PRAGMA quick_check(1)", &s, "");
	if (r < 0)
		return r;
	rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? -EBADMSG : history_errno(h, rc);
	return strcmp((const char *)sqlite3_column_text(s, 0) ?: "", "ok") == 0 ? 0 : -EBADMSG;
}

static int make(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, HISTORY_MODE);

	if (fd < 0)
		return -errno;
	/* the -wal and -shm files get the mode of this one; umask is of the service */
	return fchmod(fd, HISTORY_MODE) < 0 ? -errno : 0;
}

int history_open(const char *path, struct history **ret)
{
	_cleanup_(history_close_p) struct history *h = NULL;
	int r = make(path), empty;

	if (r >= 0)
		r = open_db(path, SQLITE_OPEN_READWRITE, &h);
	if (r < 0)
		return r;
	empty = whose(h);
	if (empty < 0)
		return empty;
	if (empty) {
		char pragma[64];

		sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA application_id = %d", HISTORY_ID);
		/* only before the first table: what is deleted can be given back to the file system */
		r = history_exec(h, "PRAGMA auto_vacuum = INCREMENTAL");
		if (r == 0)
			r = history_exec(h, pragma);
	}
	if (r == 0)
		r = history_exec(h, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;"
				    "PRAGMA journal_size_limit = 4194304; PRAGMA temp_store = MEMORY");
	if (r == 0)
		r = history_migrate(h, history_migrations);
	if (r == 0)
		r = check(h);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(h);
	return 0;
}

/* Without a right to make the -shm file nothing but a file that nobody writes can be read: then it is complete in itself. */
static int open_unwritten(const char *path, struct history **ret)
{
	_cleanup_free_ char *wal = NULL, *uri = NULL;
	struct stat st;

	if (asprintf(&wal, "%s-wal", path) < 0) {
		wal = NULL;
		return -ENOMEM;
	}
	/* a path with ? or % is no path in a URI */
	if ((lstat(wal, &st) == 0 && st.st_size > 0) || strpbrk(path, "?#%"))
		return -EACCES;
	if (asprintf(&uri, "file:%s?immutable=1", path) < 0) {
		uri = NULL;
		return -ENOMEM;
	}
	return open_db(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, ret);
}

int history_open_read(const char *path, struct history **ret)
{
	_cleanup_(history_close_p) struct history *h = NULL;
	int64_t version;
	int r;

	if (access(path, R_OK) < 0)
		return -errno;
	r = open_db(path, SQLITE_OPEN_READONLY, &h);
	if (r < 0)
		return r;
	r = whose(h);
	if (r == -EACCES || r == -EROFS || r == -ENOENT) {
		h = history_close(h);
		r = open_unwritten(path, &h);
		if (r >= 0)
			r = whose(h);
	}
	if (r < 0)
		return r;
	r = history_number(h, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	if (version < HISTORY_SCHEMA)
		return -ESTALE;
	*ret = TAKE_PTR(h);
	return 0;
}

struct history *history_close(struct history *h)
{
	int saved = errno;

	if (!h)
		return NULL;
	for (size_t i = 0; i < _STMT_MAX; i++)
		sqlite3_finalize(h->stmt[i]);
	sqlite3_close(h->db);
	free(h);
	errno = saved;
	return NULL;
}

int history_begin(struct history *h)
{
	return history_exec(h, "BEGIN IMMEDIATE");
}

int history_commit(struct history *h)
{
	return history_exec(h, "COMMIT");
}

void history_rollback(struct history *h)
{
	if (!sqlite3_get_autocommit(h->db))
		(void)history_exec(h, "ROLLBACK");
}

static int move(const char *path, const char *to, const char *suffix)
{
	_cleanup_free_ char *a = NULL, *b = NULL;

	if (asprintf(&a, "%s%s", path, suffix) < 0) {
		a = NULL;
		return -ENOMEM;
	}
	if (asprintf(&b, "%s%s", to, suffix) < 0) {
		b = NULL;
		return -ENOMEM;
	}
	if (rename(a, b) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	/* the one that gives way may have had one */
	(void)unlink(b);
	return 0;
}

int history_set_aside(const char *path, char **ret)
{
	_cleanup_free_ char *to = NULL;
	struct stat st;
	int r;

	for (unsigned n = 1; n <= HISTORY_ASIDE_MAX; n++) {
		free_p(&to);
		if (asprintf(&to, "%s.corrupt-%u", path, n) < 0) {
			to = NULL;
			return -ENOMEM;
		}
		if (lstat(to, &st) < 0 && errno == ENOENT)
			break;
	}
	/* the log first: a new file must never meet the log of the old one */
	r = move(path, to, "-wal");
	if (r == 0)
		r = move(path, to, "-shm");
	if (r == 0)
		r = move(path, to, "");
	if (r < 0)
		return r;
	*ret = TAKE_PTR(to);
	return 0;
}
