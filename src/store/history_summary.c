/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a span of time was like, for reports. */
#include "store/history_json.h"

#define TOP_MAX	 10
#define LIST_MAX "1000"

/* ?1 since, ?2 until, ?3 when avicd wrote last: an hour is not longer than that. What part of hour @h lies in the span. */
#define FROM "(h.hour * 3600000000)"
#define TO   "min(" FROM " + 3600000000, max(?3, " FROM " + 1))"
#define PART "1.0 * max(0, min(" TO ", ?2) - max(" FROM ", ?1)) / (" TO " - " FROM ")"

static const char vms_sql[] =
	"SELECT coalesce(v.uuid, 'pid-' || v.pid), v.name, sum(h.watched * " PART
	") AS watched, sum(h.inhibited * " PART "),"
	" sum(h.stuck * " PART "),"
	" (SELECT count(*) FROM boots b WHERE b.vm = v.id AND b.number > 0 AND b.exact AND b.began >= ?1 AND b.began < "
	"?2),"
	" (SELECT count(*) FROM episodes e WHERE e.vm = v.id AND e.began < ?2 AND (e.ended IS NULL OR e.ended >= ?1))"
	" FROM hours h JOIN vms v ON v.id = h.vm WHERE h.hour >= ?1 / 3600000000 AND h.hour <= ?2 / 3600000000"
	" GROUP BY v.id ORDER BY v.name IS NULL, v.name, v.id";

/* Of an episode that was partly in the span, its part; of one that goes on, what is seen of it. */
#define LASTED \
	"CASE WHEN e.ended IS NULL THEN e.duration + max(0, max(?3, e.began) - max(e.began, ?4)) ELSE e.duration END"
#define EP_END "coalesce(e.ended, max(?3, e.began))"
#define EP_PART                                         \
	"CASE WHEN " EP_END " <= e.began THEN 1.0 ELSE" \
	" 1.0 * max(0, min(" EP_END ", ?2) - max(e.began, ?1)) / (" EP_END " - e.began) END"
static const char causes_sql[] =
	"SELECT coalesce(e.cause, 'unknown'), count(*), sum((" LASTED ") * (" EP_PART ")) FROM episodes e"
	" WHERE e.began < ?2 AND (e.ended IS NULL OR e.ended >= ?1) GROUP BY 1 ORDER BY 1";

static const char health_sql[] =
	"SELECT * FROM (SELECT at, health, detail, id FROM events WHERE event = 'health' AND at >= ?1"
	" AND at < ?2 ORDER BY at DESC, id DESC LIMIT " LIST_MAX ") ORDER BY at, id";

static const char actions_sql[] =
	"SELECT * FROM (SELECT at, event, text, id FROM events WHERE event IN ('probed', 'livepatch', "
	"'livepatch-failed', 'remedy',"
	" 'remedy-failed') AND at >= ?1 AND at < ?2 ORDER BY at DESC, id DESC LIMIT " LIST_MAX ") ORDER BY at, id";

/* The most inhibited, in order. */
struct top {
	double inhibited[TOP_MAX];
	json_object *id[TOP_MAX]; /* of the list of VMs */
	size_t n;
};

static void top_add(struct top *t, double inhibited, json_object *id)
{
	size_t i = MIN(t->n, (size_t)TOP_MAX - 1);

	if (inhibited <= 0 || (t->n == TOP_MAX && inhibited <= t->inhibited[i]))
		return;
	for (; i > 0 && t->inhibited[i - 1] < inhibited; i--) {
		t->inhibited[i] = t->inhibited[i - 1];
		t->id[i] = t->id[i - 1];
	}
	t->inhibited[i] = inhibited;
	t->id[i] = id;
	t->n = MIN(t->n + 1, (size_t)TOP_MAX);
}

static int fill_vm(json_object *o, sqlite3_stmt *s, void *userdata)
{
	double watched = sqlite3_column_double(s, 2), inhibited = MIN(sqlite3_column_double(s, 3), watched);
	double share = watched > 0 ? 1 - inhibited / watched : 0;
	char buf[40];
	int r;

	sqlite3_snprintf(sizeof(buf), buf, "%.6f", share);
	r = history_text(o, "uuid", s, 0);
	if (r == 0)
		r = history_text(o, "name", s, 1);
	if (r == 0)
		r = history_seconds(o, "watched_seconds", watched);
	if (r == 0)
		r = history_seconds(o, "inhibited_seconds", inhibited);
	if (r == 0 && watched > 0)
		r = history_set(o, "availability", json_object_new_double_s(share, buf), false);
	else if (r == 0)
		r = history_set(o, "availability", NULL, true);
	if (r == 0)
		r = history_set(o, "boots", json_object_new_int64(sqlite3_column_int64(s, 5)), false);
	if (r == 0)
		r = history_set(o, "episodes", json_object_new_int64(sqlite3_column_int64(s, 6)), false);
	if (r == 0)
		r = history_seconds(o, "stuck_seconds", MIN(sqlite3_column_double(s, 4), watched));
	if (r == 0)
		top_add(userdata, inhibited, json_object_object_get(o, "uuid"));
	return r;
}

