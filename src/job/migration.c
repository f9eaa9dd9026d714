/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The migration itself. */
#include <libvirt/virterror.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "job/migration.h"
#include "job/sight.h"
#include "job/survey.h"
#include "job/verify.h"

/* So long both sides are asked before a person has to: libvirtd may just be started again. */
#define CLEAR_NS (90 * NSEC_PER_SEC)
/* An abort that has no effect by then has none. */
#define ABORT_NS (300 * NSEC_PER_SEC)

/* On the heap: a libvirt that never answers keeps it. */
struct drive {
	virDomainPtr dom;
	char uri[TARGET_URI_MAX], migrate[TARGET_URI_MAX];
	unsigned int flags, bandwidth;
	int error; /* VIR_ERR_* */
};

struct progress {
	bool stopping;	    /* abort was asked for, */
	bool late;	    /* because of the deadline */
	struct sight sight; /* the last one */
};

static int drive(void *arg, char said[static CALL_SAID_MAX])
{
	virTypedParameterPtr p = NULL;
	struct drive *d = arg;
	int n = 0, max = 0, r = 0;

	if (*d->migrate)
		r = virTypedParamsAddString(&p, &n, &max, VIR_MIGRATE_PARAM_URI, d->migrate);
	if (r == 0 && d->bandwidth)
		r = virTypedParamsAddULLong(&p, &n, &max, VIR_MIGRATE_PARAM_BANDWIDTH, d->bandwidth);
	if (r == 0)
		r = virDomainMigrateToURI3(d->dom, d->uri, p, (unsigned int)n, d->flags);
	if (r < 0) {
		d->error = virGetLastErrorCode();
		r = call_said(-EIO, said);
	}
	virTypedParamsFree(p, n);
	return r;
}

static void read_stats(struct run *r)
{
	virTypedParameterPtr p = NULL;
	unsigned long long v;
	int n = 0, type;

	if (virDomainGetJobStats(r->dom, &type, &p, &n, 0) < 0)
		return;
	if (virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_MEMORY_PROCESSED, &v) == 1)
		r->state.done_kib = v >> 10;
	if (virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_MEMORY_TOTAL, &v) == 1)
		r->state.total_kib = v >> 10;
	if (virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_MEMORY_BPS, &v) == 1)
		r->state.rate_kib = v >> 10;
	virTypedParamsFree(p, n);
}

/* Once a second while it moves. What the guest writes is sent again, so that more may be done than there is. */
static void tick(struct run *r, void *arg)
{
	struct progress *p = arg;

	if (!r->dom)
		return;
	read_stats(r);
	(void)run_save(r);
	if (!p->stopping && (r->cancelled || now_ns() >= r->deadline)) {
		p->stopping = true;
		p->late = !r->cancelled;
		run_log(r, LOG_NOTICE, "The migration is being aborted: %s",
			p->late ? "the deadline has passed" : "cancelled");
	}
	/* asked again until it ends: before its first data, and in its last moment, libvirt has nothing to abort */
	if (p->stopping)
		(void)virDomainAbortJob(r->dom);
}

static enum where find_out(struct run *r, struct progress *p)
{
	uint64_t until = now_ns() + CLEAR_NS,
		 give_up = r->deadline == TIME_NEVER ? TIME_NEVER : MAX(r->deadline, now_ns()) + ABORT_NS;
	enum where last = WHERE_UNSURE, w;
	bool woken = false;
	struct sight s;

	for (;;) {
		sight_take(r, &s);
		p->sight = s;
		w = where_decide(&s, now_ns() >= (s.moving ? give_up : until));
		if (w == WHERE_MOVING) {
			tick(r, p);
			until = now_ns() + CLEAR_NS;
		} else if (w == WHERE_PAUSED_HERE && w == last && !woken) {
			/* libvirt itself resumes it after a failure, and says so when it cannot; the target has none */
			run_log(r, LOG_WARNING, "The VM is paused after the migration failed, and is resumed");
			woken = virDomainResume(r->dom) == 0;
			w = WHERE_UNSURE;
		} else if (w != WHERE_UNSURE && w == last && (w != WHERE_PAUSED_HERE || now_ns() >= until)) {
			return w;
		} else if (w == WHERE_LOST) {
			return w;
		}
		last = w;
		/* a cancel may not make this spin */
		run_pause(r, NSEC_PER_SEC);
	}
}

static int end_here(struct run *r, const struct progress *p)
{
	const char *how =
		p->sight.held ? "is where it was, paused meanwhile by its owner or for a fault" : "runs where it did";

	if (p->stopping && !p->late)
		return run_end(r, RESULT_CANCELLED, "Cancelled: the VM %s", how);
	if (p->late)
		return run_end(
			r, RESULT_FAILED,
			"The deadline passed, and the migration was aborted; the VM %s: raise migrate_deadline= or "
			"migrate_bandwidth=, or set auto_converge=yes",
			how);
	return run_end(r, RESULT_FAILED, "The migration to %s failed, and the VM %s: %s", r->state.target, how,
		       *r->said ? r->said : "libvirt does not say why, see its log");
}

