/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.dat, by way of the process that reads it: however it ends, its parent must come out with records or an error. */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>

#include "avicd/tracetext.h"
#include "fuzz.h"

#define RECORDS_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("fuzz", MFD_CLOEXEC);
	_cleanup_(trace_file_close_p) struct trace_file *f = NULL;
	_cleanup_free_ char *why = NULL;
	struct trace_record record;
	char path[64];
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = trace_file_open(path, &f, &why);
	assert(r == 0 ? !why : !!why);
	if (r < 0)
		return 0;
	assert(trace_file_format(f));
	for (int i = 0; i < RECORDS_MAX && trace_file_next(f, &record) == 1; i++)
		assert(record.kind >= 0 && record.kind < _RECORD_MAX);
	return 0;
}
