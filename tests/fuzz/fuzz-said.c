/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies where the hook leaves its word: what is believed of it is clean, and is the same when it is written again. */
#include <assert.h>

#include "avicd/said.h"
#include "avicd/text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *clean = NULL, *line = NULL;
	struct said s, again;

	if (said_parse((const char *)data, size, &s) < 0)
		return 0;
	assert(said_decision_to_string(s.decision));
	if (text_clean(s.text, sizeof(s.text), &clean) < 0 || said_format(&s, &line) < 0)
		abort();
	assert(streq(clean, s.text));
	assert(said_parse(line, strlen(line), &again) == 0);
	assert(again.decision == s.decision && again.at == s.at && streq(again.name, s.name) && streq(again.text, s.text));
	return 0;
}
