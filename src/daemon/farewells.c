/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs that are gone, and whose vm-gone waits for libvirt to say why. */
#include "avicd/clock.h"
#include "daemon/actions.h"
#include "daemon/manager.h"

#define PATIENCE_NS (3 * NSEC_PER_SEC)

struct farewell {
	struct farewell *next;
	struct vm vm;
	struct action action; /* detail is static: it comes from the tracker or from vms.c */
	char path[OBJECT_PATH_MAX];
	uint64_t at;          /* when it went, on the tracker's clock */
	uint64_t due;         /* monotonic */
};

static void say(struct manager *m, struct farewell *f)
{
	f->action.vm = &f->vm;
	actions_tell(m, &f->action, f->path, f->at);
	free(f);
}

static void drop_first(struct manager *m)
{
	struct farewells *list = &m->farewells;
	struct farewell *f = list->first;

	list->first = f->next;
	if (!list->first)
		list->last = NULL;
	say(m, f);
}

static int on_due(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	struct farewells *list = &m->farewells;
	uint64_t now = now_ns();

	while (list->first && list->first->due <= now)
		drop_first(m);
	if (list->first)
		timer_arm(m->event, &list->timer, list->first->due - now, on_due, m);
	return 0;
}

bool farewells_hold(struct manager *m, const struct action *a, const char *path)
{
	struct farewells *list = &m->farewells;
	struct farewell *f;

	if (!domains_will_tell(m, a->vm))
		return false;
	f = malloc(sizeof(*f));
	if (!f)
		return false;
	*f = (struct farewell){ .vm = *a->vm, .action = *a, .at = manager_now(m), .due = now_ns() + PATIENCE_NS };
	memcpy(f->path, path, sizeof(f->path));
	if (timer_soon(m->event, &list->timer, PATIENCE_NS, on_due, m) < 0) {
		free(f);
		return false;
	}
	if (list->last)
		list->last->next = f;
	else
		list->first = f;
	list->last = f;
	return true;
}

bool farewells_explain(struct manager *m, const char *uuid, const char *why)
{
	struct farewells *list = &m->farewells;

	for (struct farewell *before = NULL, *f = list->first; f; before = f, f = f->next) {
		if (!streq(f->vm.domain.uuid, uuid))
			continue;
		*(before ? &before->next : &list->first) = f->next;
		if (list->last == f)
			list->last = before;
		if (why)
			f->action.detail = why;
		say(m, f);
		return true;
	}
	return false;
}

void farewells_done(struct manager *m)
{
	event_source_drop(&m->farewells.timer);
	while (m->farewells.first)
		drop_first(m);
}
