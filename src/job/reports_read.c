/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.json and state.json of another host, read as if an enemy wrote them: what they say decides where a VM goes. */

#include "avicd/clock.h"
#include "job/reports.h"
#include "store/reader.h"

#define SCHEMA		"avicd/1"
/* host.json has no lists that grow; state.json has some ten objects a VM, and may have as many VMs as avicd watches */
#define HOST_OBJECTS	8192
#define STATE_OBJECTS	(1 << 20)
#define COMMAS(objects) ((size_t)(objects)*16)
#define DEPTH		16
/* Clocks of two hosts; one that is off by more makes every age a guess. */
#define FUTURE_US	(30 * USEC_PER_SEC)

static json_object *member(json_object *o, const char *key, enum json_type type)
{
	json_object *v = NULL;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type) ? v : NULL;
}

static const char *word(json_object *o, const char *key)
{
	return (o ? reader_string(o, key) : NULL) ?: "";
}

/* 0, -ESTALE, -EBADMSG. */
static int check_age(json_object *o, uint64_t now_us)
{
	json_object *resync = NULL;

	if (!json_object_object_get_ex(o, "resync_interval", &resync))
		return -EBADMSG;
	return wall_fresh(word(o, "written_at"), json_object_get_double(resync), now_us, FUTURE_US);
}

static int parse(const char *json, size_t len, size_t objects, json_object **ret)
{
	_cleanup_json_ json_object *o = NULL;
	int r = reader_parse(json, len, objects, COMMAS(objects), DEPTH, &o);

	if (r < 0)
		return r;
	if (!streq(word(o, "schema"), SCHEMA))
		return -EBADMSG;
	*ret = TAKE_PTR(o);
	return 0;
}

static enum tristate tristate_of(json_object *o, const char *key)
{
	bool v;

	return reader_bool(o, key, &v) < 0 ? TRI_UNKNOWN : v ? TRI_YES : TRI_NO;
}

static void take_probe(json_object *probe, struct target_facts *f)
{
	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		json_object *bug = member(probe, bug_info((enum probe_bug)b)->word, json_type_object);
		const char *result = word(bug, "result");

		f->vulnerable |= streq(result, probe_result_to_string(PROBE_VULNERABLE));
		f->fixed[b] = streq(result, probe_result_to_string(PROBE_FIXED));
	}
}

int reports_read_host(const char *json, size_t len, uint64_t now_us, struct target_facts *f)
{
	_cleanup_json_ json_object *o = NULL;
	json_object *avic, *probe;
	const char *health;
	uint64_t id;
	int age, r = parse(json, len, HOST_OBJECTS, &o);

	if (r < 0)
		return r;
	avic = member(o, "avic", json_type_object);
	probe = member(o, "probe", json_type_object);
	age = check_age(o, now_us);
	if (!avic || !probe || age == -EBADMSG)
		return -EBADMSG;
	f->reported = true;
	f->fresh = age == 0;
	f->avic = tristate_of(avic, "effective");
	f->max_id = reader_u64(avic, "max_id", 0, UINT16_MAX, &id) < 0 ? -1 : (int)id;
	health = word(o, "health");
	f->health = HEALTH_UNKNOWN;
	for (int h = 0; h < _HEALTH_MAX; h++)
		if (streq(health, health_to_string((enum health)h)))
			f->health = (enum health)h;
	take_probe(probe, f);
	f->vulnerable |= f->health == HEALTH_EXPOSED;
	return 0;
}

static json_object *state_vms(json_object *o)
{
	return member(o, "vms", json_type_array);
}

int reports_read_counts(const char *json, size_t len, struct target_facts *f)
{
	_cleanup_json_ json_object *o = NULL;
	json_object *vms, *counts;
	uint64_t stuck = 0;
	int r = parse(json, len, STATE_OBJECTS, &o);

	if (r < 0)
		return r;
	vms = state_vms(o);
	counts = member(o, "counts", json_type_object);
	if (!vms || !counts || reader_u64(counts, condition_to_string(CONDITION_STUCK), 0, UINT32_MAX, &stuck) < 0)
		return -EBADMSG;
	f->vms = (uint32_t)json_object_array_length(vms);
	f->stuck = (uint32_t)stuck;
	return 0;
}

int reports_read_vm(const char *json, size_t len, const char *uuid, uint64_t now_us, enum condition *ret)
{
	_cleanup_json_ json_object *o = NULL;
	json_object *vms;
	int r = parse(json, len, STATE_OBJECTS, &o);

	if (r < 0)
		return r;
	vms = state_vms(o);
	r = check_age(o, now_us);
	if (!vms || r < 0)
		return r < 0 ? r : -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);
		const char *condition;

		if (!json_object_is_type(vm, json_type_object) || !streq(word(vm, "uuid"), uuid))
			continue;
		condition = word(vm, "condition");
		*ret = CONDITION_UNKNOWN;
		for (int c = 0; c < _CONDITION_MAX; c++)
			if (streq(condition, condition_to_string((enum condition)c)))
				*ret = (enum condition)c;
		return 0;
	}
	return -ENOENT;
}
