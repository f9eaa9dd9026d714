/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a struct as those of a JSON object, by a table. Private to the room. */
#ifndef AVICD_STORE_JOBFIELDS_H
#define AVICD_STORE_JOBFIELDS_H

#include "store/reader.h"

enum field_type {
	FIELD_CHARS,  /* char[size]: one clean line */
	FIELD_STRING, /* char *: the same; NULL is null; @size its most */
	FIELD_U64,    /* up to INT64_MAX */
	FIELD_U32,
	FIELD_I64,
	FIELD_BOOL,
	FIELD_WORD, /* an enum of @size values, by @word */
};
struct field {
	const char *key;
	enum field_type type;
	size_t offset, size;
	const char *(*word)(unsigned value);
};

/* fields_read() - @o into @base by @fields, which end with one without key. Strings are taken over by @base even on failure. -EBADMSG; -ENOMEM. */
int fields_read(json_object *o, const struct field *fields, void *base);
/* fields_write() - a new object, which the caller puts; NULL without memory. Control characters and bad UTF-8 become '?'. */
json_object *fields_write(const struct field *fields, const void *base);
/* field_line() - is @s one line of clean text, shorter than @size? */
bool field_line(const char *s, size_t size);

#endif
