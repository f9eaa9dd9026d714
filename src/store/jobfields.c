/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a struct as those of a JSON object, by a table. */
#include "avicd/text.h"
#include "store/jobfields.h"

bool field_line(const char *s, size_t size)
{
	size_t len = strlen(s);

	if (len >= size || !text_is_utf8(s, len))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static int read_chars(json_object *o, const struct field *f, void *at)
{
	const char *s = reader_string(o, f->key);

	if (!s || !field_line(s, f->size))
		return -EBADMSG;
	memcpy(at, s, strlen(s) + 1);
	return 0;
}

static int read_string(json_object *o, const struct field *f, void *at)
{
	json_object *v;
	const char *s;

	if (json_object_object_get_ex(o, f->key, &v) && !v)
		return 0;
	s = reader_string(o, f->key);
	if (!s || !field_line(s, f->size))
		return -EBADMSG;
	*(char **)at = strdup(s);
	return *(char **)at ? 0 : -ENOMEM;
}

static int read_u64(json_object *o, const struct field *f, void *at)
{
	return reader_u64(o, f->key, 0, INT64_MAX, at);
}

static int read_u32(json_object *o, const struct field *f, void *at)
{
	uint64_t n;
	int r = reader_u64(o, f->key, 0, UINT32_MAX, &n);

	if (r == 0)
		*(uint32_t *)at = (uint32_t)n;
	return r;
}

static int read_i64(json_object *o, const struct field *f, void *at)
{
	return reader_i64(o, f->key, at);
}

static int read_bool(json_object *o, const struct field *f, void *at)
{
	return reader_bool(o, f->key, at);
}

static int read_word(json_object *o, const struct field *f, void *at)
{
	const char *s = reader_string(o, f->key);

	for (unsigned i = 0; s && i < f->size; i++) {
		if (*s && streq(s, f->word(i))) {
			*(unsigned *)at = i;
			return 0;
		}
	}
	return -EBADMSG;
}

static json_object *write_clean(const char *s, size_t size)
{
	_cleanup_free_ char *clean = NULL;

	return text_clean(s, size - 1, &clean) < 0 ? NULL : json_object_new_string(clean);
}

static json_object *write_chars(const struct field *f, const void *at)
{
	return write_clean(at, f->size);
}

/* NULL is json-c's null, too */
static json_object *write_string(const struct field *f, const void *at)
{
	const char *s = *(char *const *)at;

	return s ? write_clean(s, f->size) : NULL;
}

static json_object *write_u64(const struct field *f _unused_, const void *at)
{
	return json_object_new_int64((int64_t)MIN(*(const uint64_t *)at, (uint64_t)INT64_MAX));
}

static json_object *write_u32(const struct field *f _unused_, const void *at)
{
	return json_object_new_int64(*(const uint32_t *)at);
}

static json_object *write_i64(const struct field *f _unused_, const void *at)
{
	return json_object_new_int64(*(const int64_t *)at);
}

static json_object *write_bool(const struct field *f _unused_, const void *at)
{
	return json_object_new_boolean(*(const bool *)at);
}

static json_object *write_word(const struct field *f, const void *at)
{
	return json_object_new_string(f->word(*(const unsigned *)at));
}

static const struct {
	int (*read)(json_object *o, const struct field *f, void *at);
	json_object *(*write)(const struct field *f, const void *at);
} types[] = {
	[FIELD_CHARS] = {read_chars, write_chars}, [FIELD_STRING] = {read_string, write_string},
	[FIELD_U64] = {read_u64, write_u64},	   [FIELD_U32] = {read_u32, write_u32},
	[FIELD_I64] = {read_i64, write_i64},	   [FIELD_BOOL] = {read_bool, write_bool},
	[FIELD_WORD] = {read_word, write_word},
};

int fields_read(json_object *o, const struct field *fields, void *base)
{
	if (!json_object_is_type(o, json_type_object))
		return -EBADMSG;
	for (const struct field *f = fields; f->key; f++) {
		int r = types[f->type].read(o, f, (char *)base + f->offset);

		if (r < 0)
			return r;
	}
	return 0;
}

json_object *fields_write(const struct field *fields, const void *base)
{
	_cleanup_json_ json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	for (const struct field *f = fields; f->key; f++) {
		const void *at = (const char *)base + f->offset;
		json_object *v = types[f->type].write(f, at);
		bool null = f->type == FIELD_STRING && !*(char *const *)at;

		if ((!v && !null) || json_object_object_add(o, f->key, v) < 0) {
			json_object_put(v);
			return NULL;
		}
	}
	return TAKE_PTR(o);
}
