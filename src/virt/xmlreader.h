/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Untrusted XML, element by element: the one place that says how a domain's XML is parsed.
 *
 * By expat, because the hook parses one at each start of a VM: libxml2 loads ICU and the C++ library with it, and that
 * takes three times as long as everything that the hook does.
 */
#ifndef AVICD_VIRT_XMLREADER_H
#define AVICD_VIRT_XMLREADER_H

#include <stdbool.h>
#include <stddef.h>

/* What the walk calls; each may be NULL. @depth: of the root 0. A negative errno ends it, XMLREADER_ENOUGH as well. */
struct xmlreader_calls {
	/* start() - @uri: its name space, "" for none. @attributes: for xmlreader_attribute(). XMLREADER_SKIP: neither what is below it, nor its end. */
	int (*start)(void *userdata, int depth, const char *uri, const char *name, const char *const *attributes);
	/* text() - some of it: @s is not terminated, and the rest follows. */
	int (*text)(void *userdata, int depth, const char *s, size_t len);
	int (*end)(void *userdata, int depth);
};
enum { XMLREADER_SKIP = 1, XMLREADER_ENOUGH };
#define XMLREADER_DEPTH_MAX 256

/*
 * xmlreader_walk() - no network, no entities. What comes behind XMLREADER_ENOUGH is not looked at. -EFBIG: larger than
 * DOMXML_MAX; -EBADMSG: not well-formed, deeper than XMLREADER_DEPTH_MAX, or with a DTD; -ENOMEM; what a call returned.
 */
int xmlreader_walk(const char *xml, size_t len, const struct xmlreader_calls *calls, void *userdata);
/* xmlreader_attribute() - of no name space; NULL: it is not there. Valid as long as the call lasts. */
const char *xmlreader_attribute(const char *const *attributes, const char *name);

#endif
