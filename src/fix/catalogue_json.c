/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of the catalogue as JSON, in the format of its files. */
#include <json-c/json.h>
#include <stdio.h>

#include "avicd/catalogue.h"

static void add_text(json_object *o, const char *key, const char *s)
{
	if (s)
		json_object_object_add(o, key, json_object_new_string(s));
}

static char *version_text(const struct kernel_version *v, char buf[static 48])
{
	snprintf(buf, 48, "%u.%u.%u", v->major, v->minor, v->patch);
	return buf;
}

static json_object *kernels_json(const struct advisory *a)
{
	json_object *k = json_object_new_object(), *fixed = json_object_new_array(),
		    *commits = json_object_new_object();
	char buf[48];

	add_text(k, "first", version_text(&a->from, buf));
	for (size_t i = 0; i < ADVISORY_FIXES && a->fixed[i].major; i++) {
		json_object_array_add(fixed, json_object_new_string(version_text(&a->fixed[i], buf)));
		add_text(commits, buf, a->commits[i]);
	}
	json_object_object_add(k, "fixed", fixed);
	if (json_object_object_length(commits) > 0)
		json_object_object_add(k, "commits", commits);
	else
		json_object_put(commits);
	add_text(k, "mainline", a->mainline.major ? version_text(&a->mainline, buf) : NULL);
	return k;
}

struct json_object *catalogue_json(const struct advisory *a)
{
	json_object *o = json_object_new_object(), *needs = json_object_new_array();

	if (!o || !needs) {
		json_object_put(o);
		json_object_put(needs);
		return NULL;
	}
	add_text(o, "id", a->id);
	add_text(o, "class", advisory_class_to_string(a->cls));
	add_text(o, "title", a->title);
	add_text(o, "effect", a->effect);
	add_text(o, "source", a->source);
	add_text(o, "commit", a->commit);
	add_text(o, "vendor", a->vendor);
	for (unsigned i = 0; advisory_need(i); i++)
		if (a->needs >> i & 1)
			json_object_array_add(needs, json_object_new_string(advisory_need(i)));
	if (a->needs)
		json_object_object_add(o, "needs", needs);
	else
		json_object_put(needs);
	json_object_object_add(o, "kernels", kernels_json(a));
	add_text(o, "probe", a->probe);
	add_text(o, "livepatch", a->livepatch);
	add_text(o, "remedy", a->remedy);
	return o;
}
