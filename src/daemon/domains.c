/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The domain index: what libvirt says of domains, and which VM each of them is.
 *
 * DOC: Theory of Operation
 *
 * libvirt has no call that gives the process of a domain, so a VM says itself which domain it is: by -uuid on its command line
 * (proc.h). That is a claim, which anybody who may run a VM can make; it becomes a fact, `managed`, when libvirt knows an
 * active domain of that UUID. Of two processes with one UUID the first has it; the second is watched without, until the first has ended.
 *
 * Messages name domains; VIRT_SYNCED says that all were named since the last VIRT_UP or listing, so each entry has a mark `seen`, which
 * is taken away at VIRT_SYNCED. While a connection is down its domains stay as they were: nothing that runs changed by that.
 */
#include <stdio.h>
#include <sys/epoll.h>

#include "avicd/log.h"
#include "daemon/actions.h"
#include "daemon/configuration.h"
#include "daemon/finder.h"
#include "daemon/index.h"
#include "daemon/manager.h"

static struct uri_state *uri_find(struct domains *d, const char *uri)
{
	for (size_t i = 0; i < d->n_uris; i++)
		if (streq(d->uris[i].uri, uri))
			return &d->uris[i];
	return NULL;
}

/* The VM that has this UUID for the tracker and the bus. */
static struct watched *holder_of(struct manager *m, const char *uuid)
{
	const struct vm *vm = tracker_find_uuid(&m->tracker, uuid);

	return vm ? vms_find(m, vm->id.tgid) : NULL;
}

/* Tell the tracker what holds now for the VM @w. */
static void apply(struct manager *m, struct watched *w)
{
	const struct indexed *x = index_best(&m->domains.index, w->claim.uuid);
	struct domain d = w->claim;

	d.active = d.running = true;
	if (x) {
		d = x->domain;
		w->ending = NULL;
	}
	tracker_domain(&m->tracker, w->id.tgid, &d, x, manager_now(m));
	bus_changed(m, w);
	files_state_soon(m);
}

void domains_introduce(struct manager *m, struct watched *w)
{
	const struct watched *holder = holder_of(m, w->claim.uuid);

	if (!w->claim.uuid[0] && !w->claim.name[0])
		return;
	if (holder && holder != w) {
		struct domain nameless = { .active = true, .running = true };

		log_notice("Process %d claims the UUID %s, as process %d does; it is watched as a VM without a domain",
			   (int)w->id.tgid, w->claim.uuid, (int)holder->id.tgid);
		tracker_domain(&m->tracker, w->id.tgid, &nameless, false, manager_now(m));
		return;
	}
	apply(m, w);
}

void domains_released(struct manager *m, const struct domain *claim)
{
	if (!claim->uuid[0] || holder_of(m, claim->uuid))
		return;
	HASH_FOREACH(&m->vms.by_tgid, slot) {
		struct watched *w = slot->value;

		if (w->introduced && streq(w->claim.uuid, claim->uuid) && tracker_find(&m->tracker, w->id.tgid)) {
			apply(m, w);
			return;
		}
	}
}

bool domains_will_tell(struct manager *m, const struct vm *vm)
{
	const struct uri_state *u = vm->managed ? uri_find(&m->domains, vm->domain.uri) : NULL;

	return u && u->connected;
}

/* The VM, if it is there already, follows what the index says now. */
static void follow(struct manager *m, const char *uuid)
{
	struct watched *w = holder_of(m, uuid);

	if (w)
		apply(m, w);
}

static void on_up(struct manager *m, struct uri_state *u, const struct virt_message *msg)
{
	u->connected = true;
	u->why[0] = '\0';
	actions_host(m, EVENT_LIBVIRT_UP, u->uri);
	/* what happened meanwhile, libvirt cannot tell; the kernel can */
	snapshots_want_all(m);
}

static void on_down(struct manager *m, struct uri_state *u, const struct virt_message *msg)
{
	char detail[sizeof(u->uri) + sizeof(msg->detail) + 2];
	bool news = u->connected || !u->told;

	u->connected = false;
	u->told = true;
	snprintf(u->why, sizeof(u->why), "%s", msg->detail);
	snprintf(detail, sizeof(detail), "%s: %s", u->uri, msg->detail);
	if (news)
		actions_host(m, EVENT_LIBVIRT_DOWN, detail);
}

static void on_domain(struct manager *m, struct uri_state *u, const struct virt_message *msg)
{
	struct domain d = msg->domain;

	snprintf(d.uri, sizeof(d.uri), "%s", u->uri);
	if (index_put(&m->domains.index, &d) < 0)
		log_error("No memory for domain %s", d.name);
	follow(m, d.uuid);
}

/* The words of virt.h, as the sentence of vm-gone continues. */
static const struct {
	const char *word, *why;
} endings[] = {
	{ "shutdown", "domain shut down" },      { "destroyed", "domain destroyed" },
	{ "crashed", "domain crashed" },         { "migrated", "domain migrated to another host" },
	{ "saved", "domain saved" },             { "failed", "domain failed" },
	{ "from-snapshot", "domain reverted to a snapshot" },
};

