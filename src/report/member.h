/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON of others: what is missing, or of another type, reads as nothing. */
#ifndef REPORT_MEMBER_H
#define REPORT_MEMBER_H

#include "avicd/jsonc.h"
#include "avicd/verdict.h"

/* member() - of this type, else NULL; @o may be NULL or anything. The same for the others. */
json_object *member(json_object *o, const char *key, enum json_type type);
/* member_str() - NULL where there is none; member_word(): "" instead. Valid as long as @o. */
const char *member_str(json_object *o, const char *key);
const char *member_word(json_object *o, const char *key);
/* member_u64() - 0 where it is no whole number from 0 on; member_double(): -1 where it is no finite number from 0 on. */
uint64_t member_u64(json_object *o, const char *key);
double member_double(json_object *o, const char *key);
enum tristate member_tri(json_object *o, const char *key);
/* member_time() - microseconds since 1970 of RFC 3339, 0 where it is none. */
uint64_t member_time(json_object *o, const char *key);
/* member_len() - of an array; 0 for NULL. member_at(): its object @i, NULL for what is no object. */
size_t member_len(json_object *array);
json_object *member_at(json_object *array, size_t i);

#endif
