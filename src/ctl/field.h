/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON of the schema avicd/1 without trusting it: what is missing or of another type reads as nothing. */
#ifndef AVICCTL_FIELD_H
#define AVICCTL_FIELD_H

#include <json-c/json.h>

#include "avicd/text.h"
#include "avicd/verdict.h"

/* field() - NULL also for JSON null and where @o is no object. */
json_object *field(json_object *o, const char *key);
/*
 * field_str() - a string without control characters, valid as long as @o; NULL. field_text(): "-" instead. text_of():
 * of a value.
 */
const char *text_of(json_object *v);
const char *field_str(json_object *o, const char *key);
const char *field_text(json_object *o, const char *key);
int64_t field_int(json_object *o, const char *key);
double field_double(json_object *o, const char *key);
enum tristate field_tri(json_object *o, const char *key);
bool field_bool(json_object *o, const char *key);
/*
 * field_array() - a JSON array or NULL; field_len(): its length, 0 for NULL. field_strings(): its strings with @sep
 * between.
 */
json_object *field_array(json_object *o, const char *key);
size_t field_len(json_object *array);
void field_strings(json_object *array, const char *sep, struct text *t);

/* field_duration() - seconds as "2min 3s", "-" when there are none. @buf of DURATION_MAX; returns buf. */
char *field_duration(json_object *o, const char *key, char *buf);
/*
 * field_time() - RFC 3339 to wall-clock microseconds; 0 when missing or unreadable. time_parse(): the same for a
 * string.
 */
uint64_t field_time(json_object *o, const char *key);
uint64_t time_parse(const char *s);
/*
 * time_local() - "2026-11-22 12:03:04", time_short() - "Nov 22 12:03:04", in local time, "-" for 0; @buf of TIME_MAX;
 * return buf.
 */
char *time_local(uint64_t us, char *buf);
char *time_short(uint64_t us, char *buf);
#define TIME_MAX 64

/* vm_name() - the domain's name, or "(comm)" of a VM without one; @buf of VM_NAME_MAX; returns buf. */
#define VM_NAME_MAX 264
char *vm_name(json_object *vm, char *buf);

#endif
