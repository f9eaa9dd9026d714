/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bugs of KVM that the probe looks for: their words, and what is kept of its answers. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "avicd/bugs.h"
#include "avicd/util.h"

static const struct bug_info bugs[] = {
	[PROBE_REBOOT] = {"reboot", "the reboot bug",
			  "a guest that reboots out of x2APIC mode is inhibited until its VM ends"},
	[PROBE_DISABLED] =
		{"disabled", "the bug of disabled APICs",
		 "a guest that disables its APIC in x2APIC mode, as kexec may do, is inhibited until its VM ends"},
	[PROBE_LARGE_ID] = {"large-id", "the bug of large vCPU ids",
			    "a VM with a vCPU id above 255 is inhibited from its first boot on"},
};
static_assert(ARRAY_SIZE(bugs) == _PROBE_BUG_MAX, "a row for each bug");

static const char *const results[] = {
	[PROBE_UNPROVABLE] = "unprovable",
	[PROBE_VULNERABLE] = "vulnerable",
	[PROBE_FIXED] = "fixed",
};
static_assert(ARRAY_SIZE(results) == _PROBE_MAX, "a word for each result");

const struct bug_info *bug_info(enum probe_bug b)
{
	return (unsigned)b < _PROBE_BUG_MAX ? &bugs[b] : NULL;
}

int bug_from_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(bugs); i++)
		if (streq(bugs[i].word, word))
			return (int)i;
	return -EINVAL;
}

const char *probe_result_to_string(enum probe_result p)
{
	return (unsigned)p < _PROBE_MAX ? results[p] : "unprovable";
}

bool probe_answer_update(struct probe_answer *have, const struct probe_answer *got, uint64_t now)
{
	struct probe_answer a = *got;
	bool news = have->result != got->result;

	if (have->result != PROBE_UNPROVABLE && got->result == PROBE_UNPROVABLE)
		return false;
	a.vulnerable_until =
		have->result == PROBE_VULNERABLE && got->result == PROBE_FIXED ? now : have->vulnerable_until;
	*have = a;
	return news;
}

bool probe_answer_doubt(struct probe_answer *a)
{
	if (a->result != PROBE_FIXED)
		return false;
	a->result = PROBE_UNPROVABLE;
	snprintf(a->why, sizeof(a->why), "the livepatches of this kernel are others than when it was proved");
	return true;
}

bool probe_answer_had(const struct probe_answer *a, uint64_t at)
{
	return a->result == PROBE_VULNERABLE || at < a->vulnerable_until;
}
