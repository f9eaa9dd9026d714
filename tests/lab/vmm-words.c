/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a verb. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

const char *words_value(const struct words *w, const char *key)
{
	size_t n = strlen(key);

	for (unsigned int i = 0; i < w->n; i++)
		if (!strncmp(w->word[i], key, n) && w->word[i][n] == '=')
			return w->word[i] + n + 1;
	return NULL;
}

bool words_have(const struct words *w, const char *word)
{
	for (unsigned int i = 0; i < w->n; i++)
		if (!strcmp(w->word[i], word))
			return true;
	return false;
}

static const char *words_find(const struct words *w, const char *key)
{
	if (key)
		return words_value(w, key);
	for (unsigned int i = 0; i < w->n; i++)
		if (w->word[i][0] >= '0' && w->word[i][0] <= '9')
			return w->word[i];
	return NULL;
}

int words_number(const struct words *w, const char *key, uint64_t *ret)
{
	const char *text = words_find(w, key);
	unsigned long long value;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		return fail(EINVAL, "'%s' is no number", text);
	*ret = value;
	return 0;
}

int words_seconds(const struct words *w, const char *key, double *ret)
{
	const char *text = words_find(w, key);
	double value;
	char *end;

	if (!text)
		return 0;
	value = strtod(text, &end);
	if (end == text || *end || !(value >= 0 && value <= 1e6))
		return fail(EINVAL, "'%s' is no number of seconds", text);
	*ret = value;
	return 0;
}
