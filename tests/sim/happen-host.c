/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to hosts, and to avicd there. */
#include <string.h>

#include "world.h"

static bool go_blind(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	if (!host_sees(h))
		return false;
	h->blind = h->stirred = true;
	tracker_sight(&h->tracker, false, true, w->now);
	return true;
}

static void steady(struct world *w, int host)
{
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].host == host)
			w->vms[i].steady_at = w->now;
}

static bool see(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	if (h->down || !h->blind)
		return false;
	h->blind = false;
	tracker_sight(&h->tracker, true, true, w->now);
	/* another source, which has seen nothing yet */
	world_forget(w, host);
	world_look(w, host);
	h->stirred = true;
	return true;
}

/* Records of the trace source are lost, and then no more; the next snapshot finds out. */
static bool lose(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	h->lossy = !h->lossy;
	steady(w, host);
	return true;
}

static bool die(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	if (h->down)
		return false;
	tracker_done(&h->tracker);
	h->down = true;
	return true;
}

static bool rise_with(struct world *w, int host, bool unreadable)
{
	struct sim_host *h = &w->hosts[host];

	if (!h->down)
		die(w, host);
	if (unreadable) {
		struct remedy_job *jobs = h->book.jobs;
		size_t n = h->book.n_jobs, size = h->book.size_jobs;

		/* the jobs are found by their files */
		h->book.jobs = NULL;
		book_done(&h->book);
		h->book = (struct remedy_book){.jobs = jobs, .n_jobs = n, .size_jobs = size, .unreadable = true};
	}
	/* what ended meanwhile is read from the files of the jobs */
	for (size_t i = 0; i < h->n_unread; i++)
		book_end(&h->book, &w->used, h->unread[i].id, &h->unread[i].end, w->now);
	h->n_unread = 0;
	world_begin_host(w, host);
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there && w->vms[i].host == host)
			world_arrived(w, &w->vms[i]);
	return true;
}

static bool rise(struct world *w, int host)
{
	return rise_with(w, host, false);
}

static bool rise_forgetful(struct world *w, int host)
{
	return rise_with(w, host, true);
}

/* A person has looked, and takes it upon himself that nothing is known of before. */
static bool reload(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	if (h->down || !h->book.unreadable)
		return false;
	h->book.unreadable = false;
	h->stirred = true;
	h->n_begun = 0;
	h->ended_at = 0;
	memset(h->past, 0, sizeof(h->past));
	return true;
}

static bool heals(const struct world *w, int host)
{
	for (int i = 0; i < JOBS; i++)
		if (w->jobs[i].there && w->jobs[i].host == host && w->jobs[i].remedy == REMEDY_HEAL)
			return true;
	return false;
}

static bool patch(struct world *w, int host, bool patched)
{
	struct sim_host *h = &w->hosts[host];

	/* not while a heal counts on it */
	if (h->down || !h->bug || h->patched == patched || heals(w, host))
		return false;
	h->patched = patched;
	h->patched_at = w->now;
	tell_host(w, h);
	return true;
}

static bool deploy(struct world *w, int host)
{
	return patch(w, host, true);
}

static bool roll_back(struct world *w, int host)
{
	return patch(w, host, false);
}

static bool go_deaf(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	if (h->deaf)
		return false;
	h->deaf = h->stirred = true;
	return true;
}

static bool hear(struct world *w, int host)
{
	struct sim_host *h = &w->hosts[host];

	if (!h->deaf)
		return false;
	h->deaf = false;
	h->stirred = true;
	for (int i = 0; i < VMS; i++)
		if (w->vms[i].there && w->vms[i].host == host) {
			w->vms[i].steady_at = w->now;
			tell_domain(w, &w->vms[i]);
		}
	return true;
}

static bool cut(struct world *w, int host)
{
	w->hosts[host].cut = !w->hosts[host].cut;
	return true;
}

const struct host_happening host_happenings[] = {
	{"blind", 5, go_blind},	      {"sees", 10, see},
	{"loses", 4, lose},	      {"dies", 3, die},
	{"starts", 6, rise},	      {"starts-forgetful", 2, rise_forgetful},
	{"reload", 8, reload},	      {"deploys", 4, deploy},
	{"rolls-back", 4, roll_back}, {"libvirt-away", 4, go_deaf},
	{"libvirt-back", 8, hear},    {"cut", 4, cut},
};
const size_t n_host_happenings = ARRAY_SIZE(host_happenings);
