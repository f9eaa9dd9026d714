/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trace text: lines, the inference of the numbering from them, and which VM each belongs to. */
#include <assert.h>

#include "avicd/tracetext.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct numbering_guess_state *state = calloc(1, sizeof(*state));
	_cleanup_(trace_vms_free_p) struct trace_vms *vms = NULL;
	struct numbering_guess guess;
	struct numbering numbering;

	numbering_from_line(LINE_6_3, &numbering);
	if (!state || trace_vms_new(&numbering, &vms) < 0)
		abort();
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;
		struct trace_record record;
		struct trace_vm_ref ref;
		int r = trace_text_line((const char *)data, len, &record);

		assert(r == 0 || r == 1 || r == -EBADMSG);
		if (r == 1) {
			assert(record.kind >= 0 && record.kind < _RECORD_MAX);
			assert(memchr(record.comm, '\0', sizeof(record.comm)));
			assert(memchr(record.names, '\0', sizeof(record.names)));
			numbering_guess_add(state, &record);
			trace_vms_of(vms, &record, &ref);
		}
		len += end != NULL;
		data += len;
		size -= len;
	}
	if (numbering_guess(state, &guess) == 0)
		assert(memchr(guess.why, '\0', sizeof(guess.why)));
	free(state);
	return 0;
}
