/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxml2's reader over untrusted XML: no network, no entities, no DTD, a limit of size. */
#include <libxml/parser.h>

#include "avicd/domxml.h"
#include "avicd/util.h"
#include "virt/xmlreader.h"

/* Keeps what libxml2 would print on stderr to itself. */
static void quiet(void *data _unused_, const char *msg _unused_, xmlParserSeverities severity _unused_,
		  xmlTextReaderLocatorPtr locator _unused_)
{
}

/* Errors of its encoders know no reader, and come here. */
static void quiet_generic(void *data _unused_, const char *msg _unused_, ...)
{
}

int xmlreader_open(const char *xml, size_t len, xmlTextReaderPtr *ret)
{
	xmlTextReaderPtr reader;

	if (len > DOMXML_MAX)
		return -EFBIG;
	xmlSetGenericErrorFunc(NULL, quiet_generic); /* of this thread */
	reader = xmlReaderForMemory(xml, (int)len, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!reader)
		return -ENOMEM;
	xmlTextReaderSetErrorHandler(reader, quiet, NULL);
	*ret = reader;
	return 0;
}

int xmlreader_next(xmlTextReaderPtr reader, bool skip)
{
	int r = skip ? xmlTextReaderNext(reader) : xmlTextReaderRead(reader);

	/* a DTD comes before the root: nothing of it is expanded yet */
	if (r < 0 || (r > 0 && xmlTextReaderNodeType(reader) == XML_READER_TYPE_DOCUMENT_TYPE))
		return -EBADMSG;
	return r;
}

void xmlreader_done(xmlTextReaderPtr *reader)
{
	if (*reader)
		xmlFreeTextReader(*reader);
}
