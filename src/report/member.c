/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON of others: nothing in it is believed to be there. */
#include <math.h>

#include "avicd/clock.h"
#include "report/member.h"

json_object *member(json_object *o, const char *key, enum json_type type)
{
	json_object *v = NULL;

	if (!o || !json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &v))
		return NULL;
	return json_object_is_type(v, type) ? v : NULL;
}

const char *member_str(json_object *o, const char *key)
{
	json_object *v = member(o, key, json_type_string);

	return v ? json_object_get_string(v) : NULL;
}

const char *member_word(json_object *o, const char *key)
{
	return member_str(o, key) ?: "";
}

uint64_t member_u64(json_object *o, const char *key)
{
	json_object *v = member(o, key, json_type_int);
	int64_t n = v ? json_object_get_int64(v) : 0;

	return n > 0 ? (uint64_t)n : 0;
}

double member_double(json_object *o, const char *key)
{
	json_object *v = member(o, key, json_type_double) ?: member(o, key, json_type_int);
	double d = v ? json_object_get_double(v) : -1;

	return isfinite(d) && d >= 0 ? d : -1;
}

enum tristate member_tri(json_object *o, const char *key)
{
	json_object *v = member(o, key, json_type_boolean);

	return !v ? TRI_UNKNOWN : json_object_get_boolean(v) ? TRI_YES : TRI_NO;
}

uint64_t member_time(json_object *o, const char *key)
{
	const char *s = member_str(o, key);
	uint64_t us;

	return s && parse_wall(s, &us) == 0 ? us : 0;
}

size_t member_len(json_object *array)
{
	return array && json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

json_object *member_at(json_object *array, size_t i)
{
	json_object *v = i < member_len(array) ? json_object_array_get_idx(array, i) : NULL;

	return v && json_object_is_type(v, json_type_object) ? v : NULL;
}
