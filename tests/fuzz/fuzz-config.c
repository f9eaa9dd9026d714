/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: whatever it says, the settings afterwards are some that could have been written into the file. */
#include <assert.h>

#include "avicd/settings.h"
#include "fuzz.h"

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	assert(file && line > 0 && text && *text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct settings s, again;

	if (!text || settings_init(&s) < 0 || settings_init(&again) < 0)
		abort();
	config_load_buffer(settings_items, &s, "fuzz.conf", text, problem, NULL);
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
