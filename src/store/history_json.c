/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the history as JSON. */
#include "avicd/clock.h"
#include "avicd/text.h"
#include "store/history_json.h"

/* A sentence of ours is shorter; what is longer in a file is not ours. */
#define TEXT_LIMIT 4096

int history_set(json_object *o, const char *key, json_object *v, bool null)
{
	if (!v && !null)
		return -ENOMEM;
	if (json_object_object_add(o, key, v) == 0)
		return 0;
	json_object_put(v);
	return -ENOMEM;
}

int history_push(json_object *array, json_object *v)
{
	if (!v)
		return -ENOMEM;
	if (json_object_array_add(array, v) == 0)
		return 0;
	json_object_put(v);
	return -ENOMEM;
}

int history_text(json_object *o, const char *key, sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);
	_cleanup_free_ char *clean = NULL;
	int r;

	if (!text || !*text)
		return history_set(o, key, NULL, true);
	r = text_clean(text, TEXT_LIMIT, &clean);
	return r < 0 ? r : history_set(o, key, json_object_new_string(clean), false);
}

int history_at(json_object *o, const char *key, int64_t us)
{
	char buf[32];

	return history_set(o, key, json_object_new_string(format_wall((uint64_t)MAX(us, 0), buf)), false);
}

int history_seconds(json_object *o, const char *key, double us)
{
	/* to the millisecond, without a long tail of digits */
	double seconds = (double)(int64_t)((MAX(us, 0) + 500) / 1000) / 1e3;
	char buf[40];

	sqlite3_snprintf(sizeof(buf), buf, "%.3f", seconds);
	return history_set(o, key, json_object_new_double_s(seconds, buf), false);
}

int history_rows(struct history *h, sqlite3_stmt *s, int (*fill)(json_object *o, sqlite3_stmt *s, void *userdata),
		 void *userdata, json_object **ret)
{
	_cleanup_json_ json_object *array = json_object_new_array();
	int r = array ? 0 : -ENOMEM, rc;

	while (r == 0 && (rc = sqlite3_step(s)) != SQLITE_DONE) {
		json_object *o;

		if (rc != SQLITE_ROW)
			return history_errno(h, rc);
		o = json_object_new_object();
		r = history_push(array, o);
		if (r == 0)
			r = fill(o, s, userdata);
	}
	if (r == 0)
		*ret = TAKE_PTR(array);
	return r;
}
