/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that avicd wrote, read as if an enemy did. */
#include <sys/stat.h>

#include "avicd/file.h"
#include "store/reader.h"

/* Could this text, by the number of its parts, be what is expected? */
static bool text_is_plausible(const char *s, size_t len, size_t max_objects, size_t max_commas)
{
	size_t objects = 0, commas = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\0')
			return false;
		if (s[i] == '"')
			quoted = !quoted;
		else if (quoted && s[i] == '\\')
			i++;
		else if (!quoted && (s[i] == '{' || s[i] == '['))
			objects++;
		else if (!quoted && s[i] == ',')
			commas++;
	}
	return objects <= max_objects && commas <= max_commas;
}

int reader_parse(const char *s, size_t len, size_t objects, size_t commas, int depth, json_object **ret)
{
	_cleanup_tokener_ json_tokener *tok = NULL;
	_cleanup_json_ json_object *o = NULL;

	if (!text_is_plausible(s, len, objects, commas))
		return -EBADMSG;
	tok = json_tokener_new_ex(depth);
	if (!tok)
		return -ENOMEM;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* with the NUL at its end, so that a number or word cut there is an error and not "continue" */
	o = json_tokener_parse_ex(tok, s, (int)len + 1);
	if (!o || json_tokener_get_error(tok) != json_tokener_success || !json_object_is_type(o, json_type_object))
		return -EBADMSG;
	*ret = TAKE_PTR(o);
	return 0;
}

int reader_file(const char *path, const struct reader_limits *l, json_object **ret)
{
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len;
	int r;

	if (stat(path, &st) < 0)
		return -errno;
	/* a FIFO would make us wait for ever */
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	r = file_read(path, l->size, &text, &len);
	if (r < 0)
		return r == -EFBIG ? -EBADMSG : r;
	return reader_parse(text, len, l->objects, l->commas, l->depth, ret);
}

const char *reader_string(json_object *o, const char *key)
{
	json_object *v;
	const char *s;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	return strlen(s) == (size_t)json_object_get_string_len(v) ? s : NULL;
}

int reader_u64(json_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *ret)
{
	json_object *v;
	uint64_t n;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
		return -EBADMSG;
	/* negative numbers come out as 0 here and as themselves there; what does not fit comes out as the highest */
	n = json_object_get_uint64(v);
	if (json_object_get_int64(v) < 0 || n < min || n > max)
		return -EBADMSG;
	*ret = n;
	return 0;
}

int reader_i64(json_object *o, const char *key, int64_t *ret)
{
	json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int) ||
	    (json_object_get_int64(v) >= 0 && json_object_get_uint64(v) > INT64_MAX))
		return -EBADMSG;
	*ret = json_object_get_int64(v);
	return 0;
}

int reader_bool(json_object *o, const char *key, bool *ret)
{
	json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_boolean))
		return -EBADMSG;
	*ret = json_object_get_boolean(v);
	return 0;
}

int reader_list(json_object *o, const char *key, size_t max, json_object **ret)
{
	json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_array) ||
	    json_object_array_length(v) > max)
		return -EBADMSG;
	*ret = v;
	return 0;
}
