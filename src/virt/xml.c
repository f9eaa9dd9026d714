/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicd reads out of a domain's XML. The XML is untrusted: no network, no entities, no DTD, a limit of size. */
#include <libxml/parser.h>

#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/xml.h"
#include "virt/xmlreader.h"

static void string_done(xmlChar **s)
{
	if (*s)
		xmlFree(*s);
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
	_cleanup_xmlreader_ xmlTextReaderPtr reader = NULL;
	bool inside = false;
	int r;

	r = xmlreader_open(xml, len, &reader);
	if (r < 0)
		return r;
	r = xmlreader_next(reader, false);
	while (r == 1) {
		int depth = xmlTextReaderDepth(reader);

		if (depth == 0 && is_element(reader, "domain"))
			inside = true;
		else if (inside && depth == 1 && is_element(reader, "on_reboot"))
			return element_is(reader, "destroy", ret);
		/* Only the children of the root are of interest: what is below them is skipped. */
		r = xmlreader_next(reader, depth > 0);
	}
	if (r < 0 || !inside)
		return -EBADMSG;
	*ret = false;
	return 0;
}
