/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.json, which avicd leaves in its runtime directory: how old it is, and whether it may still be believed. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/field.h"

/* 10,000 VMs of some 2 KiB each, and room */
#define STATE_MAX      (64U << 20)
/* state.json is written at each resync at the latest; three missed ones mean that nobody writes it */
#define STALE_RESYNCS  3
#define RESYNC_DEFAULT 60

static void set_str(json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, value ? json_object_new_string(value) : NULL);
}

/* Lost sight makes everything unknown: nothing may look healthy that nobody looks at. */
static void distrust(json_object *state, const char *why)
{
	json_object *vms = field_array(state, "vms"), *counts = field(state, "counts");
	size_t n = field_len(vms);

	set_str(state, "health", "unknown");
	set_str(state, "health_why", why);
	for (size_t i = 0; i < n; i++) {
		json_object *vm = json_object_array_get_idx(vms, i);

		if (!vm || !json_object_is_type(vm, json_type_object))
			continue;
		set_str(vm, "condition", "unknown");
		set_str(vm, "why", why);
		set_str(vm, "cause", NULL);
		set_str(vm, "headline", NULL);
		json_object_object_add(vm, "condition_seconds", NULL);
		json_object_object_add(vm, "remedies", json_object_new_array());
	}
	if (counts && json_object_is_type(counts, json_type_object)) {
		json_object_object_foreach(counts, key, value)
		{
			(void)value;
			json_object_object_add(counts, key,
					       json_object_new_int64(streq(key, "unknown") ? (int64_t)n : 0));
		}
	}
}

static bool other_boot(json_object *state)
{
	_cleanup_free_ char *now = NULL;
	const char *then = field_str(state, "boot_id");
	char a[37], b[37];

	if (sysroot_read_line("/proc/sys/kernel/random/boot_id", &now) < 0 || !then)
		return false;
	return uuid_normalize(now, a) >= 0 && uuid_normalize(then, b) >= 0 && !streq(a, b);
}

/* Say how old the state is; distrust it when it is too old. */
static int judge(json_object *state, char **text)
{
	uint64_t written = field_time(state, "written_at"), now = wall_us();
	int64_t resync = field_int(state, "resync_interval");
	uint64_t age = written && now > written ? now - written : 0, limit;
	char when[TIME_MAX], ago[DURATION_MAX];
	const char *verdict = "";

	limit = STALE_RESYNCS * (resync > 0 ? MIN((uint64_t)resync, 3600) : RESYNC_DEFAULT) * USEC_PER_SEC;
	format_duration(age / USEC_PER_SEC * NSEC_PER_SEC, ago, sizeof(ago));
	if (other_boot(state)) {
		distrust(state, "the last state is of an earlier boot of this host");
		verdict = ", before this host booted: conditions are unknown";
	} else if (!written || age > limit) {
		distrust(state, "avicd is not there, and its last state is too old");
		verdict = ", too old to rely on: conditions are unknown";
	}
	return asprintf(text, "showing the state that avicd left at %s, %s ago%s", time_local(written, when), ago,
			verdict) < 0
		       ? -ENOMEM
		       : 0;
}

int state_file(json_object **ret, char **text)
{
	_cleanup_json_ json_object *state = NULL;
	_cleanup_free_ char *path = NULL, *data = NULL;
	const char *schema;
	int r;

	*text = NULL;
	if (asprintf(&path, "%s/state.json", dir_runtime()) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_read(path, STATE_MAX, &data, NULL);
	if (r < 0) {
		if (asprintf(text, "%s cannot be read: %s", path, strerror(-r)) < 0)
			*text = NULL;
		return r;
	}
	state = json_tokener_parse(data);
	schema = field_str(state, "schema");
	if (!schema || !streq(schema, REPORT_SCHEMA)) {
		if (asprintf(text, "%s is not of the schema " REPORT_SCHEMA, path) < 0)
			*text = NULL;
		return -EBADMSG;
	}
	r = judge(state, text);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(state);
	return 0;
}

int state_find(json_object *state, const char *who, json_object **ret)
{
	json_object *vms = field_array(state, "vms"), *by_name = NULL, *by_id = NULL;
	char uuid[37] = "";
	uint64_t pid = 0;
	size_t names = 0;

	if (uuid_normalize(who, uuid) < 0)
		uuid[0] = '\0';
	if (parse_u64(who, &pid) < 0)
		pid = 0;
	for (size_t i = 0; i < field_len(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);
		const char *name = field_str(vm, "name"), *id = field_str(vm, "uuid");

		if (name && streq(name, who)) {
			by_name = vm;
			names++;
		}
		if ((uuid[0] && id && streq(id, uuid)) || (pid > 0 && field_int(vm, "pid") == (int64_t)pid))
			by_id = vm;
	}
	/* A name comes first, even one of digits: it is what virsh takes it for. */
	if (names > 1)
		return -ENOTUNIQ;
	if (!by_name && !by_id)
		return -ENXIO;
	*ret = by_name ?: by_id;
	return 0;
}
