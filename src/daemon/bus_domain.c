/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One object a VM, org.avicd1.Domain. conf/org.avicd1.Domain.xml documents it; a test compares the two. */
#include "avicd/clock.h"
#include "daemon/details.h"
#include "daemon/manager.h"

/* Properties are those of the VM; @vm is NULL in the moment in which it goes. */
#define GETTER(name)                                                                                                   \
	static int name(sd_bus *bus, const char *path, const char *interface, const char *property,                   \
			sd_bus_message *reply, void *userdata, sd_bus_error *error)

static const struct vm *vm_of(void *userdata)
{
	static const struct vm gone = { .verdict = { .headline = -1 } };
	const struct watched *w = userdata;
	const struct vm *vm = tracker_find(&w->manager->tracker, w->id.tgid);

	return vm ? vm : &gone;
}

GETTER(get_name)
{
	return sd_bus_message_append(reply, "s", vm_of(userdata)->domain.name);
}

GETTER(get_uuid)
{
	return sd_bus_message_append(reply, "s", vm_of(userdata)->domain.uuid);
}

GETTER(get_pid)
{
	return sd_bus_message_append(reply, "u", (uint32_t)((struct watched *)userdata)->id.tgid);
}

GETTER(get_condition)
{
	return sd_bus_message_append(reply, "s", condition_to_string(vm_of(userdata)->verdict.condition));
}

GETTER(get_cause)
{
	return sd_bus_message_append(reply, "s", cause_to_string(vm_of(userdata)->verdict.cause));
}

GETTER(get_mask)
{
	return sd_bus_message_append(reply, "t", vm_of(userdata)->mask);
}

GETTER(get_reasons)
{
	const struct watched *w = userdata;
	const struct numbering *n = &w->manager->tracker.numbering;
	uint64_t mask = vm_of(userdata)->mask;
	char name[BIT_NAME_MAX];
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (unsigned bit = 0; r >= 0 && bit < 64; bit++)
		if (mask >> bit & 1)
			r = sd_bus_message_append(reply, "s", bit_name(n, bit, name));
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_boots)
{
	return sd_bus_message_append(reply, "u", vm_of(userdata)->boots);
}

GETTER(get_episodes)
{
	return sd_bus_message_append(reply, "t", vm_of(userdata)->episodes);
}

GETTER(get_storm)
{
	return sd_bus_message_append(reply, "b", vm_of(userdata)->storm);
}

GETTER(get_ambiguous)
{
	return sd_bus_message_append(reply, "b", vm_of(userdata)->ambiguous);
}

GETTER(get_managed)
{
	return sd_bus_message_append(reply, "b", vm_of(userdata)->managed);
}

GETTER(get_condition_since)
{
	return sd_bus_message_append(reply, "t", wall_of(vm_of(userdata)->condition_at));
}

static int method_describe(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct watched *w = userdata;
	_cleanup_json_ json_object *o = details_describe(w->manager, w);

	if (!o)
		return -ENOMEM;
	return sd_bus_reply_method_return(
		call, "s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

/* Mask, Reasons and Episodes may change 100,000 times a second: no signal tells of them. */
static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", get_name, 0, CHANGES),
	SD_BUS_PROPERTY("UUID", "s", get_uuid, 0, CHANGES),
	SD_BUS_PROPERTY("PID", "u", get_pid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Condition", "s", get_condition, 0, CHANGES),
	SD_BUS_PROPERTY("Cause", "s", get_cause, 0, CHANGES),
	SD_BUS_PROPERTY("Mask", "t", get_mask, 0, 0),
	SD_BUS_PROPERTY("Reasons", "as", get_reasons, 0, 0),
	SD_BUS_PROPERTY("Boots", "u", get_boots, 0, CHANGES),
	SD_BUS_PROPERTY("Episodes", "t", get_episodes, 0, 0),
	SD_BUS_PROPERTY("Storm", "b", get_storm, 0, CHANGES),
	SD_BUS_PROPERTY("Ambiguous", "b", get_ambiguous, 0, CHANGES),
	SD_BUS_PROPERTY("Managed", "b", get_managed, 0, CHANGES),
	SD_BUS_PROPERTY("ConditionSinceUSec", "t", get_condition_since, 0, CHANGES),
	SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_describe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret, sd_bus_error *error)
{
	struct manager *m = userdata;
	struct watched *w;

	/* while a signal of ours is put together, nothing may change under it; an answer is to be true */
	if (sd_bus_get_current_message(bus))
		manager_refresh(m);
	w = bus_find_path(m, path);
	if (!w)
		return 0;
	*ret = w;
	return 1;
}

static int on_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret, sd_bus_error *error)
{
	struct manager *m = userdata;
	char **list;
	size_t n = 0;

	manager_refresh(m);
	list = calloc(m->vms.by_tgid.n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	HASH_FOREACH(&m->vms.by_tgid, slot) {
		const struct watched *w = slot->value;

		if (!w->path[0])
			continue;
		list[n] = strdup(w->path);
		if (!list[n++]) {
			strv_free(list);
			return -ENOMEM;
		}
	}
	*ret = list;
	return 0;
}

int bus_add_domains(struct manager *m)
{
	static const char *const prefixes[] = { BUS_PATH_VM, BUS_PATH_DOMAIN };
	int r = sd_bus_add_object_manager(m->bus.bus, NULL, BUS_PATH);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(prefixes); i++)
		r = sd_bus_add_fallback_vtable(m->bus.bus, NULL, prefixes[i], BUS_DOMAIN, vtable, on_find, m);
	return r < 0 ? r : sd_bus_add_node_enumerator(m->bus.bus, NULL, BUS_PATH, on_enumerate, m);
}
