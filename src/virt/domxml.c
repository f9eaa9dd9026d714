/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a domain's XML that decide about AVIC. Knows nothing of libvirt, so that the hook can use it. */
#include <string.h>

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
	struct domxml_facts *f;
	char path[PATH_SIZE];  /* names from the root on, joined by '/'; those of other name spaces never get here */
	size_t len[DEPTH_MAX]; /* of the path of each depth */
	struct text text;      /* of the element that the path names */
};

/* The name as a step of the path: "@qemu:" and "@avic:" stand for name spaces. false: of no interest, nor what is below it. */
static bool enter(struct place *p, int depth, const char *uri, const char *name)
{
	static const struct {
		const char *uri, *prefix;
	} spaces[] = {{"", ""}, {DOMXML_QEMU_NS, "@qemu:"}, {DOMXML_POLICY_NS, "@avic:"}};
	size_t start = depth > 0 ? p->len[depth - 1] : 0, n = strlen(name), prefix;
	char *to;

	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		if (!streq(uri, spaces[i].uri))
			continue;
		prefix = strlen(spaces[i].prefix);
		if (start + 1 + prefix + n >= sizeof(p->path))
			break;
		to = p->path + start;
		if (depth > 0)
			*to++ = '/';
		to = mempcpy(to, spaces[i].prefix, prefix);
		to = mempcpy(to, name, n + 1);
		p->len[depth] = (size_t)(to - p->path) - 1;
		return true;
	}
	p->path[start] = '\0';
	return false;
}

static int on_start(void *userdata, int depth, const char *uri, const char *name, const char *const *attributes)
{
	struct place *p = userdata;

	if (depth >= DEPTH_MAX || !enter(p, depth, uri, name))
		return depth == 0 ? -EBADMSG : XMLREADER_SKIP;
	if (depth == 0 && !streq(p->path, "domain"))
		return -EBADMSG;
	text_done(&p->text);
	p->text = (struct text){0};
	return domxml_element(p->f, p->path, attributes);
}

static int on_text(void *userdata, int depth _unused_, const char *s, size_t len)
{
	struct place *p = userdata;

	if (p->text.len < TEXT_MAX)
		text_addn(&p->text, s, MIN(len, (size_t)TEXT_MAX));
	return p->text.error;
}

static int on_end(void *userdata, int depth)
{
	struct place *p = userdata;
	int r;

	p->path[p->len[depth]] = '\0';
	r = domxml_text(p->f, p->path, p->text.s ?: "");
	text_done(&p->text);
	p->text = (struct text){0};
	return r;
}

int domxml_read(const char *xml, size_t len, struct domxml_facts *ret)
{
	static const struct xmlreader_calls calls = {on_start, on_text, on_end};
	_cleanup_domxml_ struct domxml_facts f;
	struct place p = {.f = &f};
	int r;

	domxml_init(&f);
	r = xmlreader_walk(xml, len, &calls, &p);
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