static int end_there(struct run *r, const struct progress *p)
{
	r->state.departed = true;
	if (r->state.total_kib)
		r->state.done_kib = r->state.total_kib;
	r->state.rate_kib = 0;
	if (p->stopping)
		run_log(r, LOG_NOTICE, "The migration came to its end before it could be aborted: the VM runs on %s",
			r->state.target);
	/* asked to cancel what is done already: how it is there is still worth knowing */
	r->cancelled = false;
	return verify_there(r);
}

static int end_by(struct run *r, enum where w, const struct progress *p)
{
	static const char *const places[] = {
		[PLACE_UNKNOWN] = "does not answer",
		[PLACE_NONE] = "does not run it",
		[PLACE_RUNNING] = "runs it",
		[PLACE_PAUSED] = "has it paused",
	};
	char said[CALL_SAID_MAX];

	snprintf(said, sizeof(said), "%s", r->said);
	switch (w) {
	case WHERE_HERE:
		return end_here(r, p);
	case WHERE_THERE:
		return end_there(r, p);
	case WHERE_ENDED:
		return run_end(r, RESULT_GONE, "Its owner ended the VM meanwhile");
	case WHERE_PAUSED_HERE:
		return run_end(r, RESULT_ALARM,
			       "The migration failed and the VM is paused here; %s knows none: virsh resume %s",
			       r->state.target, r->job->uuid);
	default:
		return run_end(r, RESULT_ALARM,
			       "Where the VM runs is not clear: libvirt here %s, its process %s; that of %s %s: look "
			       "on both hosts, virsh domstate %s%s%s",
			       places[p->sight.here], p->sight.process ? "is there" : "has ended", r->state.target,
			       places[p->sight.there], r->job->uuid, *said ? "; libvirt said: " : "", said);
	}
}

/* What libvirt found before it began: nothing was touched. */
static bool is_refusal(int error)
{
	static const int refusals[] = {VIR_ERR_MIGRATE_UNSAFE,	   VIR_ERR_OPERATION_UNSUPPORTED,
				       VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_NO_SUPPORT,
				       VIR_ERR_INVALID_ARG,	   VIR_ERR_ARGUMENT_UNSUPPORTED};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (error == refusals[i])
			return true;
	return false;
}

static unsigned int flags_of(const struct run *r, bool persistent)
{
	unsigned int flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_ABORT_ON_ERROR;

	/* what is defined there is defined here no more; a domain without definition stays one */
	if (persistent)
		flags |= VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE;
	if (r->job->auto_converge)
		flags |= VIR_MIGRATE_AUTO_CONVERGE;
	if (r->job->tls)
		flags |= VIR_MIGRATE_TLS;
	return flags;
}

int migration_run(struct run *r, const char *migrate, bool persistent)
{
	struct drive *d = calloc(1, sizeof(*d));
	struct progress p = {0};
	char said[CALL_SAID_MAX] = "";
	struct call *c;
	enum where w;
	bool behind;
	int x;

	if (!d)
		return -ENOMEM;
	d->dom = r->dom;
	d->flags = flags_of(r, persistent);
	d->bandwidth = r->job->bandwidth;
	snprintf(d->uri, sizeof(d->uri), "%s", r->state.target);
	snprintf(d->migrate, sizeof(d->migrate), "%s", migrate);
	sight_listen(r);
	x = call_start(drive, d, &c);
	if (x < 0) {
		free(d);
		return x;
	}
	(void)run_wait(r, &c, 1, r->deadline == TIME_NEVER ? TIME_NEVER : r->deadline + ABORT_NS, tick, &p);
	x = call_end(c, said);
	behind = x == -ETIMEDOUT;
	if (behind) {
		/* its thread has the domain and the connection now */
		r->dom = NULL;
		r->conn = NULL;
		snprintf(said, sizeof(said), "libvirt gave no answer");
	}
	w = find_out(r, &p);
	snprintf(r->said, sizeof(r->said), "%s", said);
	if (w == WHERE_HERE && x < 0 && !behind && is_refusal(d->error))
		x = run_end(r, RESULT_REFUSED, "libvirt refuses to migrate it: %s", said);
	else
		x = end_by(r, w, &p);
	if (!behind)
		free(d);
	return x;
}

int migration_resume(struct run *r)
{
	struct progress p = {0};
	enum where w;

	run_log(r, LOG_NOTICE, "Started again while the migration to %s was under way: looking for it",
		r->state.target);
	w = find_out(r, &p);
	snprintf(r->said, sizeof(r->said), "avicd-job was ended meanwhile, and did not learn why");
	return end_by(r, w, &p);
}
