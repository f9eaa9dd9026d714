/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SQLite for the history: its errors as errno, statements with parameters. */
#include <stdarg.h>

#include "store/history-private.h"

static const struct {
	int rc;
	int error;
} errors[] = {
	{SQLITE_CORRUPT, -EBADMSG},
	{SQLITE_NOTADB, -EBADMSG},
	{SQLITE_FULL, -ENOSPC},
	{SQLITE_NOMEM, -ENOMEM},
	{SQLITE_BUSY, -EBUSY},
	{SQLITE_LOCKED, -EBUSY},
	{SQLITE_PERM, -EACCES},
	{SQLITE_AUTH, -EACCES},
	{SQLITE_READONLY, -EROFS},
	{SQLITE_CANTOPEN, -EACCES},
	{SQLITE_TOOBIG, -EFBIG},
	{SQLITE_IOERR, -EIO},
	/* our own statements do not fit: a table is not as it should be */
	{SQLITE_ERROR, -EBADMSG},
	/* one record, not the file */
	{SQLITE_CONSTRAINT, -EINVAL},
	{SQLITE_MISMATCH, -EINVAL},
};

int history_errno(struct history *h, int rc)
{
	int sys;

	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return 0;
	sys = h && h->db ? sqlite3_system_errno(h->db) : 0;
	/* what the kernel said, where it was the kernel: EFBIG, ENOSPC, EDQUOT, EACCES */
	if (((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) && sys > 0)
		return -sys;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].rc == (rc & 0xff))
			return errors[i].error;
	return -EIO;
}

int history_exec(struct history *h, const char *sql)
{
	return history_errno(h, sqlite3_exec(h->db, sql, NULL, NULL, NULL));
}

static int query(struct history *h, const char *sql, sqlite3_stmt **ret, const char *format, va_list ap)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(h->db, sql, -1, &s, NULL);

	for (int i = 1; rc == SQLITE_OK && *format; format++, i++) {
		const char *text;

		if (*format == 'i') {
			rc = sqlite3_bind_int64(s, i, va_arg(ap, int64_t));
			continue;
		}
		text = va_arg(ap, const char *);
		rc = text && *text ? sqlite3_bind_text(s, i, text, -1, SQLITE_TRANSIENT) : sqlite3_bind_null(s, i);
	}
	if (rc != SQLITE_OK)
		return history_errno(h, rc);
	*ret = TAKE_PTR(s);
	return 0;
}

int history_query(struct history *h, const char *sql, sqlite3_stmt **ret, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = query(h, sql, ret, format, ap);
	va_end(ap);
	return r;
}

int history_run(struct history *h, const char *sql, const char *format, ...)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = query(h, sql, &s, format, ap);
	va_end(ap);
	return r < 0 ? r : history_errno(h, sqlite3_step(s));
}

int history_number(struct history *h, const char *sql, int64_t *ret)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = history_query(h, sql, &s, ""), rc;

	if (r < 0)
		return r;
	rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? -EBADMSG : history_errno(h, rc);
	*ret = sqlite3_column_int64(s, 0);
	return 0;
}
