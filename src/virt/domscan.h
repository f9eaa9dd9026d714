/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the elements of a domain's XML stand in its text. The reader does not tell offsets, so the tags of a well-formed text are found here. */
#ifndef AVICD_VIRT_DOMSCAN_H
#define AVICD_VIRT_DOMSCAN_H

#include <stdbool.h>
#include <stddef.h>

#define DOMSCAN_MAX 1024 /* elements of interest: more are no domain that a person wrote */

struct domscan_element {
	const char *path;   /* static, "domain/clock/timer" */
	size_t start, open; /* "<timer ...>": its '<', and behind its '>' */
	size_t close, end;  /* "</timer>": the same; equal to @open where it is empty ("<timer/>") */
	bool empty;
};

struct domscan {
	const char *xml;
	size_t len, n;
	struct domscan_element list[DOMSCAN_MAX]; /* in the order of their beginnings */
};

/* domscan() - @xml must be well-formed and without DTD. -E2BIG; -EBADMSG where the tags do not fit together after all. */
int domscan(const char *xml, size_t len, struct domscan *ret);
/* domscan_find() - the first of @path behind @after, which may be NULL; NULL: none. */
const struct domscan_element *domscan_find(const struct domscan *s, const char *path,
					   const struct domscan_element *after);

/* The value of an attribute between its quotes. */
struct domscan_value {
	size_t at, len;
};
bool domscan_attribute(const struct domscan *s, const struct domscan_element *e, const char *name,
		       struct domscan_value *ret);
bool domscan_attribute_is(const struct domscan *s, const struct domscan_element *e, const char *name,
			  const char *value);

#endif
