/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What D-Bus clients are told without asking. */
#include <ctype.h>
#include <stdio.h>

#include "avicd/log.h"
#include "daemon/manager.h"

static uint64_t path_key(const char *path)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 0x100000001b3ULL;
	return h;
}

struct watched *bus_find_path(struct manager *m, const char *path)
{
	struct watched *w = hash_get(&m->bus.by_path, path_key(path));

	return w && streq(w->path, path) ? w : NULL;
}

/* Where the VM belongs now. Only a UUID that libvirt confirmed gives the path of a domain: nobody else's VM can take it. */
static void path_of(const struct vm *vm, char *path)
{
	if (!vm->managed || !vm->domain.uuid[0]) {
		snprintf(path, OBJECT_PATH_MAX, BUS_PATH_VM "/%d", (int)vm->id.tgid);
		return;
	}
	snprintf(path, OBJECT_PATH_MAX, BUS_PATH_DOMAIN "/%s", vm->domain.uuid);
	for (char *p = path; *p; p++)
		if (*p == '-')
			*p = '_';
}

static void added(struct manager *m, const char *path)
{
	if (!bus_live(m))
		return;
	sd_bus_emit_object_added(m->bus.bus, path);
	sd_bus_emit_signal(m->bus.bus, BUS_PATH, BUS_MANAGER, "VMAdded", "o", path);
}

static void removed(struct manager *m, const char *path)
{
	if (!bus_live(m))
		return;
	sd_bus_emit_object_removed(m->bus.bus, path);
	sd_bus_emit_signal(m->bus.bus, BUS_PATH, BUS_MANAGER, "VMRemoved", "o", path);
}

void bus_vm_publish(struct manager *m, struct watched *w)
{
	const struct vm *vm = tracker_find(&m->tracker, w->id.tgid);
	char path[OBJECT_PATH_MAX];

	if (!vm || !vm->announced)
		return;
	path_of(vm, path);
	if (streq(path, w->path))
		return;
	bus_vm_unpublish(m, w);
	memcpy(w->path, path, sizeof(w->path));
	if (hash_put(&m->bus.by_path, path_key(path), w) < 0) {
		log_error("No memory for the object %s", path);
		w->path[0] = '\0';
		return;
	}
	w->changed = false; /* told with the object */
	added(m, path);
}

void bus_vm_unpublish(struct manager *m, struct watched *w)
{
	if (!w->path[0])
		return;
	if (bus_find_path(m, w->path) == w) {
		/* in this order: sd-bus looks the object up to tell which interfaces went */
		removed(m, w->path);
		hash_remove(&m->bus.by_path, path_key(w->path));
	}
	w->path[0] = '\0';
}

void bus_event(struct manager *m, const struct action *a, const char *path, const char *sentence, uint64_t at)
{
	_cleanup_json_ json_object *o = NULL;

	if (!bus_live(m))
		return;
	o = report_action(&m->tracker, a, sentence, at);
	if (!o)
		return;
	/* "/" for what concerns the whole host */
	sd_bus_emit_signal(m->bus.bus, BUS_PATH, BUS_MANAGER, "Event", "soss", event_desc(a->event)->word, *path ? path : "/",
			   sentence, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

void bus_changed(struct manager *m, struct watched *w)
{
	m->bus.manager_changed = true;
	if (w) {
		w->changed = true;
		m->bus.domains_changed = true;
	}
}

void bus_flush(struct manager *m)
{
	struct bus *b = &m->bus;

	if (b->domains_changed) {
		b->domains_changed = false;
		HASH_FOREACH(&m->vms.by_tgid, slot) {
			struct watched *w = slot->value;

			if (!w->changed)
				continue;
			w->changed = false;
			bus_vm_publish(m, w);
			if (w->path[0] && bus_live(m))
				sd_bus_emit_properties_changed(b->bus, w->path, BUS_DOMAIN, "Name", "UUID", "Condition", "Cause",
							       "Boots", "Storm", "Ambiguous", "Managed", "ConditionSinceUSec", NULL);
		}
	}
	if (b->manager_changed) {
		b->manager_changed = false;
		if (bus_live(m))
			sd_bus_emit_properties_changed(b->bus, BUS_PATH, BUS_MANAGER, "Health", "HealthWhy", "LivepatchState", "TraceSource",
						       "NumberingOrigin", "VMs", "Stuck", "Libvirt", NULL);
	}
}
