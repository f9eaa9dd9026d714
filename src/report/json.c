/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON objects built member by member, on top of json-c. */
#include "avicd/clock.h"
#include "avicd/text.h"
#include "report/json.h"

/* Longest text of others that is copied into JSON; a domain name, a reason of an error. */
#define JSON_TEXT_MAX 1024

struct json_build json_build_begin(void)
{
	struct json_build b = {.o = json_object_new_object()};

	b.failed = !b.o;
	return b;
}

json_object *json_build_end(struct json_build *b)
{
	if (b->failed) {
		json_p(&b->o);
		b->o = NULL;
	}
	return TAKE_PTR(b->o);
}

static void add(struct json_build *b, const char *key, json_object *v)
{
	if (b->failed ||
	    json_object_object_add_ex(b->o, key, v, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT) < 0) {
		b->failed = true;
		json_object_put(v);
	}
}

void json_add_null(struct json_build *b, const char *key)
{
	add(b, key, NULL);
}

void json_add_object(struct json_build *b, const char *key, json_object *v)
{
	if (!v)
		b->failed = true;
	else
		add(b, key, v);
}

void json_add_word(struct json_build *b, const char *key, const char *s)
{
	if (s)
		json_add_object(b, key, json_object_new_string(s));
	else
		json_add_null(b, key);
}

void json_add_text(struct json_build *b, const char *key, const char *s)
{
	_cleanup_free_ char *clean = NULL;

	if (s && *s && text_clean(s, JSON_TEXT_MAX, &clean) < 0)
		b->failed = true;
	else
		json_add_word(b, key, clean);
}

void json_add_bool(struct json_build *b, const char *key, bool v)
{
	json_add_object(b, key, json_object_new_boolean(v));
}

void json_add_tristate(struct json_build *b, const char *key, enum tristate v)
{
	if (v == TRI_UNKNOWN)
		json_add_null(b, key);
	else
		json_add_bool(b, key, v == TRI_YES);
}

void json_add_u64(struct json_build *b, const char *key, uint64_t v)
{
	json_add_object(b, key, json_object_new_uint64(v));
}

void json_add_seconds(struct json_build *b, const char *key, uint64_t ns)
{
	/* json-c keeps the format as userdata and never writes to it */
	static char format[] = "%.3f";
	json_object *v = json_object_new_double((double)ns / NSEC_PER_SEC);

	if (v)
		json_object_set_serializer(v, json_object_double_to_json_string, format, NULL);
	json_add_object(b, key, v);
}

void json_add_time(struct json_build *b, const char *key, uint64_t mono_ns)
{
	char buf[32];

	json_add_word(b, key, mono_ns ? format_wall(wall_of(mono_ns), buf) : NULL);
}

int json_push(json_object *array, json_object *v)
{
	if (!v)
		return -ENOMEM;
	if (json_object_array_add(array, v) < 0) {
		json_object_put(v);
		return -ENOMEM;
	}
	return 0;
}
