/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of a catalogue's file share. */
#ifndef AVICD_FIX_READING_H
#define AVICD_FIX_READING_H

#include <json-c/json.h>

#include "avicd/catalogue.h"

/* One file while it is read. */
struct reading {
	const char *file, *text;
	catalogue_problem_fn problem;
	void *userdata;
	int error;
};

/*
 * reading_tell() - a problem at @key of the file, NULL: with all of it. READING_BAD(): one that makes the entry
 * unusable.
 */
void reading_tell(struct reading *r, const char *key, const char *format, ...) _printf_(3, 4);
#define READING_BAD(r, key, ...)                       \
	do {                                           \
		reading_tell((r), (key), __VA_ARGS__); \
		(r)->error = -EINVAL;                  \
	} while (0)
#define READING_COMMIT "12 to 40 digits 0-9 a-f"
bool reading_is_commit(const char *s);
/* reading_plain() - the string @v; "" for anything else and for one with a NUL inside. */
const char *reading_plain(json_object *v);
/* reading_unknown() - tells of each key of @o that is not among the @n_known. */
void reading_unknown(struct reading *r, json_object *o, const char *const *known, size_t n_known);
/* reading_kernels() - the object "kernels" of the file @o into @a. */
void reading_kernels(struct reading *r, json_object *o, struct advisory *a);

#endif
