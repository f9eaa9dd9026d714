/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: whatever it says, the settings afterwards are some that could have been written into the file. */
#include <assert.h>
#include <stdio.h>

#include "avicd/settings.h"
#include "fuzz.h"

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	assert(file && line > 0 && text && *text);
}

/* Each section has a name and words that are some; asking for a domain, by whatever name, gives what can be shown. */
static void check_policies(const struct policies *p, const char *name)
{
	char start[POLICY_NAME_MAX + 1]; /* no domain has a longer name */
	struct policy holds;

	assert(p->n <= POLICY_SECTIONS_MAX);
	for (size_t i = 0; i < p->n; i++) {
		const struct policy_section *s = &p->list[i];

		assert(*s->name && strlen(s->name) <= POLICY_NAME_MAX && s->line > 0 && s->file);
		assert(s->mode == MODE_NONE || policy_mode_to_string(s->mode));
		assert(s->remedy == DOMXML_REMEDY_NONE || policy_remedy_to_string(s->remedy));
		policy_of(p, s->name, s->is_uuid ? s->name : "", MODE_NONE, DOMXML_REMEDY_NONE, &holds);
		assert(holds.mode == MODE_NONE || policy_mode_to_string(holds.mode));
		assert(policy_remedy_to_string(holds.remedy));
		if (i > 4)
			break;
	}
	snprintf(start, sizeof(start), "%s", name);
	policy_of(p, start, "", MODE_BAD, DOMXML_REMEDY_BAD, &holds);
	assert(policy_remedy_to_string(holds.remedy));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct settings s, again;

	if (!text || settings_init(&s) < 0 || settings_init(&again) < 0)
		abort();
	config_load_buffer(settings_items, &s, "fuzz.conf", text, problem, NULL);
	check_policies(&s.policies, text);
	for (const struct config_item *i = settings_items; i->key; i++) {
		_cleanup_free_ char *shown = NULL, *twice = NULL;

		if (settings_show(&s, i, &shown) < 0 || i->parse(shown, (char *)&again + i->offset) < 0 ||
		    settings_show(&again, i, &twice) < 0)
			abort();
		assert(streq(shown, twice));
	}
	settings_done(&s);
	settings_done(&again);
	return 0;
}
