/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON of the schema avicd/1 without trusting it. */
#include <stdio.h>
#include <time.h>

#include "avicd/util.h"
#include "ctl/field.h"

json_object *field(json_object *o, const char *key)
{
	json_object *v = NULL;

	if (!o || !json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &v))
		return NULL;
	return v;
}

const char *text_of(json_object *v)
{
	const char *s;

	if (!v || !json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	/* The daemon cleans what it prints. Who else wrote the file may not have. */
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return "?";
	return s;
}

const char *field_str(json_object *o, const char *key)
{
	return text_of(field(o, key));
}

const char *field_text(json_object *o, const char *key)
{
	const char *s = field_str(o, key);

	return s && *s ? s : "-";
}

int64_t field_int(json_object *o, const char *key)
{
	json_object *v = field(o, key);

	return v ? json_object_get_int64(v) : 0;
}

double field_double(json_object *o, const char *key)
{
	json_object *v = field(o, key);

	return v ? json_object_get_double(v) : 0;
}

enum tristate field_tri(json_object *o, const char *key)
{
	json_object *v = field(o, key);

	if (!v || !json_object_is_type(v, json_type_boolean))
		return TRI_UNKNOWN;
	return json_object_get_boolean(v) ? TRI_YES : TRI_NO;
}

bool field_bool(json_object *o, const char *key)
{
	return field_tri(o, key) == TRI_YES;
}

json_object *field_array(json_object *o, const char *key)
{
	json_object *v = field(o, key);

	return v && json_object_is_type(v, json_type_array) ? v : NULL;
}

size_t field_len(json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

void field_strings(json_object *array, const char *sep, struct text *t)
{
	for (size_t i = 0; i < field_len(array); i++) {
		const char *s = text_of(json_object_array_get_idx(array, i));

		if (!s)
			continue;
		if (t->len > 0)
			text_add(t, sep);
		text_add(t, s);
	}
}

char *field_duration(json_object *o, const char *key, char *buf)
{
	double s = field(o, key) ? field_double(o, key) : -1;

	/* beyond 10^9 s a double's nanoseconds leave 64 bits sooner or later: nothing real lasts so long */
	if (!(s >= 0 && s < 1e9)) {
		strcpy(buf, "-");
		return buf;
	}
	/* whole seconds read better than "123.4s" once there are some */
	return format_duration(s >= 10 ? (uint64_t)s * NSEC_PER_SEC : (uint64_t)(s * NSEC_PER_SEC), buf, DURATION_MAX);
}

uint64_t time_parse(const char *s)
{
	struct tm tm = {0};
	char *end;
	time_t t;

	end = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	if (!end)
		return 0;
	t = timegm(&tm);
	return t > 0 ? (uint64_t)t * USEC_PER_SEC : 0;
}

uint64_t field_time(json_object *o, const char *key)
{
	return time_parse(field_str(o, key));
}

char *time_local(uint64_t us, char *buf)
{
	time_t t = us / USEC_PER_SEC;
	struct tm tm;

	if (us == 0 || !localtime_r(&t, &tm) || strftime(buf, TIME_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(buf, "-");
	return buf;
}

char *time_short(uint64_t us, char *buf)
{
	time_t t = us / USEC_PER_SEC;
	struct tm tm;

	if (us == 0 || !localtime_r(&t, &tm) || strftime(buf, TIME_MAX, "%b %d %H:%M:%S", &tm) == 0)
		strcpy(buf, "-");
	return buf;
}

char *vm_name(json_object *vm, char *buf)
{
	const char *name = field_str(vm, "name");

	if (name && *name)
		snprintf(buf, VM_NAME_MAX, "%s", name);
	else
		snprintf(buf, VM_NAME_MAX, "(%s)", field_text(vm, "comm"));
	return buf;
}
