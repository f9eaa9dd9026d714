/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local libvirt, the domain of the job, and its process. */
#include <libvirt/virterror.h>
#include <stdio.h>

#include "avicd/proc.h"
#include "job/run.h"
#include "virt/uri.h"

/* As avicd's own connections: a libvirtd that hangs is given up after 20 s. */
#define KEEPALIVE_INTERVAL 5
#define KEEPALIVE_COUNT	   3

/* On the heap, as a call that is left behind goes on using it. */
struct asked {
	char uri[sizeof(((struct job *)NULL)->uri)];
	char uuid[DOMAIN_UUID_MAX];
	virConnectPtr conn;
	virDomainPtr dom;
	int state, reason;
};

static int open_there(void *arg, char said[static CALL_SAID_MAX])
{
	struct asked *a = arg;

	a->conn = virConnectOpen(a->uri);
	if (!a->conn)
		return call_said(-ENOTCONN, said);
	/* drivers that live in this process have none */
	(void)virConnectSetKeepAlive(a->conn, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
	return 0;
}

static int look_up(void *arg, char said[static CALL_SAID_MAX])
{
	struct asked *a = arg;

	a->dom = virDomainLookupByUUIDString(a->conn, a->uuid);
	if (a->dom)
		return 0;
	return call_said(virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? -ENOENT : -EIO, said);
}

static int ask_state(void *arg, char said[static CALL_SAID_MAX])
{
	struct asked *a = arg;

	if (virDomainGetState(a->dom, &a->state, &a->reason, 0) == 0)
		return 0;
	return call_said(virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? -ENOENT : -EIO, said);
}

/* *ret is to be freed unless the call was left behind. */
static int ask(struct run *r, call_fn fn, struct asked **ret)
{
	struct asked *a = calloc(1, sizeof(*a));
	int x;

	if (!a)
		return -ENOMEM;
	snprintf(a->uri, sizeof(a->uri), "%s", r->job->uri);
	memcpy(a->uuid, r->job->uuid, sizeof(a->uuid));
	a->conn = r->conn;
	a->dom = r->dom;
	x = run_call(r, fn, a, RUN_ASK_NS);
	*ret = x == -ETIMEDOUT ? NULL : a;
	return x;
}

/* What was opened before libvirtd was started again is of no use. */
static void drop(struct run *r)
{
	if (r->dom)
		virDomainFree(r->dom);
	if (r->conn)
		virConnectClose(r->conn);
	r->dom = NULL;
	r->conn = NULL;
}

int run_open(struct run *r)
{
	_cleanup_free_ struct asked *a = NULL;
	const char *refusal = uri_refusal(r->job->uri);
	int x;

	if (refusal) {
		snprintf(r->said, sizeof(r->said), "%s", refusal);
		return -EINVAL;
	}
	if (r->conn && virConnectIsAlive(r->conn) == 1)
		return 0;
	drop(r);
	x = ask(r, open_there, &a);
	if (x == 0)
		r->conn = a->conn;
	return x;
}

int run_find(struct run *r)
{
	_cleanup_free_ struct asked *a = NULL;
	int x;

	if (r->dom)
		virDomainFree(r->dom);
	r->dom = NULL;
	x = ask(r, look_up, &a);
	if (x == 0)
		r->dom = a->dom;
	return x;
}

int run_state(struct run *r, int *ret_state, int *ret_reason)
{
	_cleanup_free_ struct asked *a = NULL;
	int x = ask(r, ask_state, &a);

	if (x < 0)
		return x;
	*ret_state = a->state;
	*ret_reason = a->reason;
	return 0;
}

int run_process(const struct run *r)
{
	struct vm_id id = {.tgid = r->job->vm.tgid};
	struct domain d;

	if (proc_start(id.tgid, &id.start) < 0 || !vm_id_equal(&id, &r->job->vm))
		return -ESRCH;
	/* another domain in the same process cannot be, but the job file could be wrong */
	if (proc_domain(id.tgid, &d) < 0 || !streq(d.uuid, r->job->uuid))
		return -ESRCH;
	return 0;
}
