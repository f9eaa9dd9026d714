/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to libvirt and a domain, for those who ask once and then end. */
#include <libvirt/virterror.h>

#include "avicd/text.h"
#include "virt/ask.h"
#include "virt/uri.h"

void ask_connect_done(virConnectPtr *c)
{
	if (*c)
		virConnectClose(*c);
}

void ask_domain_done(virDomainPtr *d)
{
	if (*d)
		virDomainFree(*d);
}

/* libvirt would print its errors on stderr. */
static void quiet(void *data _unused_, virErrorPtr error _unused_)
{
}

int ask_failed(int r, char **ret_why)
{
	virErrorPtr e = virGetLastError();

	if (e && e->message)
		(void)text_clean(e->message, 512, ret_why);
	return r;
}

int ask_open(const char *uri, bool read_only, virConnectPtr *ret, char **ret_why)
{
	const char *refusal = uri_refusal(uri);
	virConnectPtr c;

	*ret_why = NULL;
	if (refusal) {
		*ret_why = strdup(refusal);
		return -EINVAL;
	}
	if (virInitialize() < 0)
		return ask_failed(-ENOTCONN, ret_why);
	virSetErrorFunc(NULL, quiet);
	c = read_only ? virConnectOpenReadOnly(uri) : virConnectOpen(uri);
	if (!c)
		return ask_failed(-ENOTCONN, ret_why);
	*ret = c;
	return 0;
}

int ask_domain(virConnectPtr c, const char *domain, virDomainPtr *ret, char **ret_why)
{
	virDomainPtr d = virDomainLookupByName(c, domain);

	if (!d && uuid_is_valid(domain))
		d = virDomainLookupByUUIDString(c, domain);
	if (!d)
		return ask_failed(-ENOENT, ret_why);
	*ret = d;
	return 0;
}
