/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that avicd wrote, read as if an enemy did. Private to the room. */
#ifndef AVICD_STORE_READER_H
#define AVICD_STORE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "avicd/jsonc.h"
#include "avicd/util.h"

/*
 * reader_parse() - an object. json-c builds its tree before anything can be checked, and "[{},{},..." makes a tree 300 times the size of the
 * text, so the text is weighed first: @objects (with lists), @commas and @depth are the most that the format itself can have. -EBADMSG; -ENOMEM.
 */
int reader_parse(const char *s, size_t len, size_t objects, size_t commas, int depth, json_object **ret);
/* reader_file() - the same of a file of @size bytes at most; -EBADMSG, too, for what is no regular file or too large; errors of reading. */
struct reader_limits {
	size_t size, objects, commas;
	int depth;
};
int reader_file(const char *path, const struct reader_limits *l, json_object **ret);
/* reader_string() - the string member @key, or NULL when it is missing, of another type, or holds a NUL. */
const char *reader_string(json_object *o, const char *key);
/* reader_u64(), reader_i64(), reader_bool(), reader_list() - -EBADMSG: missing, of another type, out of range. */
int reader_u64(json_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *ret);
int reader_i64(json_object *o, const char *key, int64_t *ret);
int reader_bool(json_object *o, const char *key, bool *ret);
int reader_list(json_object *o, const char *key, size_t max, json_object **ret);

#endif
