/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon holds for each VM of the tracker: its process (pidfd), what its command line says, its place on the bus. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "avicd/log.h"
#include "avicd/proc.h"
#include "daemon/manager.h"

#define FDS_KEPT 32
#define ENDED "its process ended"

struct watched *vms_find(const struct manager *m, int32_t tgid)
{
	return hash_get(&m->vms.by_tgid, (uint32_t)tgid);
}

static struct watched *watched_free(struct watched *w)
{
	event_source_drop(&w->pidfd);
	json_object_put(w->details);
	free(w);
	return NULL;
}

/* The tracker's answer comes back to vms_drop(), which frees @w: hence the copy. */
static void gone(struct manager *m, struct watched *w, const char *why)
{
	struct vm_id id = w->id;

	tracker_gone(&m->tracker, &id, why, manager_now(m));
	w = vms_find(m, id.tgid);
	if (w && vm_id_equal(&w->id, &id)) /* the tracker never took it up, for want of memory */
		vms_drop(m, w);
}

struct watched *vms_saw(struct manager *m, const struct vm_id *id)
{
	struct watched *w = vms_find(m, id->tgid);

	if (w && vm_id_equal(&w->id, id))
		return w;
	if (w) /* the process id was used again */
		gone(m, w, ENDED);
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->manager = m;
	w->id = *id;
	if (hash_put(&m->vms.by_tgid, (uint32_t)id->tgid, w) < 0)
		return watched_free(w);
	if (tgids_add(&m->vms.fresh, id->tgid) < 0) {
		hash_remove(&m->vms.by_tgid, (uint32_t)id->tgid);
		return watched_free(w);
	}
	return w;
}

void vms_drop(struct manager *m, struct watched *w)
{
	struct entry e = {};

	bus_vm_unpublish(m, w);
	hash_remove(&m->vms.by_tgid, (uint32_t)w->id.tgid);
	domains_released(m, &w->claim);
	/* a later process of the same number has an entry of its own, which stays */
	if (sources_live(m) && trace_read(m->sources.current, w->id.tgid, &e) >= 0 &&
	    vm_id_equal(&w->id, &(struct vm_id){ w->id.tgid, e.start }))
		trace_forget(m->sources.current, w->id.tgid);
	watched_free(w);
}

static int on_ended(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct watched *w = userdata;
	struct manager *m = w->manager;
	int32_t tgid = w->id.tgid;

	/* what it did last is in its entry; which may be of the next process of this number, and then @w is gone */
	entries_read(m, tgid);
	if (vms_find(m, tgid) == w)
		gone(m, w, ENDED);
	return 0;
}

/* Does /proc still know this process, and not another one of its number? */
static bool lives(const struct vm_id *id)
{
	struct vm_id now = { .tgid = id->tgid };

	if (proc_start(id->tgid, &now.start) < 0)
		return proc_hidden(id->tgid);
	return vm_id_equal(id, &now);
}

bool vms_ended(const struct watched *w)
{
	struct pollfd p = { .fd = w->pidfd ? sd_event_source_get_io_fd(w->pidfd) : -1, .events = POLLIN };

	/* of a zombie, /proc still knows */
	return p.fd >= 0 ? poll(&p, 1, 0) > 0 : !lives(&w->id);
}

const char *vms_why_gone(const struct watched *w, const char *why)
{
	if (w->ending)
		return w->ending;
	/* a snapshot may notice the end first, and knows less of it */
	return w->pidfd && vms_ended(w) ? ENDED : why;
}

static int watch_end(struct manager *m, struct watched *w)
{
	_cleanup_close_ int fd = proc_pidfd(&w->id);
	struct rlimit l;
	int r;

	if (fd < 0)
		return fd;
	/* snapshots, files and the bus need some, too */
	if (getrlimit(RLIMIT_NOFILE, &l) >= 0 && (rlim_t)fd + FDS_KEPT > l.rlim_cur)
		return -EMFILE;
	r = sd_event_add_io(m->event, &w->pidfd, fd, EPOLLIN, on_ended, w);
	if (r < 0)
		return r;
	r = sd_event_source_set_io_fd_own(w->pidfd, true);
	if (r < 0) {
		event_source_drop(&w->pidfd);
		return r;
	}
	TAKE_FD(fd);
	return 0;
}

