/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XML of one domain, from libvirt, for those who ask once. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "avicd/domxml.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/uri.h"

static void connect_done(virConnectPtr *c)
{
	if (*c)
		virConnectClose(*c);
}

static void domain_done(virDomainPtr *d)
{
	if (*d)
		virDomainFree(*d);
}

/* libvirt would print its errors on stderr. */
static void quiet(void *data _unused_, virErrorPtr error _unused_)
{
}

static int failed(int r, char **ret_why)
{
	virErrorPtr e = virGetLastError();

	if (e && e->message)
		(void)text_clean(e->message, 512, ret_why);
	return r;
}

int domxml_fetch(const char *uri, const char *domain, bool live, char **ret_xml, unsigned long *ret_version,
		 char **ret_why)
{
	_cleanup_(connect_done) virConnectPtr c = NULL;
	_cleanup_(domain_done) virDomainPtr d = NULL;
	const char *refusal = uri_refusal(uri);
	unsigned long version = 0;
	char *xml;

	*ret_why = NULL;
	if (refusal) {
		*ret_why = strdup(refusal);
		return -EINVAL;
	}
	if (virInitialize() < 0)
		return -ENOMEM;
	virSetErrorFunc(NULL, quiet);
	c = virConnectOpenReadOnly(uri);
	if (!c)
		return failed(-ENOTCONN, ret_why);
	d = virDomainLookupByName(c, domain);
	if (!d && uuid_is_valid(domain))
		d = virDomainLookupByUUIDString(c, domain);
	if (!d)
		return failed(-ENOENT, ret_why);
	/* of a domain that is off, the XML is that of the next start in any case */
	if (live && virDomainIsActive(d) != 1) {
		*ret_why = strdup("the domain is not running");
		return -EIO;
	}
	xml = virDomainGetXMLDesc(d, live ? 0 : VIR_DOMAIN_XML_INACTIVE);
	if (!xml)
		return failed(-EIO, ret_why);
	if (virConnectGetLibVersion(c, &version) < 0)
		version = 0;
	*ret_version = version;
	*ret_xml = xml;
	return 0;
}
