/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls of libvirt, each with what it needs. */
#include "job/deed.h"

struct deed *deed_free(struct deed *d)
{
	if (!d)
		return NULL;
	if (d->dom)
		virDomainFree(d->dom);
	if (d->conn)
		virConnectClose(d->conn);
	free(d->path);
	free(d->xml);
	free(d->text);
	free(d);
	return NULL;
}

static bool copied(char **ret, const char *s)
{
	*ret = s ? strdup(s) : NULL;
	return *ret || !s;
}

struct deed *deed_new(const struct run *r, const char *path, const char *xml, unsigned flags)
{
	struct deed *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->flags = flags;
	if (!copied(&d->path, path) || !copied(&d->xml, xml))
		return deed_free(d);
	if (r->conn && virConnectRef(r->conn) == 0)
		d->conn = r->conn;
	if (r->dom && virDomainRef(r->dom) == 0)
		d->dom = r->dom;
	return d;
}

int deed_run(struct run *r, call_fn fn, struct deed **d, uint64_t limit_ns)
{
	int x;

	if (!*d)
		return -ENOMEM;
	x = run_call(r, fn, *d, limit_ns);
	if (x == -ETIMEDOUT)
		*d = NULL;
	return x;
}

int deed_ask(struct run *r, call_fn fn, unsigned flags, struct deed **ret)
{
	_cleanup_deed_ struct deed *d = deed_new(r, NULL, NULL, flags);
	int x = deed_run(r, fn, &d, RUN_ASK_NS);

	if (x == 0)
		*ret = TAKE_PTR(d);
	return x;
}

int deed_do(struct run *r, call_fn fn, unsigned flags)
{
	_cleanup_deed_ struct deed *d = NULL;

	return deed_ask(r, fn, flags, &d);
}

/* 0, or -EIO and what libvirt said. */
static int done(bool well, char said[static CALL_SAID_MAX])
{
	return well ? 0 : call_said(-EIO, said);
}

int deed_save(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	return done(virDomainSaveFlags(d->dom, d->path, NULL, d->flags) == 0, said);
}

int deed_abort(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	return done(virDomainAbortJob(d->dom) == 0, said);
}

int deed_resume(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	return done(virDomainResume(d->dom) == 0, said);
}

int deed_create(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	return done(virDomainCreate(d->dom) == 0, said);
}

int deed_on_reboot(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	return done(virDomainSetLifecycleAction(d->dom, VIR_DOMAIN_LIFECYCLE_REBOOT, d->flags,
						VIR_DOMAIN_AFFECT_LIVE) == 0,
		    said);
}

int deed_xml(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	d->text = virDomainGetXMLDesc(d->dom, d->flags);
	return done(d->text, said);
}

int deed_persistent(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;
	int x = virDomainIsPersistent(d->dom);

	d->yes = x == 1;
	return done(x >= 0, said);
}

int deed_busy(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;
	virDomainJobInfo info = {.type = VIR_DOMAIN_JOB_NONE};
	int x = virDomainGetJobInfo(d->dom, &info);

	d->yes = x == 0 && info.type != VIR_DOMAIN_JOB_NONE;
	return done(x == 0, said);
}

int deed_memory(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	d->result = virDomainGetMaxMemory(d->dom);
	return done(d->result > 0, said);
}

int deed_restore(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	return done(virDomainRestoreFlags(d->conn, d->path, d->xml, d->flags) == 0, said);
}

int deed_image_xml(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;

	d->text = virDomainSaveImageGetXMLDesc(d->conn, d->path, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
	return done(d->text, said);
}

int deed_define(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;
	virDomainPtr dom = virDomainDefineXML(d->conn, d->xml);
	int x = done(dom, said);

	if (dom)
		virDomainFree(dom);
	return x;
}
