/* SPDX-License-Identifier: GPL-2.0-or-later */
/* APIC ids as QEMU gives them out: they have gaps where a number of the topology is no power of two. */
#include "avicd/preflight.h"
#include "avicd/util.h"

/* QEMU's apicid_bitwidth_for_count() */
static unsigned width_of(uint32_t count)
{
	return count > 1 ? 32 - (unsigned)__builtin_clz(count - 1) : 0;
}

uint32_t apicid_max(uint32_t vcpus, const struct domxml_topology *t)
{
	const struct domxml_number *levels[] = {&t->threads, &t->cores, &t->clusters, &t->dies};
	uint32_t left = vcpus ? vcpus - 1 : 0;
	unsigned shift = 0;
	uint64_t id = 0;

	/* The last vCPU has the highest id: a lower index is lower in the first level where both differ. */
	for (size_t i = 0; t->given && shift < 32 && i < ARRAY_SIZE(levels); i++) {
		uint32_t count = levels[i]->value > 1 ? levels[i]->value : 1; /* 0 unless good */

		id |= (uint64_t)(left % count) << shift;
		left /= count;
		shift += width_of(count);
	}
	if (left > 0 && shift >= 32)
		return UINT32_MAX;
	id |= (uint64_t)left << MIN(shift, 31U);
	return (uint32_t)MIN(id, (uint64_t)UINT32_MAX);
}
