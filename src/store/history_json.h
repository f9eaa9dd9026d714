/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the history as JSON; the first failure sticks. Private to the room. */
#ifndef AVICD_STORE_HISTORY_JSON_H
#define AVICD_STORE_HISTORY_JSON_H

#include "avicd/jsonc.h"
#include "store/history-private.h"

/* history_set() - takes @v; @null: NULL is a null, else it is -ENOMEM. history_push() - the same for an array. */
int history_set(json_object *o, const char *key, json_object *v, bool null);
int history_push(json_object *array, json_object *v);
/* history_text() - column @i, cleaned, or null. history_at() - microseconds as RFC 3339. history_seconds() - as a number. */
int history_text(json_object *o, const char *key, sqlite3_stmt *s, int i);
int history_at(json_object *o, const char *key, int64_t us);
int history_seconds(json_object *o, const char *key, double us);
/*
 * history_rows() - an array with one object a row of @s, each filled by @fill; @userdata is for it. 0 or a negative errno.
 */
int history_rows(struct history *h, sqlite3_stmt *s, int (*fill)(json_object *o, sqlite3_stmt *s, void *userdata),
		 void *userdata, json_object **ret);

#endif
