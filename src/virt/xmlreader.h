/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxml2's reader over untrusted XML: the one place that says how it is parsed. */
#ifndef AVICD_VIRT_XMLREADER_H
#define AVICD_VIRT_XMLREADER_H

#include <libxml/xmlreader.h>
#include <stdbool.h>
#include <stddef.h>

/* xmlreader_open() - no network, no entities, nothing on stderr. -EFBIG: larger than DOMXML_MAX; -ENOMEM. The caller frees it. */
int xmlreader_open(const char *xml, size_t len, xmlTextReaderPtr *ret);
/*
 * xmlreader_next() - to the next node, or, with @skip, to the next one that is not below this one. 1: there is one, 0: the end;
 * -EBADMSG: not well-formed, or a DTD.
 */
int xmlreader_next(xmlTextReaderPtr reader, bool skip);
void xmlreader_done(xmlTextReaderPtr *reader);
#define _cleanup_xmlreader_ _cleanup_(xmlreader_done)

#endif
