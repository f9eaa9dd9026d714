/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of one host as JSON. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "report/hostreport-private.h"

/* Clocks of two hosts may differ a little. */
#define AHEAD_US (30 * USEC_PER_SEC)

/* A document of ours, or NULL. */
static json_object *believed(json_object *o)
{
	return o && streq(member_word(o, "schema"), REPORT_SCHEMA) ? o : NULL;
}

/* Why the host's word is not believed, a phrase; NULL where it is. */
static const char *distrust(json_object *host, json_object *state, uint64_t now_us)
{
	const char *boot = member_word(host, "boot_id"), *other = member_word(state, "boot_id");
	char a[37], b[37];
	int r;

	if (!host)
		return "host.json is missing, or of another schema";
	r = wall_fresh(member_word(host, "written_at"), member_double(host, "resync_interval"), now_us, AHEAD_US);
	if (r == -EBADMSG)
		return "host.json does not say when it was written";
	if (r < 0)
		return member_time(host, "written_at") > now_us
			       ? "host.json was written in the future: the clocks differ"
			       : "host.json is too old: avicd does not write it any more";
	if (!state)
		return "state.json is missing, or of another schema";
	if (uuid_normalize(boot, a) == 0 && uuid_normalize(other, b) == 0 && !streq(a, b))
		return "host.json and state.json are of different boots";
	return NULL;
}

static const char *health_word(json_object *host)
{
	const char *word = member_word(host, "health");

	for (int h = 0; h < _HEALTH_MAX; h++)
		if (streq(word, health_to_string((enum health)h)))
			return health_to_string((enum health)h);
	return health_to_string(HEALTH_UNKNOWN);
}

/* A member of @o as it is, or an empty object: it is not changed, so both may hold it. */
static json_object *held(json_object *o, const char *key, enum json_type type)
{
	json_object *v = member(o, key, type);

	if (v)
		return json_object_get(v);
	return type == json_type_array ? json_object_new_array() : json_object_new_object();
}

static void add_counts(struct json_build *b, json_object *vms)
{
	struct json_build counts = json_build_begin(), causes = json_build_begin();
	uint64_t n[_CONDITION_MAX] = {0}, of[_CAUSE_MAX] = {0};

	for (size_t i = 0; i < member_len(vms); i++) {
		json_object *vm = member_at(vms, i);
		const char *condition = member_word(vm, "condition"), *cause = member_word(vm, "cause");

		for (int c = 0; c < _CONDITION_MAX; c++)
			n[c] += streq(condition, condition_to_string((enum condition)c));
		for (int c = CAUSE_NONE + 1; c < _CAUSE_MAX; c++)
			of[c] += streq(cause, cause_to_string((enum cause)c));
	}
	for (int c = 0; c < _CONDITION_MAX; c++)
		json_add_u64(&counts, condition_to_string((enum condition)c), n[c]);
	for (int c = CAUSE_NONE + 1; c < _CAUSE_MAX; c++)
		json_add_u64(&causes, cause_to_string((enum cause)c), of[c]);
	json_add_object(b, "counts", json_build_end(&counts));
	json_add_object(b, "causes", json_build_end(&causes));
}

static void add_vms(struct json_build *b, json_object *state, json_object *history, bool fresh)
{
	_cleanup_json_ json_object *vms = hostreport_vms(state, history, fresh);

	add_counts(b, vms);
	json_add_object(b, "vms", TAKE_PTR(vms));
}

int hostreport_make(json_object *host, json_object *state, json_object *history, const char *hostname, uint64_t now_us,
		    json_object **ret)
{
	struct json_build b = json_build_begin();
	_cleanup_json_ json_object *advice = NULL;
	const char *why;

	host = believed(host);
	state = believed(state);
	why = distrust(host, state, now_us);
	json_add_word(&b, "schema", HOSTREPORT_SCHEMA);
	json_add_text(&b, "host", hostname && *hostname ? hostname : "unknown");
	json_add_text(&b, "written_at", member_str(host, "written_at"));
	json_add_text(&b, "boot_id", member_str(host, "boot_id"));
	json_add_text(&b, "kernel_release", member_str(host, "kernel_release"));
	json_add_text(&b, "version", member_str(host, "version"));
	json_add_word(&b, "health", why ? health_to_string(HEALTH_UNKNOWN) : health_word(host));
	json_add_text(&b, "health_why", why ?: member_str(host, "health_why"));
	json_add_bool(&b, "fresh", !why);
	json_add_object(&b, "avic", held(host, "avic", json_type_object));
	json_add_object(&b, "probe", held(host, "probe", json_type_object));
	json_add_object(&b, "livepatch", held(host, "livepatch", json_type_object));
	add_vms(&b, state, history, !why);
	json_add_object(&b, "findings", held(host, "findings", json_type_array));
	if (history && json_object_is_type(history, json_type_object))
		json_add_object(&b, "history", json_object_get(history));
	else
		json_add_null(&b, "history");
	if (!b.failed) {
		advice = hostreport_advice(b.o);
		json_add_object(&b, "advice", TAKE_PTR(advice));
	}
	*ret = json_build_end(&b);
	return *ret ? 0 : -ENOMEM;
}