/* False: it has ended already. */
static bool introduce_process(struct manager *m, struct watched *w, char comm[static 16])
{
	int r;

	if (proc_comm(w->id.tgid, comm) < 0)
		comm[0] = '\0';
	if (proc_domain(w->id.tgid, &w->claim) < 0)
		w->claim = (struct domain){};
	r = watch_end(m, w);
	/* the check of identity comes last: what was read above may be another process's */
	if (r == -ESRCH || (r < 0 && !lives(&w->id))) {
		w->claim = (struct domain){};
		return false;
	}
	if (r < 0 && !m->vms.said_no_fds) {
		log_errno(LOG_WARNING, r, "Cannot watch for the end of process %d; ends like this one are found every %llu s only",
			  (int)w->id.tgid, (unsigned long long)(m->settings.resync_interval / NSEC_PER_SEC));
		m->vms.said_no_fds = true;
	}
	return true;
}

static void introduce(struct manager *m, struct watched *w)
{
	const struct duty_vm *before = duty_find(&m->vms.duty, &w->id);
	char comm[16] = "";

	w->introduced = true;
	if (sources_live(m) && !introduce_process(m, w, comm))
		tgids_add(&m->vms.ended, w->id.tgid);
	if (tracker_exists(&m->tracker, &w->id, comm, manager_now(m)) < 0)
		return;
	if (before)
		tracker_restore(&m->tracker, w->id.tgid, before->boots);
	domains_introduce(m, w);
}

void vms_introduce(struct manager *m)
{
	struct vms *v = &m->vms;

	for (size_t i = 0; i < v->fresh.n; i++) {
		struct watched *w = vms_find(m, v->fresh.v[i]);

		if (w && !w->introduced)
			introduce(m, w);
	}
	v->fresh.n = 0;
}

void vms_bury(struct manager *m)
{
	struct vms *v = &m->vms;

	for (size_t i = 0; i < v->ended.n; i++) {
		struct watched *w = vms_find(m, v->ended.v[i]);

		/* a later process of the same number may have come meanwhile */
		if (w && !w->pidfd && !lives(&w->id))
			gone(m, w, ENDED);
	}
	v->ended.n = 0;
}

void vms_check(struct manager *m)
{
	_cleanup_tgids_ struct tgids unsure = {};

	if (!sources_live(m))
		return;
	HASH_FOREACH(&m->vms.by_tgid, slot) {
		struct watched *w = slot->value;

		if (w->introduced && !w->pidfd)
			tgids_add(&unsure, w->id.tgid);
	}
	for (size_t i = 0; i < unsure.n; i++) {
		struct watched *w = vms_find(m, unsure.v[i]);

		if (w && !lives(&w->id))
			gone(m, w, ENDED);
		else if (w)
			watch_end(m, w); /* there may be room again */
	}
}

void vms_forget_all(struct manager *m, const char *why)
{
	_cleanup_tgids_ struct tgids all = {};

	HASH_FOREACH(&m->vms.by_tgid, slot)
		tgids_add(&all, ((struct watched *)slot->value)->id.tgid);
	for (size_t i = 0; i < all.n; i++) {
		struct watched *w = vms_find(m, all.v[i]);

		if (w)
			gone(m, w, why);
	}
}

void vms_done(struct manager *m)
{
	HASH_FOREACH(&m->vms.by_tgid, slot)
		watched_free(slot->value);
	hash_done(&m->vms.by_tgid);
	tgids_done(&m->vms.fresh);
	tgids_done(&m->vms.ended);
	duty_done(&m->vms.duty);
}
