/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XML of one domain, from libvirt, for those who ask once.
 *
 * libvirt has no deadline: a call to a daemon that hangs, or that runs a hook of this domain, waits as long as that
 * does. So a thread of its own asks, and is left behind when it takes too long.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "avicd/clock.h"
#include "avicd/domxml.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/uri.h"
#include "virt/worker.h"

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

/* What is asked, and the answer. */
struct errand {
	struct worker worker;
	char *uri, *domain;
	bool live;
	int r;
	char *xml, *why;
	unsigned long version;
};

/* What a hung thread still uses stays reachable, so that no leak checker takes it for forgotten. */
static struct errand *volatile left_behind;

static void errand_free(struct errand *e)
{
	free(e->uri);
	free(e->domain);
	free(e->xml);
	free(e->why);
	free(e);
}

static int ask(struct errand *e)
{
	_cleanup_(connect_done) virConnectPtr c = NULL;
	_cleanup_(domain_done) virDomainPtr d = NULL;

	if (virInitialize() < 0)
		return -ENOMEM;
	virSetErrorFunc(NULL, quiet);
	c = virConnectOpenReadOnly(e->uri);
	if (!c)
		return failed(-ENOTCONN, &e->why);
	d = virDomainLookupByName(c, e->domain);
	if (!d && uuid_is_valid(e->domain))
		d = virDomainLookupByUUIDString(c, e->domain);
	if (!d)
		return failed(-ENOENT, &e->why);
	/* of a domain that is off, the XML is that of the next start in any case */
	if (e->live && virDomainIsActive(d) != 1) {
		e->why = strdup("the domain is not running");
		return -EIO;
	}
	e->xml = virDomainGetXMLDesc(d, e->live ? 0 : VIR_DOMAIN_XML_INACTIVE);
	if (!e->xml)
		return failed(-EIO, &e->why);
	if (virConnectGetLibVersion(c, &e->version) < 0)
		e->version = 0;
	return 0;
}

static void errand_run(void *arg)
{
	struct errand *e = arg;

	e->r = ask(e);
}

int domxml_fetch(const char *uri, const char *domain, bool live, uint64_t timeout_ns, char **ret_xml,
		 unsigned long *ret_version, char **ret_why)
{
	const char *refusal = uri_refusal(uri);
	struct errand *e;
	int r;

	*ret_why = NULL;
	if (refusal) {
		*ret_why = strdup(refusal);
		return -EINVAL;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->live = live;
	e->uri = strdup(uri);
	e->domain = strdup(domain);
	r = e->uri && e->domain ? worker_start(&e->worker, "fetch", errand_run, e) : -ENOMEM;
	if (r == 0) {
		r = worker_wait(&e->worker, now_ns() + timeout_ns);
		if (r < 0) {
			left_behind = e;
			return r;
		}
		r = e->r;
		*ret_why = TAKE_PTR(e->why);
		if (r == 0) {
			*ret_version = e->version;
			*ret_xml = TAKE_PTR(e->xml);
		}
	}
	errand_free(e);
	return r;
}