static int fill_health(json_object *o, sqlite3_stmt *s, void *userdata _unused_)
{
	int r = history_at(o, "at", sqlite3_column_int64(s, 0));

	if (r == 0)
		r = history_text(o, "health", s, 1);
	return r < 0 ? r : history_text(o, "why", s, 2);
}

static int fill_action(json_object *o, sqlite3_stmt *s, void *userdata _unused_)
{
	int r = history_at(o, "at", sqlite3_column_int64(s, 0));

	if (r == 0)
		r = history_text(o, "event", s, 1);
	return r < 0 ? r : history_text(o, "text", s, 2);
}

static int add_causes(struct history *h, json_object *o, int64_t since, int64_t until, int64_t seen, int64_t began)
{
	json_object *causes = json_object_new_object();
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = history_set(o, "episodes_by_cause", causes, false), rc;

	if (r == 0)
		r = history_query(h, causes_sql, &s, "iiii", since, until, seen, began);
	while (r == 0 && (rc = sqlite3_step(s)) != SQLITE_DONE) {
		json_object *c;

		if (rc != SQLITE_ROW)
			return history_errno(h, rc);
		c = json_object_new_object();
		r = history_set(causes, (const char *)sqlite3_column_text(s, 0) ?: "unknown", c, false);
		if (r == 0)
			r = history_set(c, "episodes", json_object_new_int64(sqlite3_column_int64(s, 1)), false);
		if (r == 0)
			r = history_seconds(c, "seconds", sqlite3_column_double(s, 2));
	}
	return r;
}

static int add_vms(struct history *h, json_object *o, int64_t since, int64_t until, int64_t seen)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	json_object *vms = NULL, *list;
	struct top top = {0};
	int r = history_query(h, vms_sql, &s, "iii", since, until, seen);

	if (r == 0)
		r = history_rows(h, s, fill_vm, &top, &vms);
	if (r == 0)
		r = history_set(o, "vms", vms, false);
	if (r < 0)
		return r;
	list = json_object_new_array();
	r = history_set(o, "top", list, false);
	for (size_t i = 0; r == 0 && i < top.n; i++)
		r = history_push(list, json_object_get(top.id[i]));
	return r;
}

static int add_list(struct history *h, json_object *o, const char *key, const char *sql,
		    int (*fill)(json_object *o, sqlite3_stmt *s, void *userdata), int64_t since, int64_t until)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	json_object *list = NULL;
	int r = history_query(h, sql, &s, "ii", since, until);

	if (r == 0)
		r = history_rows(h, s, fill, NULL, &list);
	return r < 0 ? r : history_set(o, key, list, false);
}

static int summarize(struct history *h, json_object *o, int64_t since, int64_t until)
{
	int64_t seen, began;
	int r = history_number(h, "SELECT coalesce((SELECT seen FROM runs ORDER BY id DESC LIMIT 1), 0)", &seen);

	if (r == 0)
		r = history_number(h, "SELECT coalesce((SELECT began FROM runs ORDER BY id DESC LIMIT 1), 0)", &began);
	if (r == 0)
		r = history_at(o, "since", since);
	if (r == 0)
		r = history_at(o, "until", until);
	if (r == 0)
		r = add_vms(h, o, since, until, seen);
	if (r == 0)
		r = add_causes(h, o, since, until, seen, began);
	if (r == 0)
		r = add_list(h, o, "health", health_sql, fill_health, since, until);
	return r < 0 ? r : add_list(h, o, "actions", actions_sql, fill_action, since, until);
}

int history_summary(struct history *h, uint64_t since_us, uint64_t until_us, json_object **ret)
{
	_cleanup_json_ json_object *o = NULL;
	int r;

	if (since_us > until_us || until_us > INT64_MAX / 2)
		return -EINVAL;
	/* one state of the file, whatever a writer does meanwhile */
	r = history_exec(h, "BEGIN");
	if (r < 0)
		return r;
	o = json_object_new_object();
	r = o ? summarize(h, o, (int64_t)since_us, (int64_t)until_us) : -ENOMEM;
	(void)history_exec(h, "COMMIT");
	if (r < 0)
		return r;
	*ret = TAKE_PTR(o);
	return 0;
}