static void on_stopped(struct manager *m, struct uri_state *u, const struct virt_message *msg)
{
	const struct indexed *x = index_get(&m->domains.index, msg->domain.uuid, u->uri);
	/* libvirt tells a guest reboot that ends the process as a power-off */
	bool may_be_reboot = x && x->domain.reboot_destroys && streq(msg->detail, "shutdown");
	struct watched *w = holder_of(m, msg->domain.uuid);
	const char *why = NULL;

	index_remove(&m->domains.index, msg->domain.uuid, u->uri);
	for (size_t i = 0; i < ARRAY_SIZE(endings) && !why; i++)
		if (streq(endings[i].word, msg->detail))
			why = endings[i].why;
	if (may_be_reboot)
		why = "domain shut down, or its guest rebooted (on_reboot=destroy)";
	/* Its process has ended already, or does about now; if it does not, VIRT_SYNCED finds that out. */
	if (!farewells_explain(m, msg->domain.uuid, why) && w)
		w->ending = why;
}

static void on_undefined(struct manager *m, struct uri_state *u, const struct virt_message *msg)
{
	struct indexed *x = index_get(&m->domains.index, msg->domain.uuid, u->uri);

	if (x)
		x->domain.persistent = false;
	follow(m, msg->domain.uuid);
}

static void on_reboot(struct manager *m, struct uri_state *u, const struct virt_message *msg)
{
	const struct watched *w = holder_of(m, msg->domain.uuid);

	/* what the tracepoint counted must be known first: the message only confirms it then */
	if (w)
		entries_read(m, w->id.tgid);
	tracker_reboot(&m->tracker, msg->domain.uuid, manager_now(m));
}

static void on_synced(struct manager *m, struct uri_state *u, const struct virt_message *msg)
{
	_cleanup_tgids_ struct tgids orphans = {};

	index_sweep(&m->domains.index, u->uri);
	HASH_FOREACH(&m->tracker.vms, slot) {
		const struct vm *vm = slot->value;

		if (vm->managed && streq(vm->domain.uri, u->uri) && !index_get(&m->domains.index, vm->domain.uuid, u->uri))
			tgids_add(&orphans, vm->id.tgid);
	}
	for (size_t i = 0; i < orphans.n; i++) {
		struct watched *w = vms_find(m, orphans.v[i]);

		if (w)
			apply(m, w);
	}
	finder_run(m);
}

static void (*const handlers[])(struct manager *m, struct uri_state *u, const struct virt_message *msg) = {
	[VIRT_UP] = on_up,           [VIRT_DOWN] = on_down,           [VIRT_SYNCED] = on_synced, [VIRT_DOMAIN] = on_domain,
	[VIRT_STOPPED] = on_stopped, [VIRT_UNDEFINED] = on_undefined, [VIRT_REBOOT] = on_reboot,
};

static int on_messages(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;
	struct virt_message msg;

	/* not all at once: 65,536 may wait, and the watchdog, too */
	for (int i = 0; i < 256 && virt_next(m->domains.virt, &msg) > 0; i++) {
		struct uri_state *u = uri_find(&m->domains, msg.uri);

		if (u && (size_t)msg.kind < ARRAY_SIZE(handlers))
			handlers[msg.kind](m, u, &msg);
		bus_changed(m, NULL);
	}
	return 0;
}

static int start(struct manager *m)
{
	struct domains *d = &m->domains;
	_cleanup_(strv_p) char **uris = NULL;
	size_t n = 0;
	int r;

	r = configuration_uris(&m->settings, &uris);
	if (r < 0)
		return r;
	while (uris[n])
		n++;
	d->uris = calloc(n + 1, sizeof(*d->uris));
	d->report = calloc(n + 1, sizeof(*d->report));
	r = d->uris && d->report ? virt_start((const char *const *)uris, &d->virt) : -ENOMEM;
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (!uri_find(d, uris[i]))
			snprintf(d->uris[d->n_uris++].uri, sizeof(d->uris->uri), "%s", uris[i]);
	return r < 0 ? r : sd_event_add_io(m->event, &d->io, virt_fd(d->virt), EPOLLIN, on_messages, m);
}

void domains_start(struct manager *m)
{
	int r = start(m);

	if (r < 0)
		log_errno(LOG_ERR, r, "Cannot start the threads for libvirt; VMs are watched without it");
}

void domains_stop(struct manager *m, uint64_t timeout_ns)
{
	struct domains *d = &m->domains;

	event_source_drop(&d->io);
	d->virt = virt_stop(d->virt, timeout_ns);
	free_p(&d->uris);
	free_p(&d->report);
	d->uris = NULL;
	d->report = NULL;
	d->n_uris = 0;
}

void domains_restart(struct manager *m)
{
	_cleanup_tgids_ struct tgids managed = {};
	struct domains *d = &m->domains;

	domains_stop(m, 200 * NSEC_PER_MSEC);
	index_done(&d->index);
	domains_start(m);
	HASH_FOREACH(&m->tracker.vms, slot) {
		const struct vm *vm = slot->value;

		/* those of a URI that stayed are found again in a moment */
		if (vm->managed && !uri_find(d, vm->domain.uri))
			tgids_add(&managed, vm->id.tgid);
	}
	for (size_t i = 0; i < managed.n; i++)
		apply(m, vms_find(m, managed.v[i]));
}

void domains_relist(struct manager *m)
{
	if (m->domains.virt)
		virt_relist(m->domains.virt);
}
