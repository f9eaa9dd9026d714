/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of processes that may be anything: the domain found is always clean text. */
#include <assert.h>

#include "avicd/proc.h"
#include "avicd/text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *clean = NULL;
	struct domain d = { 0 };

	if (proc_cmdline_domain((const char *)data, size, &d) < 0)
		return 0;
	assert(uuid_is_valid(d.uuid));
	assert(memchr(d.name, '\0', sizeof(d.name)));
	if (text_clean(d.name, sizeof(d.name), &clean) < 0)
		abort();
	assert(streq(clean, d.name));
	return 0;
}
