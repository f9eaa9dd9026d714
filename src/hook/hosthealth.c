/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading host.json, and telling whether it still holds. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/host.h"
#include "avicd/jsonc.h"
#include "hook/hosthealth.h"

#define FILE_LIMIT (1024 * 1024)
/* Clocks are read one after the other, and set by a little now and then. */
#define FUTURE_US  (5 * USEC_PER_SEC)

static json_object *get(json_object *o, const char *key, enum json_type type)
{
	json_object *v = NULL;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type) ? v : NULL;
}

static const char *get_string(json_object *o, const char *key)
{
	json_object *v = get(o, key, json_type_string);

	return v ? json_object_get_string(v) : "";
}

static int check_age(json_object *o, uint64_t now_us)
{
	json_object *resync = NULL;

	if (!json_object_object_get_ex(o, "resync_interval", &resync))
		return -EBADMSG;
	return wall_fresh(get_string(o, "written_at"), json_object_get_double(resync), now_us, FUTURE_US);
}

static void take_switch(json_object *o, const char *key, enum tristate *ret)
{
	json_object *v = get(o, key, json_type_boolean);

	if (v)
		*ret = json_object_get_boolean(v) ? TRI_YES : TRI_NO;
}

int hosthealth_parse(const char *json, const char *boot_id, uint64_t now_us, struct preflight_host *h)
{
	_cleanup_json_ json_object *o = json_tokener_parse(json);
	json_object *avic, *max_id;
	int64_t id;
	int r;

	if (!json_object_is_type(o, json_type_object) || !streq(get_string(o, "schema"), "avicd/1"))
		return -EBADMSG;
	avic = get(o, "avic", json_type_object);
	if (!avic)
		return -EBADMSG;
	if (!*boot_id || !streq(get_string(o, "boot_id"), boot_id))
		return -ESTALE;
	r = check_age(o, now_us);
	if (r < 0)
		return r;
	take_switch(avic, "effective", &h->avic);
	take_switch(avic, "x2avic", &h->x2avic);
	max_id = get(avic, "max_id", json_type_int);
	id = max_id ? json_object_get_int64(max_id) : -1;
	if (id >= 0 && id <= UINT16_MAX)
		h->max_id = (int)id;
	return 0;
}

bool hosthealth_read(struct preflight_host *h)
{
	_cleanup_free_ char *path = NULL, *json = NULL;
	struct host host;

	host_read(&host);
	preflight_host_unknown(h);
	h->avic = host.core.avic;
	h->x2avic = host.x2avic;
	h->max_id = host.max_id;
	memcpy(h->vendor, host.core.vendor, sizeof(h->vendor));
	h->line = kernel_line_of(host.release);
	if (asprintf(&path, "%s/host.json", dir_runtime()) < 0) {
		path = NULL;
		return false;
	}
	return file_read(path, FILE_LIMIT, &json, NULL) == 0 && hosthealth_parse(json, host.boot_id, wall_us(), h) == 0;
}
