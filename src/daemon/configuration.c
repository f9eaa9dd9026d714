/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading avicd.conf and its drop-ins, with a line for each problem. */
#include <stdio.h>

#include "avicd/log.h"
#include "daemon/configuration.h"

static void on_problem(const char *file, unsigned line, const char *text, void *userdata)
{
	char number[16];
	struct log_field fields[] = {
		{ "CONFIG_FILE", file },
		{ "CONFIG_LINE", number },
	};

	snprintf(number, sizeof(number), "%u", line);
	if (line)
		log_write(LOG_WARNING, EVENT_CONFIG, fields, 2, "%s:%u: %s", file, line, text);
	else
		log_write(LOG_WARNING, EVENT_CONFIG, fields, 1, "%s: %s", file, text);
}

int configuration_read(struct settings *ret)
{
	_cleanup_(settings_done) struct settings s = {};
	int r;

	r = settings_init(&s);
	if (r < 0)
		return log_errno(LOG_ERR, r, "Cannot set up the settings");
	r = config_load(settings_items, &s, NULL, on_problem, NULL);
	if (r < 0)
		return log_errno(LOG_ERR, r, "Cannot read the configuration");
	*ret = s;
	s = (struct settings){};
	return 0;
}

int configuration_catalogue(struct catalogue *ret)
{
	int r = catalogue_read(ret, on_problem, NULL);

	return r < 0 ? log_errno(LOG_ERR, r, "Cannot read the catalogue of fixes") : 0;
}

void configuration_core(const struct settings *s, struct core_settings *ret)
{
	core_settings_default(ret);
	ret->settle_ns = s->settle;
	ret->stuck_after_ns = s->stuck_after;
	ret->storm_rate = s->storm_rate;
}

int configuration_words(const char *words, char ***ret)
{
	_cleanup_free_ char *copy = strdup(words ?: "");
	_cleanup_(strv_p) char **list = NULL;
	char *save = NULL;
	size_t n = 0;

	list = copy ? calloc(strlen(copy) / 2 + 2, sizeof(*list)) : NULL;
	if (!list)
		return -ENOMEM;
	for (char *w = strtok_r(copy, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		list[n] = strdup(w);
		if (!list[n++])
			return -ENOMEM;
	}
	*ret = TAKE_PTR(list);
	return (int)n;
}

int configuration_uris(const struct settings *s, char ***ret)
{
	int r = configuration_words(s->libvirt_uri && !streq(s->libvirt_uri, "none") ? s->libvirt_uri : "", ret);

	return MIN(r, 0);
}
