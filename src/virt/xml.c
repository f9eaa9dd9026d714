/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicd reads out of a domain's XML. The XML is untrusted: no network, no entities, no DTD, a limit of size. */
#include <libxml/parser.h>
#include <libxml/xmlreader.h>

#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/xml.h"

static void reader_done(xmlTextReaderPtr *reader)
{
	if (*reader)
		xmlFreeTextReader(*reader);
}

static void string_done(xmlChar **s)
{
	if (*s)
		xmlFree(*s);
}

/* Keeps what libxml2 would print on stderr to itself. */
static void quiet(void *data _unused_, const char *msg _unused_, xmlParserSeverities severity _unused_,
		  xmlTextReaderLocatorPtr locator _unused_)
{
}

void xml_init(void)
{
	xmlInitParser();
}

/*
 * Names are compared without a name space: libvirt's own elements have none, those of others live below <metadata>.
 */
static bool is_element(xmlTextReaderPtr reader, const char *name)
{
	return xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT &&
	       xmlStrEqual(xmlTextReaderConstName(reader), (const xmlChar *)name);
}

/*
 * The text of the element that the reader stands on. Its other nodes, references to entities among them, make it no
 * word of ours.
 */
static int element_is(xmlTextReaderPtr reader, const char *word, bool *ret)
{
	_cleanup_(string_done) xmlChar *text = NULL;

	*ret = false;
	if (xmlTextReaderIsEmptyElement(reader) == 1)
		return 0;
	if (xmlTextReaderRead(reader) != 1)
		return -EBADMSG;
	if (xmlTextReaderNodeType(reader) != XML_READER_TYPE_TEXT)
		return 0;
	text = xmlTextReaderValue(reader);
	if (!text)
		return -ENOMEM;
	*ret = streq(strip((char *)text), word);
	return 0;
}

int xml_reboot_destroys(const char *xml, size_t len, bool *ret)
{
	_cleanup_(reader_done) xmlTextReaderPtr reader = NULL;
	bool inside = false;
	int r;

	if (len > DOMAIN_XML_MAX)
		return -EFBIG;
	reader = xmlReaderForMemory(xml, (int)len, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!reader)
		return -ENOMEM;
	xmlTextReaderSetErrorHandler(reader, quiet, NULL);

	r = xmlTextReaderRead(reader);
	while (r == 1) {
		int depth = xmlTextReaderDepth(reader);

		if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_DOCUMENT_TYPE)
			return -EBADMSG;
		if (depth == 0 && is_element(reader, "domain"))
			inside = true;
		else if (inside && depth == 1 && is_element(reader, "on_reboot"))
			return element_is(reader, "destroy", ret);
		/* Only the children of the root are of interest: what is below them is skipped. */
		r = depth == 0 ? xmlTextReaderRead(reader) : xmlTextReaderNext(reader);
	}
	if (r < 0 || !inside)
		return -EBADMSG;
	*ret = false;
	return 0;
}
