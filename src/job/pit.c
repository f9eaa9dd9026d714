/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PIT's tickpolicy, in XML that stays as it is otherwise. */
#include "avicd/domfix.h"
#include "avicd/domxml.h"
#include "job/deed.h"
#include "job/pit.h"

int pit_read(const char *xml, enum pit *ret)
{
	_cleanup_domxml_ struct domxml_facts f;
	int x;

	domxml_init(&f);
	x = domxml_read(xml, strlen(xml), &f);
	if (x == 0)
		*ret = !f.pit ? PIT_NONE : streq(f.pit_policy, "discard") ? PIT_DISCARDS : PIT_KEEPS;
	return x;
}

int pit_change(const char *xml, char **ret)
{
	_cleanup_domfix_ struct domfix_edits e = {0};
	enum pit pit;
	size_t len;
	int x = pit_read(xml, &pit);

	if (x < 0)
		return x;
	if (pit != PIT_KEEPS)
		return -ENOENT;
	x = domfix_plan(xml, strlen(xml), BIT64(DOMFIX_PIT), &e);
	return x < 0 ? x : domfix_apply(xml, strlen(xml), &e, ret, &len);
}

int pit_of_image(struct run *r, const char *path, char **ret)
{
	_cleanup_deed_ struct deed *d = deed_new(r, path, NULL, 0);
	int x = deed_run(r, deed_image_xml, &d, RUN_ASK_NS);

	return x < 0 ? x : pit_change(d->text, ret);
}

int pit_of_vm(struct run *r, enum pit *ret)
{
	_cleanup_deed_ struct deed *d = NULL;
	int x = deed_ask(r, deed_xml, 0, &d);

	return x < 0 ? x : pit_read(d->text, ret);
}

int pit_define(struct run *r)
{
	/* with secrets, or the definition would lose them */
	const unsigned flags = VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE;
	_cleanup_deed_ struct deed *d = NULL, *define = NULL;
	_cleanup_free_ char *xml = NULL;
	int x = deed_ask(r, deed_xml, flags, &d);

	if (x == 0)
		x = pit_change(d->text, &xml);
	if (x < 0)
		return x == -ENOENT ? 0 : x;
	define = deed_new(r, NULL, xml, 0);
	return deed_run(r, deed_define, &define, RUN_ASK_NS);
}
