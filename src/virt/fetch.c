/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XML of one domain, from libvirt, for those who ask once.
 *
 * libvirt has no deadline: a call to a daemon that hangs, or that runs a hook of this domain, waits as long as that
 * does. So a thread of its own asks, and is left behind when it takes too long.
 */
#include <libvirt/libvirt.h>

#include "avicd/clock.h"
#include "avicd/domxml.h"
#include "avicd/util.h"
#include "virt/ask.h"
#include "virt/worker.h"

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
	_cleanup_connect_ virConnectPtr c = NULL;
	_cleanup_domain_ virDomainPtr d = NULL;
	int r = ask_open(e->uri, true, &c, &e->why);

	if (r == 0)
		r = ask_domain(c, e->domain, &d, &e->why);
	if (r < 0)
		return r;
	/* of a domain that is off, the XML is that of the next start in any case */
	if (e->live && virDomainIsActive(d) != 1) {
		e->why = strdup("the domain is not running");
		return -EIO;
	}
	e->xml = virDomainGetXMLDesc(d, e->live ? 0 : VIR_DOMAIN_XML_INACTIVE);
	if (!e->xml)
		return ask_failed(-EIO, &e->why);
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
	struct errand *e;
	int r;

	*ret_why = NULL;
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
