/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a domain's XML that decide about AVIC. Knows nothing of libvirt, so that the hook can use it. */
#include <stdio.h>

#include "avicd/domxml.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/domxml-private.h"
#include "virt/xmlreader.h"

#define DEPTH_MAX 6 /* nothing of interest lies deeper */
#define PATH_SIZE 128
#define TEXT_MAX  1024 /* of <name> and other text: more than any of them may have */

static const char *const blocker_str[] = {
	[BLOCKER_HOSTDEV] = "a host device",
	[BLOCKER_SHMEM] = "shared memory that is not its own (shmem)",
	[BLOCKER_VIRTIOFS] = "virtiofs, unless all versions are new enough",
	[BLOCKER_DISK] = "a transient disk",
	[BLOCKER_INVTSC] = "invtsc without <timer name='tsc' frequency='...'/>",
};

const char *domxml_blocker_to_string(enum domxml_blocker b)
{
	return blocker_str[b];
}

void domxml_init(struct domxml_facts *f)
{
	*f = (struct domxml_facts){
		.intremap = TRI_UNKNOWN,
		.eim = TRI_UNKNOWN,
		.xtsup = TRI_UNKNOWN,
		.synic = TRI_UNKNOWN,
		.stimer = TRI_UNKNOWN,
		.hyperv_avic = TRI_UNKNOWN,
	};
}

void domxml_done(struct domxml_facts *f)
{
	free(f->qemu_args);
	f->qemu_args = NULL;
}

/* Where the reader stands. */
struct place {
	char path[PATH_SIZE];  /* names from the root on, joined by '/'; those of other name spaces never get here */
	size_t len[DEPTH_MAX]; /* of the path of each depth */
	struct text text;      /* of the element that the path names */
};

static const char *namespace_of(xmlTextReaderPtr reader)
{
	const xmlChar *uri = xmlTextReaderConstNamespaceUri(reader);

	return uri ? (const char *)uri : "";
}

/* The name as a step of the path: "@qemu:" and "@avic:" stand for name spaces. false: of no interest, nor what is below it. */
static bool enter(struct place *p, xmlTextReaderPtr reader, int depth)
{
	static const struct {
		const char *uri, *prefix;
	} spaces[] = {{"", ""}, {DOMXML_QEMU_NS, "@qemu:"}, {DOMXML_POLICY_NS, "@avic:"}};
	const char *name = (const char *)xmlTextReaderConstLocalName(reader), *uri = namespace_of(reader);
	size_t start = depth > 0 ? p->len[depth - 1] : 0;
	int n;

	for (size_t i = 0; name && i < ARRAY_SIZE(spaces); i++) {
		if (!streq(uri, spaces[i].uri))
			continue;
		n = snprintf(p->path + start, sizeof(p->path) - start, "%s%s%s", depth > 0 ? "/" : "", spaces[i].prefix,
			     name);
		if (n < 0 || (size_t)n >= sizeof(p->path) - start)
			break;
		p->len[depth] = start + n;
		return true;
	}
	p->path[start] = '\0';
	return false;
}

static int collect(struct place *p, xmlTextReaderPtr reader)
{
	const char *value = (const char *)xmlTextReaderConstValue(reader);

	if (value && p->text.len < TEXT_MAX)
		text_addn(&p->text, value, strnlen(value, TEXT_MAX));
	return p->text.error;
}

/* One node. 1: go on behind it, without what is below it. */
static int node(struct place *p, xmlTextReaderPtr reader, struct domxml_facts *f)
{
	int depth = xmlTextReaderDepth(reader), r;

	switch (xmlTextReaderNodeType(reader)) {
	case XML_READER_TYPE_ELEMENT:
		if (depth >= DEPTH_MAX || !enter(p, reader, depth))
			return depth == 0 ? -EBADMSG : 1;
		if (depth == 0 && !streq(p->path, "domain"))
			return -EBADMSG;
		text_done(&p->text);
		p->text = (struct text){0};
		r = domxml_element(f, p->path, reader);
		/* an empty element has no end of its own */
		if (r == 0 && xmlTextReaderIsEmptyElement(reader) == 1)
			r = domxml_text(f, p->path, "");
		return r;
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
	case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
		return collect(p, reader);
	case XML_READER_TYPE_END_ELEMENT:
		if (depth >= DEPTH_MAX)
			return 0;
		p->path[p->len[depth]] = '\0';
		r = domxml_text(f, p->path, p->text.s ?: "");
		text_done(&p->text);
		p->text = (struct text){0};
		return r;
	default:
		return 0;
	}
}

int domxml_read(const char *xml, size_t len, struct domxml_facts *ret)
{
	_cleanup_xmlreader_ xmlTextReaderPtr reader = NULL;
	_cleanup_domxml_ struct domxml_facts f;
	struct place p = {0};
	bool skip = false;
	int r;

	domxml_init(&f);
	r = xmlreader_open(xml, len, &reader);
	if (r < 0)
		return r;
	while ((r = xmlreader_next(reader, skip)) > 0) {
		r = node(&p, reader, &f);
		if (r < 0)
			break;
		skip = r > 0;
	}
	text_done(&p.text);
	if (r < 0)
		return r;
	if (streq(f.feature[FEATURE_INVTSC], "require") && !f.tsc_frequency)
		f.blockers |= BIT64(BLOCKER_INVTSC);
	if (f.pinned > 0)
		f.blockers |= BIT64(BLOCKER_HOSTDEV);
	*ret = f;
	f.qemu_args = NULL;
	return 0;
}
