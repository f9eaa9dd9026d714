/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expat over untrusted XML: no network, no entities, no DTD, a limit of size and of depth. */
#include <expat.h>

#include "avicd/domxml.h"
#include "avicd/util.h"
#include "virt/xmlreader.h"

#define DEPTH_MAX XMLREADER_DEPTH_MAX
/* Between name space and name; neither can have it, but of old versions of expat the name space. */
#define SEPARATOR '\n'

struct walk {
	XML_Parser parser;
	const struct xmlreader_calls *calls;
	void *userdata;
	int depth; /* open elements */
	int skip;  /* from this depth on nobody is interested; 0: not */
	int r;	   /* of a call that ended the walk */
};

static void parser_done(XML_Parser *parser)
{
	if (*parser)
		XML_ParserFree(*parser);
}

/* expat calls a little more after a stop, until it has left the tag: that is nobody's any more. */
static void stop(struct walk *w, int r)
{
	if (w->r)
		return;
	w->r = r;
	XML_StopParser(w->parser, XML_FALSE);
}

static void XMLCALL on_start(void *userdata, const XML_Char *full, const XML_Char **attributes)
{
	struct walk *w = userdata;
	const char *separator = strrchr(full, SEPARATOR), *name = separator ? separator + 1 : full;
	_cleanup_free_ char *uri = NULL;
	int depth = w->depth++, r = 0;

	if (w->r)
		return;
	if (depth >= DEPTH_MAX) {
		stop(w, -EBADMSG);
		return;
	}
	if (w->skip || !w->calls->start)
		return;
	if (separator) {
		uri = strndup(full, (size_t)(separator - full));
		if (!uri) {
			stop(w, -ENOMEM);
			return;
		}
	}
	r = w->calls->start(w->userdata, depth, uri ?: "", name, (const char *const *)attributes);
	if (r == XMLREADER_SKIP)
		w->skip = w->depth;
	else if (r)
		stop(w, r);
}

static void XMLCALL on_end(void *userdata, const XML_Char *full _unused_)
{
	struct walk *w = userdata;
	int depth = --w->depth, r;

	if (w->r)
		return;
	if (w->skip) {
		if (w->skip == depth + 1)
			w->skip = 0;
		return;
	}
	r = w->calls->end ? w->calls->end(w->userdata, depth) : 0;
	if (r)
		stop(w, r);
}

static void XMLCALL on_text(void *userdata, const XML_Char *s, int len)
{
	struct walk *w = userdata;
	int r;

	if (w->r || w->skip || !w->calls->text)
		return;
	r = w->calls->text(w->userdata, w->depth - 1, s, (size_t)len);
	if (r)
		stop(w, r);
}

/* It comes before the root, and nothing of it has been expanded yet. */
static void XMLCALL on_doctype(void *userdata, const XML_Char *name _unused_, const XML_Char *system _unused_,
			       const XML_Char *public _unused_, int has_internal_subset _unused_)
{
	stop(userdata, -EBADMSG);
}

int xmlreader_walk(const char *xml, size_t len, const struct xmlreader_calls *calls, void *userdata)
{
	_cleanup_(parser_done) XML_Parser parser = NULL;
	struct walk w = {.calls = calls, .userdata = userdata};

	if (len > DOMXML_MAX)
		return -EFBIG;
	parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!parser)
		return -ENOMEM;
	w.parser = parser;
	XML_SetUserData(parser, &w);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	if (XML_Parse(parser, xml, (int)len, XML_TRUE) == XML_STATUS_OK || w.r)
		return MIN(w.r, 0);
	return XML_GetErrorCode(parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : -EBADMSG;
}

const char *xmlreader_attribute(const char *const *attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (streq(attributes[0], name))
			return attributes[1];
	return NULL;
}
