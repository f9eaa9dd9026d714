/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's callbacks and a connection's own thread share, under one lock. */
#include "avicd/log.h"
#include "virt/facts.h"
#include "virt/inbox.h"
#include "virt/lifecycle.h"
#include "virt/worker.h"

int inbox_init(struct inbox *in, const char *uri, struct queue *queue)
{
	int r;

	*in = (struct inbox){.uri = uri, .queue = queue};
	r = cond_init(&in->cond);
	if (r < 0)
		return r;
	pthread_mutex_init(&in->lock, NULL);
	return 0;
}

void inbox_done(struct inbox *in)
{
	notes_clear(&in->notes);
	pthread_mutex_destroy(&in->lock);
	pthread_cond_destroy(&in->cond);
}

void inbox_post(struct inbox *in, enum virt_kind kind, const struct domain *d, const char *detail)
{
	struct virt_message m = {.kind = kind};

	copy_clean(m.uri, sizeof(m.uri), in->uri);
	if (d) {
		m.domain = *d;
		memcpy(m.domain.uri, m.uri, sizeof(m.uri));
	}
	if (detail)
		copy_clean(m.detail, sizeof(m.detail), detail);
	if (queue_post(in->queue, &m) < 0)
		in->lost = true;
}

void inbox_say_down(struct inbox *in, const char *why)
{
	if (in->down) {
		log_debug("libvirt %s: %s", in->uri, why);
		return;
	}
	in->down = true;
	inbox_post(in, VIRT_DOWN, NULL, why);
}

/* Locked. */
static void leave_note(struct inbox *in, const char *uuid)
{
	/* Too many to remember: all are listed again. */
	if (notes_add(&in->notes, uuid) < 0)
		in->relist = true;
	pthread_cond_signal(&in->cond);
}

/* Locked. An answer about @uuid that is on its way would be older than this event. */
static void outdate(struct inbox *in, const char *uuid)
{
	if (streq(in->looking_at, uuid))
		in->stale = true;
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)
{
	struct inbox *in = opaque;
	struct domain d;

	if (facts_identity(dom, &d) < 0)
		return 0;
	pthread_mutex_lock(&in->lock);
	if (in->conn == conn) {
		outdate(in, d.uuid);
		switch (lifecycle_of(event, detail)) {
		case LIFECYCLE_STOPPED:
			inbox_post(in, VIRT_STOPPED, &d, stopped_word(detail));
			break;
		case LIFECYCLE_UNDEFINED:
			inbox_post(in, VIRT_UNDEFINED, &d, NULL);
			leave_note(in, d.uuid);
			break;
		case LIFECYCLE_LOOK:
			leave_note(in, d.uuid);
			break;
		case LIFECYCLE_IGNORE:
			break;
		}
	}
	pthread_mutex_unlock(&in->lock);
	return 0;
}

static void on_reboot(virConnectPtr conn, virDomainPtr dom, void *opaque)
{
	struct inbox *in = opaque;
	struct domain d;

	if (facts_identity(dom, &d) < 0)
		return;
	pthread_mutex_lock(&in->lock);
	if (in->conn == conn) {
		d.active = true;
		inbox_post(in, VIRT_REBOOT, &d, NULL);
	}
	pthread_mutex_unlock(&in->lock);
}

/* Its owner has changed what he asks of AVIC, or another program something of its own. */
static void on_metadata(virConnectPtr conn, virDomainPtr dom, int type _unused_, const char *uri _unused_, void *opaque)
{
	struct inbox *in = opaque;
	struct domain d;

	if (facts_identity(dom, &d) < 0)
		return;
	pthread_mutex_lock(&in->lock);
	if (in->conn == conn) {
		outdate(in, d.uuid);
		leave_note(in, d.uuid);
	}
	pthread_mutex_unlock(&in->lock);
}

static void on_close(virConnectPtr conn, int reason, void *opaque)
{
	struct inbox *in = opaque;

	pthread_mutex_lock(&in->lock);
	/* It may be closed before the thread has got as far as to name it. */
	if (!in->closed && (in->conn == conn || in->opening)) {
		in->closed = true;
		copy_clean(in->why, sizeof(in->why), close_sentence(reason));
		pthread_cond_signal(&in->cond);
	}
	pthread_mutex_unlock(&in->lock);
}

int inbox_listen(struct inbox *in, virConnectPtr conn, struct inbox_ids *ret, char *why, size_t why_size)
{
	struct inbox_ids ids;

	if (virConnectRegisterCloseCallback(conn, on_close, in, NULL) < 0) {
		error_sentence(why, why_size);
		return -EIO;
	}
	ids.lifecycle = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
							 VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), in, NULL);
	if (ids.lifecycle < 0) {
		error_sentence(why, why_size);
		virConnectUnregisterCloseCallback(conn, on_close);
		return -EIO;
	}
	/* Not every driver has it, and it is not missed: resets are seen by tracepoint as well. */
	ids.reboot = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_REBOOT,
						      VIR_DOMAIN_EVENT_CALLBACK(on_reboot), in, NULL);
	/* Nor this one; a domain is looked at again with each resync. */
	ids.metadata = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
							VIR_DOMAIN_EVENT_CALLBACK(on_metadata), in, NULL);
	*ret = ids;
	return 0;
}

void inbox_unlisten(virConnectPtr conn, const struct inbox_ids *ids)
{
	virConnectDomainEventDeregisterAny(conn, ids->lifecycle);
	if (ids->reboot >= 0)
		virConnectDomainEventDeregisterAny(conn, ids->reboot);
	if (ids->metadata >= 0)
		virConnectDomainEventDeregisterAny(conn, ids->metadata);
	virConnectUnregisterCloseCallback(conn, on_close);
}
