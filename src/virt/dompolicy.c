/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy in the metadata of a domain.
 *
 * DOC: Theory of Operation
 *
 * A libvirtd that hangs answers nobody, and its socket knows no keepalive: so a thread asks, and who wants to know waits for the thread no
 * longer than agreed. A thread that was given up is left behind with its job, which is why the job is never on a stack.
 */
#include <libvirt/virterror.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "virt/ask.h"
#include "virt/dompolicy_xml.h"
#include "virt/facts.h"
#include "virt/worker.h"

struct job {
	struct worker worker;
	char *uri, *domain;
	bool set;
	struct dompolicy_change change;
	struct dompolicy result;
	char *why;
	int r;
};

/* So that no leak checker takes it for forgotten. */
static struct job *volatile left_behind;

static void job_free(struct job *j)
{
	free(j->uri);
	free(j->domain);
	free(j->why);
	free(j);
}

/* One copy of the element, and its text; *@ret_xml stays NULL where there is none. */
static int read_copy(virDomainPtr d, unsigned flag, struct dompolicy_copy *copy, char **ret_xml, char **why)
{
	int r;

	if (!copy->there)
		return 0;
	*ret_xml = virDomainGetMetadata(d, VIR_DOMAIN_METADATA_ELEMENT, DOMXML_POLICY_NS, flag);
	if (!*ret_xml)
		return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_METADATA ? 0 : ask_failed(-EIO, why);
	copy->element = true;
	r = dompolicy_words(*ret_xml, copy);
	if (r == -EBADMSG)
		*why = strdup("its element avic:policy cannot be read");
	return r;
}

static int read_both(virDomainPtr d, struct dompolicy *p, char **live, char **config, char **why)
{
	struct domain id;
	int active = virDomainIsActive(d), persistent = virDomainIsPersistent(d), n, r;

	*p = (struct dompolicy){0};
	if (active < 0 || persistent < 0)
		return ask_failed(-EIO, why);
	if (facts_identity(d, &id) < 0)
		return -EIO;
	snprintf(p->name, sizeof(p->name), "%s", id.name);
	snprintf(p->uuid, sizeof(p->uuid), "%s", id.uuid);
	n = virDomainGetMaxVcpus(d);
	p->vcpus = n > 0 ? (uint32_t)n : 0;
	p->live.there = active;
	p->config.there = persistent;
	r = read_copy(d, VIR_DOMAIN_AFFECT_LIVE, &p->live, live, why);
	return r < 0 ? r : read_copy(d, VIR_DOMAIN_AFFECT_CONFIG, &p->config, config, why);
}

static int write_copy(virDomainPtr d, const char *xml, unsigned flags, char **why)
{
	if (virDomainSetMetadata(d, VIR_DOMAIN_METADATA_ELEMENT, xml, xml ? DOMPOLICY_KEY : NULL, DOMXML_POLICY_NS,
				 flags) < 0)
		return ask_failed(-EIO, why);
	return 0;
}

static int edit(const struct job *j, const struct dompolicy_copy *copy, const char *old, char **ret)
{
	return j->change.unset || !copy->there ? 0 : dompolicy_edit(old, &j->change, ret);
}

/* One call where both become the same, so that both are changed or none is; else the next start first. */
static int change(struct job *j, virDomainPtr d, const char *live, const char *config)
{
	const struct dompolicy *p = &j->result;
	_cleanup_free_ char *new_live = NULL, *new_config = NULL;
	/* libvirt takes an element away that is not there, but a domain that is not touched cannot fail */
	bool to_live = p->live.there && (!j->change.unset || p->live.element);
	bool to_config = p->config.there && (!j->change.unset || p->config.element);
	int r = edit(j, &p->live, live, &new_live);

	if (r == 0)
		r = edit(j, &p->config, config, &new_config);
	if (r < 0)
		return r;
	if (to_live && to_config && (j->change.unset || streq(new_live, new_config)))
		return write_copy(d, new_live, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, &j->why);
	if (to_config)
		r = write_copy(d, new_config, VIR_DOMAIN_AFFECT_CONFIG, &j->why);
	if (r == 0 && to_live) {
		r = write_copy(d, new_live, VIR_DOMAIN_AFFECT_LIVE, &j->why);
		if (r < 0 && to_config) {
			char *why = NULL;

			if (asprintf(&why, "changed for the next start, but not for the running VM: %s",
				     j->why ?: "libvirt refused") >= 0) {
				free(j->why);
				j->why = why;
			}
		}
	}
	return r;
}

static int read_twice(struct job *j, virDomainPtr d)
{
	_cleanup_free_ char *live = NULL, *config = NULL;
	int r = read_both(d, &j->result, &live, &config, &j->why);

	if (r == 0 && j->set) {
		_cleanup_free_ char *live_now = NULL, *config_now = NULL;

		r = change(j, d, live, config);
		if (r == 0)
			r = read_both(d, &j->result, &live_now, &config_now, &j->why);
	}
	return r;
}

static void run(void *arg)
{
	_cleanup_connect_ virConnectPtr c = NULL;
	_cleanup_domain_ virDomainPtr d = NULL;
	struct job *j = arg;

	j->r = ask_open(j->uri, !j->set, &c, &j->why);
	if (j->r == 0)
		j->r = ask_domain(c, j->domain, &d, &j->why);
	if (j->r == 0)
		j->r = read_twice(j, d);
}

static int ask(const char *uri, const char *domain, const struct dompolicy_change *change, uint64_t timeout_ns,
	       struct dompolicy *ret, char **ret_why)
{
	struct job *j = calloc(1, sizeof(*j));
	int r = -ENOMEM;

	*ret_why = NULL;
	if (!j)
		return r;
	j->uri = strdup(uri);
	j->domain = strdup(domain);
	j->set = change != NULL;
	if (change)
		j->change = *change;
	if (j->uri && j->domain)
		r = worker_start(&j->worker, "libvirt", run, j);
	if (r < 0) {
		job_free(j);
		return r;
	}
	r = worker_wait(&j->worker, now_ns() + timeout_ns);
	if (r < 0) {
		left_behind = j;
		return r;
	}
	r = j->r;
	if (r < 0)
		*ret_why = TAKE_PTR(j->why);
	else
		*ret = j->result;
	job_free(j);
	return r;
}

int dompolicy_get(const char *uri, const char *domain, uint64_t timeout_ns, struct dompolicy *ret, char **ret_why)
{
	return ask(uri, domain, NULL, timeout_ns, ret, ret_why);
}

int dompolicy_set(const char *uri, const char *domain, const struct dompolicy_change *change, uint64_t timeout_ns,
		  struct dompolicy *ret, char **ret_why)
{
	return ask(uri, domain, change, timeout_ns, ret, ret_why);
}
