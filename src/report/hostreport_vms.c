/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMs of a host report, one row each of what state.json says at length. */
#include "avicd/util.h"
#include "report/hostreport-private.h"

/* Cleaned copies of the strings of an array. */
static json_object *words_of(json_object *array)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < member_len(array); i++) {
		json_object *v = json_object_array_get_idx(array, i);
		struct json_build b;
		json_object *clean = NULL;

		if (!v || !json_object_is_type(v, json_type_string))
			continue;
		b = json_build_begin();
		json_add_text(&b, "word", json_object_get_string(v));
		if (b.o && json_object_object_get_ex(b.o, "word", &clean) && clean)
			json_object_get(clean);
		json_p(&b.o);
		if (json_push(a, clean) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static json_object *reasons_set(json_object *vm)
{
	_cleanup_json_ json_object *names = json_object_new_array(), *words = NULL;
	json_object *reasons = member(vm, "reasons", json_type_array);

	for (size_t i = 0; names && i < member_len(reasons); i++) {
		json_object *r = member_at(reasons, i), *name = member(r, "name", json_type_string);

		if (name && member_tri(r, "set") == TRI_YES && json_push(names, json_object_get(name)) < 0)
			return NULL;
	}
	words = words_of(names);
	return TAKE_PTR(words);
}

static const char *condition_word(json_object *vm, bool fresh)
{
	const char *word = member_word(vm, "condition");

	for (int c = 0; fresh && c < _CONDITION_MAX; c++)
		if (streq(word, condition_to_string((enum condition)c)))
			return condition_to_string((enum condition)c);
	return condition_to_string(CONDITION_UNKNOWN);
}

static const char *cause_word(json_object *vm, bool fresh)
{
	const char *word = member_word(vm, "cause");

	for (int c = CAUSE_NONE + 1; fresh && c < _CAUSE_MAX; c++)
		if (streq(word, cause_to_string((enum cause)c)))
			return cause_to_string((enum cause)c);
	return NULL;
}

/* The share of the time that AVIC was there: by history, else by the daemon's own count; -1 where neither tells. */
static double availability(json_object *vm, json_object *history)
{
	json_object *known = member(history, "vms", json_type_array);
	const char *uuid = member_word(vm, "uuid");
	double watched, inhibited;

	for (size_t i = 0; *uuid && i < member_len(known); i++) {
		json_object *v = member_at(known, i);
		double share = member_double(v, "availability");

		if (streq(member_word(v, "uuid"), uuid) && share >= 0 && share <= 1)
			return share;
	}
	watched = member_double(vm, "watched_seconds");
	inhibited = member_double(vm, "inhibited_seconds");
	if (!(watched > 0) || inhibited < 0)
		return -1;
	return inhibited >= watched ? 0 : 1 - inhibited / watched;
}

static void add_share(struct json_build *b, const char *key, double share)
{
	if (share < 0)
		json_add_null(b, key);
	else
		json_add_object(b, key, json_object_new_double(share));
}

static json_object *vm_report(json_object *vm, json_object *history, bool fresh)
{
	struct json_build b = json_build_begin();
	const char *condition = condition_word(vm, fresh);
	const bool stuck = streq(condition, condition_to_string(CONDITION_STUCK));
	const char *since =
		member_time(vm, "episode_since") ? member_str(vm, "episode_since") : member_str(vm, "condition_since");

	json_add_text(&b, "name", member_str(vm, "name"));
	json_add_text(&b, "uuid", member_str(vm, "uuid"));
	json_add_u64(&b, "pid", member_u64(vm, "pid"));
	json_add_word(&b, "condition", condition);
	json_add_word(&b, "cause", cause_word(vm, fresh));
	json_add_object(&b, "reasons", reasons_set(vm));
	json_add_u64(&b, "boots", member_u64(vm, "boots"));
	json_add_u64(&b, "episodes", member_u64(vm, "episodes"));
	json_add_text(&b, "stuck_since", stuck ? since : NULL);
	if (member(vm, "vcpus_created", json_type_int))
		json_add_u64(&b, "vcpus", member_u64(vm, "vcpus_created"));
	else
		json_add_null(&b, "vcpus");
	json_add_object(&b, "remedies", words_of(fresh ? member(vm, "remedies", json_type_array) : NULL));
	add_share(&b, "availability", availability(vm, history));
	return json_build_end(&b);
}

json_object *hostreport_vms(json_object *state, json_object *history, bool fresh)
{
	_cleanup_json_ json_object *a = json_object_new_array();
	json_object *vms = member(state, "vms", json_type_array);

	for (size_t i = 0; a && i < member_len(vms); i++) {
		json_object *vm = member_at(vms, i);

		if (vm && json_push(a, vm_report(vm, history, fresh)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}
