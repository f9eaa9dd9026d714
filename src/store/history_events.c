/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, oldest first. */
#include <stdio.h>

#include "avicd/text.h"
#include "store/history_json.h"

#define CALLED "(name = ?1 OR uuid = ?2 OR key = ?1 OR 'pid-' || pid = ?1 OR pid = ?1)"

/* ?1 who as given, ?2 as UUID, ?3 since, ?4 until, ?5 at most. A gap is no event of a VM; it is shown where everything is. */
static const char sql[] =
	"SELECT * FROM (SELECT e.at, e.event, e.text, v.name, coalesce(v.uuid, 'pid-' || v.pid), e.condition, "
	"e.old_condition,"
	" e.cause, e.reason, e.duration, e.boot, e.health, e.id FROM events e LEFT JOIN vms v ON v.id = e.vm"
	" WHERE e.at >= ?3 AND e.at < ?4 AND (?1 IS NULL OR e.vm IN (SELECT id FROM vms WHERE " CALLED "))"
	" UNION ALL SELECT at, 'gap', records || ' records were lost before this: they could not be written', NULL, "
	"NULL, NULL,"
	" NULL, NULL, NULL, NULL, NULL, NULL, 0 FROM gaps WHERE ?1 IS NULL AND at >= ?3 AND at < ?4"
	" ORDER BY 1 DESC, 13 DESC LIMIT ?5) ORDER BY 1, 13";

static int fill(json_object *o, sqlite3_stmt *s, void *userdata _unused_)
{
	static const char *const texts[] = {"event",	 "text",	  "name",  "uuid",
					    "condition", "old_condition", "cause", "reason"};
	int r = history_at(o, "at", sqlite3_column_int64(s, 0));

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = history_text(o, texts[i], s, 1 + (int)i);
	if (r == 0 && sqlite3_column_type(s, 9) == SQLITE_NULL)
		r = history_set(o, "duration_seconds", NULL, true);
	else if (r == 0)
		r = history_seconds(o, "duration_seconds", (double)sqlite3_column_int64(s, 9));
	if (r == 0 && sqlite3_column_type(s, 10) == SQLITE_NULL)
		r = history_set(o, "boot", NULL, true);
	else if (r == 0)
		r = history_set(o, "boot", json_object_new_int64(sqlite3_column_int64(s, 10)), false);
	return r < 0 ? r : history_text(o, "health", s, 11);
}

static int knows(struct history *h, const char *who, const char *uuid)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = history_query(h, "SELECT 1 FROM vms WHERE " CALLED " LIMIT 1", &s, "ss", who, uuid), rc;

	if (r < 0)
		return r;
	rc = sqlite3_step(s);
	return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? -ENXIO : history_errno(h, rc);
}

int history_events(struct history *h, const struct history_filter *f, json_object **ret)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	char uuid[37] = "";
	int r = 0;

	if (f->who && uuid_normalize(f->who, uuid) < 0)
		snprintf(uuid, sizeof(uuid), "-");
	if (f->who)
		r = knows(h, f->who, uuid);
	if (r == 0)
		r = history_query(h, sql, &s, "ssiii", f->who, uuid, (int64_t)MIN(f->since, (uint64_t)INT64_MAX),
				  (int64_t)MIN(f->until, (uint64_t)INT64_MAX), f->max ? (int64_t)f->max : (int64_t)-1);
	return r < 0 ? r : history_rows(h, s, fill, NULL, ret);
}
