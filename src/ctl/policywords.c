/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds for a domain, and where that comes from, as text and as JSON. */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/policy.h"

int policy_settings(struct settings *ret)
{
	int r = settings_init(ret);

	if (r < 0) {
		ctl_error("out of memory");
		return r;
	}
	r = config_load(settings_items, ret, NULL, NULL, NULL);
	if (r < 0)
		ctl_error("avicd.conf cannot be read: %s; its [domain NAME] sections are left out", strerror(-r));
	else if (r > 0)
		ctl_error("avicd.conf: %d line%s or file%s left out; see: avicctl config check", r, r == 1 ? "" : "s",
			  r == 1 ? "" : "s");
	return 0;
}

static void say_one(struct text *t, const char *key, const char *word, enum policy_source from,
		    const struct policy_section *s)
{
	text_addf(t, "%s%s=%s by ", t->len ? "; " : "", key, word);
	if (from == POLICY_SECTION)
		text_addf(t, "[domain %s], %s:%u", s->name, s->file, s->line);
	else
		text_add(t, from == POLICY_METADATA ? "its metadata" : "default");
}

void policy_say(const struct policy *p, struct text *t)
{
	if (policy_mode_to_string(p->mode))
		say_one(t, "mode", policy_mode_to_string(p->mode), p->mode_from, p->mode_section);
	else
		text_add(t, "no mode");
	say_one(t, "remedy", policy_remedy_to_string(p->remedy), p->remedy_from, p->remedy_section);
}

static json_object *section_json(const struct policy_section *s)
{
	json_object *o = s ? json_object_new_object() : NULL;

	if (o) {
		json_object_object_add(o, "domain", json_object_new_string(s->name));
		json_object_object_add(o, "file", json_object_new_string(s->file));
		json_object_object_add(o, "line", json_object_new_int64(s->line));
	}
	return o;
}

static json_object *word_json(const char *word)
{
	return word ? json_object_new_string(word) : NULL;
}

json_object *policy_json(const struct policy *p)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "mode", word_json(policy_mode_to_string(p->mode)));
	json_object_object_add(o, "mode_from", word_json(policy_source_to_string(p->mode_from)));
	json_object_object_add(o, "mode_section", section_json(p->mode_section));
	json_object_object_add(o, "remedy", word_json(policy_remedy_to_string(p->remedy)));
	json_object_object_add(o, "remedy_from", word_json(policy_source_to_string(p->remedy_from)));
	json_object_object_add(o, "remedy_section", section_json(p->remedy_section));
	return o;
}
