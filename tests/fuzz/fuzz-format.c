/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats of the event that may say anything: a numbering found has bits and reasons that agree. */
#include <assert.h>

#include "avicd/btf.h"
#include "avicd/util.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char names[MASK_NAMES_MAX];
	struct numbering n;
	unsigned found = 0;

	if (!text)
		abort();
	if (event_format_numbering(text, "6.12.0", &n) < 0)
		return 0;
	assert(n.n_bits > 0 && n.n_bits <= 64 && n.line > LINE_NONE && n.line < _LINE_MAX);
	for (int r = 0; r < _REASON_MAX; r++)
		if (n.bit[r] >= 0) {
			assert(n.bit[r] < REASON_BITS && n.reason[n.bit[r]] == r);
			found++;
		}
	for (unsigned bit = 0; bit < REASON_BITS; bit++)
		found -= n.reason[bit] != REASON_UNKNOWN;
	assert(found == 0);
	assert(strlen(mask_names(&n, UINT64_MAX, names, sizeof(names))) > 0);
	return 0;
}
