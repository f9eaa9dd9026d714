/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building JSON objects without a check behind each line: the first failure sticks, and the end drops the rest. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "avicd/report.h"

struct json_build {
	json_object *o;
	bool failed;
};

/* json_build_begin() - of an object. Keys given to the functions below must outlive it: string constants. */
struct json_build json_build_begin(void);
/* json_build_end() - the object, or NULL when anything failed. */
json_object *json_build_end(struct json_build *b);

void json_add_null(struct json_build *b, const char *key);
/* json_add_word() - a string of ours, or null. json_add_text() - one from elsewhere, cleaned; NULL and "" are null. */
void json_add_word(struct json_build *b, const char *key, const char *s);
void json_add_text(struct json_build *b, const char *key, const char *s);
void json_add_bool(struct json_build *b, const char *key, bool v);
void json_add_tristate(struct json_build *b, const char *key, enum tristate v);
void json_add_u64(struct json_build *b, const char *key, uint64_t v);
/* json_add_seconds() - a duration, to the millisecond. json_add_time() - RFC 3339 of a monotonic time; 0: null. */
void json_add_seconds(struct json_build *b, const char *key, uint64_t ns);
void json_add_time(struct json_build *b, const char *key, uint64_t mono_ns);
/* json_add_object() - takes @v; NULL counts as a failed allocation. */
void json_add_object(struct json_build *b, const char *key, json_object *v);
/* json_push() - to an array, takes @v. -ENOMEM when @v is NULL or there is no room. */
int json_push(json_object *array, json_object *v);

#endif
