/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both sides of a migration, asked. */
#include <libvirt/virterror.h>
#include <stdatomic.h>
#include <stdio.h>

#include "job/sight.h"
#include "job/survey.h"
#include "virt/ask.h"

#define KEEPALIVE_INTERVAL 5
#define KEEPALIVE_COUNT	   3

/* One job a process: an event that comes late finds it still. */
static _Atomic int stopped = -1;

/* virDomainEventStoppedDetailType; virDomainShutoffReason is the same, one higher. */
static enum stop stop_of(int detail)
{
	switch (detail) {
	case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
	case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
	case VIR_DOMAIN_EVENT_STOPPED_SAVED:
	case VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT:
		return STOP_OWNER;
	case VIR_DOMAIN_EVENT_STOPPED_MIGRATED:
		return STOP_MIGRATED;
	case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
	case VIR_DOMAIN_EVENT_STOPPED_FAILED:
		return STOP_CRASHED;
	default:
		return STOP_UNKNOWN;
	}
}

static int on_lifecycle(virConnectPtr c _unused_, virDomainPtr d _unused_, int event, int detail, void *opaque _unused_)
{
	if (event == VIR_DOMAIN_EVENT_STOPPED)
		atomic_store(&stopped, detail);
	return 0;
}

void sight_listen(struct run *r)
{
	static virConnectPtr listened;

	/* a connection is used once only: a new one may not have the address of one that was closed */
	if (r->conn == listened ||
	    virConnectDomainEventRegisterAny(r->conn, r->dom, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
					     VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), NULL, NULL) < 0)
		return;
	virConnectRef(r->conn);
	listened = r->conn;
}

/* VIR_DOMAIN_PAUSED_API_ERROR, which is newer than the oldest libvirt that this is built with: it could not be resumed. */
#define PAUSED_API_ERROR 14

/* What migration pauses; what somebody else has paused is as good as running, and is not ours to resume. */
static bool paused_by_migration(int reason)
{
	switch (reason) {
	case VIR_DOMAIN_PAUSED_UNKNOWN:
	case VIR_DOMAIN_PAUSED_MIGRATION:
	case VIR_DOMAIN_PAUSED_STARTING_UP:
	case VIR_DOMAIN_PAUSED_POSTCOPY:
	case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
	case PAUSED_API_ERROR:
		return true;
	default:
		return false;
	}
}

static enum place place_of(int state, int reason, bool *ret_held)
{
	*ret_held = false;
	if (state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED)
		return PLACE_RUNNING;
	if (state == VIR_DOMAIN_SHUTOFF || state == VIR_DOMAIN_CRASHED)
		return PLACE_NONE;
	*ret_held = state == VIR_DOMAIN_PAUSED && !paused_by_migration(reason);
	return *ret_held ? PLACE_RUNNING : PLACE_PAUSED;
}

struct asked {
	char uri[TARGET_URI_MAX], uuid[DOMAIN_UUID_MAX];
	virDomainPtr dom; /* here */
	enum place place;
	bool moving, held;
	uint32_t downtime_ms;
};

static void read_downtime(virDomainPtr d, uint32_t *ret)
{
	virTypedParameterPtr p = NULL;
	unsigned long long ms = 0;
	int n = 0, type;

	if (virDomainGetJobStats(d, &type, &p, &n,
				 VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED) < 0)
		return;
	if (virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_DOWNTIME, &ms) == 1)
		*ret = (uint32_t)MIN(ms, (unsigned long long)UINT32_MAX);
	virTypedParamsFree(p, n);
}

static int ask_there(void *arg, char said[static CALL_SAID_MAX])
{
	_cleanup_domain_ virDomainPtr d = NULL;
	_cleanup_connect_ virConnectPtr c = NULL;
	struct asked *a = arg;
	int state, reason;

	c = virConnectOpen(a->uri);
	if (!c)
		return call_said(-ENOTCONN, said);
	(void)virConnectSetKeepAlive(c, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
	d = virDomainLookupByUUIDString(c, a->uuid);
	if (!d && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		a->place = PLACE_NONE;
	if (!d)
		return call_said(0, said);
	if (virDomainGetState(d, &state, &reason, 0) < 0)
		return call_said(-EIO, said);
	a->place = place_of(state, reason, &a->held);
	if (a->place == PLACE_RUNNING)
		read_downtime(d, &a->downtime_ms);
	return 0;
}

static int ask_moving(void *arg, char said[static CALL_SAID_MAX])
{
	struct asked *a = arg;
	virDomainJobInfo info;

	if (virDomainGetJobInfo(a->dom, &info) < 0)
		return call_said(-EIO, said);
	a->moving = info.type != VIR_DOMAIN_JOB_NONE;
	return 0;
}

/* NULL: no answer. */
static struct asked *ask(struct run *r, call_fn fn)
{
	struct asked *a = calloc(1, sizeof(*a));
	int x;

	if (!a)
		return NULL;
	snprintf(a->uri, sizeof(a->uri), "%s", r->state.target);
	memcpy(a->uuid, r->job->uuid, sizeof(a->uuid));
	a->dom = r->dom;
	x = run_call(r, fn, a, RUN_ASK_NS);
	if (x == 0)
		return a;
	if (x != -ETIMEDOUT)
		free(a);
	return NULL;
}

static void look_here(struct run *r, struct sight *s)
{
	_cleanup_free_ struct asked *a = NULL;
	int state, reason, x = run_open(r), detail = atomic_load(&stopped);

	s->stop = detail < 0 ? STOP_UNKNOWN : stop_of(detail);
	if (x == 0)
		x = run_find(r);
	if (x == 0)
		x = run_state(r, &state, &reason);
	if (x == -ENOENT)
		s->here = PLACE_NONE;
	if (x < 0)
		return;
	sight_listen(r);
	s->here = place_of(state, reason, &s->held);
	if (state == VIR_DOMAIN_SHUTOFF && s->stop == STOP_UNKNOWN)
		s->stop = stop_of(reason - 1);
	if (s->here == PLACE_NONE)
		return;
	a = ask(r, ask_moving);
	s->moving = a && a->moving;
	if (!a)
		s->here = PLACE_UNKNOWN;
}

void sight_take(struct run *r, struct sight *ret)
{
	_cleanup_free_ struct asked *there = NULL;
	struct sight s = {0};

	look_here(r, &s);
	s.process = run_process(r) == 0;
	/* while it moves, the target has nothing to say that counts */
	if (!s.moving)
		there = ask(r, ask_there);
	if (there)
		s.there = there->place;
	if (there && there->downtime_ms)
		r->state.downtime_ms = there->downtime_ms;
	*ret = s;
}
