/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ready parsers for the usual types of settings. */
#include "avicd/config.h"
#include "avicd/text.h"

int config_parse_string(const char *value, void *target)
{
	char **s = target, *copy = NULL;

	if (*value) {
		copy = strdup(value);
		if (!copy)
			return -ENOMEM;
	}
	free(*s);
	*s = copy;
	return 0;
}

int config_parse_bool(const char *value, void *target)
{
	return parse_bool(value, target);
}

int config_parse_duration(const char *value, void *target)
{
	return parse_duration(value, target);
}

int config_parse_u32(const char *value, void *target)
{
	uint64_t v;
	int r = parse_u64(value, &v);

	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*(uint32_t *)target = (uint32_t)v;
	return 0;
}
