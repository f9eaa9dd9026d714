/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs as text. */
#include <ctype.h>

#include "avicd/text.h"

static bool dash_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_is_valid(const char *s)
{
	for (size_t i = 0; i < 36; i++)
		if (dash_at(i) ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	return s[36] == '\0';
}

int uuid_normalize(const char *s, char ret[static 37])
{
	bool dashes = strnlen(s, 37) == 36;
	char out[37];

	for (size_t i = 0; i < 36; i++) {
		if (dash_at(i)) {
			if (dashes && *s++ != '-')
				return -EINVAL;
			out[i] = '-';
		} else {
			if (!isxdigit((unsigned char)*s))
				return -EINVAL;
			out[i] = (char)tolower((unsigned char)*s++);
		}
	}
	if (*s)
		return -EINVAL;
	out[36] = '\0';
	memcpy(ret, out, sizeof(out));
	return 0;
}
