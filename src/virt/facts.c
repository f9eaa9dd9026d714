/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling struct domain from libvirt. */
#include <libvirt/virterror.h>

#include "avicd/domxml.h"
#include "avicd/text.h"
#include "virt/facts.h"

static void domain_done(virDomainPtr *dom)
{
	if (*dom)
		virDomainFree(*dom);
}

void copy_clean(char *dst, size_t size, const char *s)
{
	_cleanup_free_ char *clean = NULL;

	dst[0] = '\0';
	if (s && text_clean(s, size - 1, &clean) == 0)
		memcpy(dst, clean, strlen(clean) + 1);
}

void error_sentence(char *dst, size_t size)
{
	const char *message = virGetLastErrorMessage();

	copy_clean(dst, size, message && *message ? message : "unknown error");
}

int facts_identity(virDomainPtr dom, struct domain *ret)
{
	struct domain d = {};

	if (virDomainGetUUIDString(dom, d.uuid) < 0)
		return -EINVAL;
	copy_clean(d.name, sizeof(d.name), virDomainGetName(dom));
	*ret = d;
	return 0;
}

/* Without its XML a domain is still a domain: the defaults are assumed then. */
static void fetch_wishes(virDomainPtr dom, struct domain *d)
{
	_cleanup_free_ char *xml = virDomainGetXMLDesc(dom, 0);
	_cleanup_domxml_ struct domxml_facts f = {0};

	if (!xml || domxml_read(xml, strlen(xml), &f) < 0)
		return;
	d->reboot_destroys = streq(f.on_reboot, "destroy");
	d->remedy = f.remedy;
	memcpy(d->remedies, f.remedies, sizeof(d->remedies));
}

/* Taken at once: freeing the domain makes libvirt forget its error. */
static int refused(char *why, size_t why_size)
{
	if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		return 0;
	error_sentence(why, why_size);
	return -EIO;
}

int facts_fetch(virConnectPtr conn, const char *uuid, struct domain *ret, char *why, size_t why_size)
{
	_cleanup_(domain_done) virDomainPtr dom = virDomainLookupByUUIDString(conn, uuid);
	struct domain d;
	int state;

	if (!dom || facts_identity(dom, &d) < 0 || virDomainGetState(dom, &state, NULL, 0) < 0)
		return refused(why, why_size);
	if (state == VIR_DOMAIN_SHUTOFF)
		return 0;
	d.active = true;
	d.running = state == VIR_DOMAIN_NOSTATE || state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED;
	d.persistent = virDomainIsPersistent(dom) == 1;
	fetch_wishes(dom, &d);
	*ret = d;
	return 1;
}
