/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attributes of one element of metadata. It is what somebody wrote into a domain: no network, no entities, no DTD. */
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/dompolicy_xml.h"

static void doc_done(xmlDocPtr *doc)
{
	xmlFreeDoc(*doc);
}

static void buffer_done(xmlBufferPtr *b)
{
	xmlBufferFree(*b);
}

static int parse(const char *xml, xmlDocPtr *ret)
{
	size_t len = strnlen(xml, DOMPOLICY_XML_MAX + 1);
	_cleanup_(doc_done) xmlDocPtr doc = NULL;

	if (len > DOMPOLICY_XML_MAX)
		return -EBADMSG;
	doc = xmlReadMemory(xml, (int)len, NULL, NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	if (!doc || xmlGetIntSubset(doc) || !xmlDocGetRootElement(doc))
		return -EBADMSG;
	*ret = TAKE_PTR(doc);
	return 0;
}

static int word(xmlNodePtr node, const char *name, char ret[static DOMXML_WORD_MAX])
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
	_cleanup_free_ char *clean = NULL;
	int r;

	ret[0] = '\0';
	if (!value)
		return 0;
	r = text_clean((const char *)value, DOMXML_WORD_MAX - 1, &clean);
	if (r == 0)
		memcpy(ret, clean, strlen(clean) + 1);
	xmlFree(value);
	return r;
}

int dompolicy_words(const char *xml, struct dompolicy_copy *copy)
{
	_cleanup_(doc_done) xmlDocPtr doc = NULL;
	int r = parse(xml, &doc);

	if (r == 0)
		r = word(xmlDocGetRootElement(doc), "mode", copy->mode);
	if (r == 0)
		r = word(xmlDocGetRootElement(doc), "remedy", copy->remedy);
	if (r == 0)
		r = word(xmlDocGetRootElement(doc), "remedies", copy->remedies);
	return r;
}

int dompolicy_edit(const char *xml, const struct dompolicy_change *change, char **ret)
{
	const char *mode = policy_mode_to_string(change->mode), *remedy = policy_remedy_to_string(change->remedy);
	const char *remedies = change->remedies && *change->remedies ? change->remedies : NULL;
	_cleanup_(buffer_done) xmlBufferPtr b = NULL;
	_cleanup_(doc_done) xmlDocPtr doc = NULL;
	xmlNodePtr root;
	int r = parse(xml ?: "<policy/>", &doc);

	if (r < 0)
		return r;
	root = xmlDocGetRootElement(doc);
	if ((mode && !xmlSetProp(root, (const xmlChar *)"mode", (const xmlChar *)mode)) ||
	    (remedy && !xmlSetProp(root, (const xmlChar *)"remedy", (const xmlChar *)remedy)) ||
	    (remedies && !xmlSetProp(root, (const xmlChar *)"remedies", (const xmlChar *)remedies)))
		return -ENOMEM;
	if (change->remedies && !remedies)
		(void)xmlUnsetProp(root, (const xmlChar *)"remedies");
	b = xmlBufferCreate();
	if (!b || xmlNodeDump(b, doc, root, 0, 0) < 0)
		return -ENOMEM;
	*ret = strdup((const char *)xmlBufferContent(b));
	return *ret ? 0 : -ENOMEM;
}
