/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicd reads out of a domain's XML. The XML is untrusted: no network, no entities, no DTD, a limit of size. */
#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/xml.h"
#include "virt/xmlreader.h"

#define WORD_MAX 64 /* longer than any word of libvirt's, with some blanks */

struct reboot {
	bool inside, broken; /* in <on_reboot>; it has elements, or too much text, so that it is no word */
	struct text text;
	bool destroys;
};

/* libvirt's own elements have no name space, and those of others live below <metadata>. */
static int on_start(void *userdata, int depth, const char *uri, const char *name,
		    const char *const *attributes _unused_)
{
	struct reboot *b = userdata;

	if (depth == 0)
		return *uri || !streq(name, "domain") ? -EBADMSG : 0;
	if (b->inside)
		b->broken = true;
	else if (!*uri && streq(name, "on_reboot"))
		b->inside = true;
	else
		return XMLREADER_SKIP;
	return b->broken ? XMLREADER_SKIP : 0;
}

static int on_text(void *userdata, int depth _unused_, const char *s, size_t len)
{
	struct reboot *b = userdata;

	if (!b->inside)
		return 0;
	b->broken |= b->text.len + len > WORD_MAX;
	if (!b->broken)
		text_addn(&b->text, s, len);
	return b->text.error;
}

static int on_end(void *userdata, int depth _unused_)
{
	struct reboot *b = userdata;

	if (!b->inside)
		return 0;
	b->destroys = !b->broken && b->text.s && streq(strip(b->text.s), "destroy");
	return XMLREADER_ENOUGH;
}

int xml_reboot_destroys(const char *xml, size_t len, bool *ret)
{
	static const struct xmlreader_calls calls = {on_start, on_text, on_end};
	struct reboot b = {0};
	int r = xmlreader_walk(xml, len, &calls, &b);

	text_done(&b.text);
	if (r < 0)
		return r;
	*ret = b.destroys;
	return 0;
}
