/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which host is proved better, and which of several is best.
 *
 * The score of a good one, in KiB: the memory that stays free, less 16 GiB for each VM that is stuck there and 64 GiB for each migration that
 * comes in. So of hosts with like loads the one without troubles is taken, and one with far more room may still win.
 */
#include <assert.h>

#include "avicd/target.h"
#include "avicd/util.h"

/* Of a stuck VM there: whatever it is, it may happen to ours as well. Weighed as memory that is not free. */
#define STUCK_KIB (16LL << 20)
/* Of a migration that comes in: it takes the network and, in a moment, memory. */
#define JOB_KIB	  (64LL << 20)

static bool is_unreached(const struct target_need *n _unused_, const struct target_facts *f)
{
	return !f->reached;
}

static bool is_same(const struct target_need *n _unused_, const struct target_facts *f)
{
	return f->same_host;
}

static bool has_no_report(const struct target_need *n _unused_, const struct target_facts *f)
{
	return !f->reported;
}

static bool is_stale(const struct target_need *n _unused_, const struct target_facts *f)
{
	return !f->fresh || f->health == HEALTH_UNKNOWN;
}

static bool has_avic_off(const struct target_need *n _unused_, const struct target_facts *f)
{
	return f->avic != TRI_YES;
}

/* Of a VM whose ids are not known, the highest is at least its last vCPU's. */
static int64_t highest_id(const struct target_need *n)
{
	return n->max_apic_id >= 0 ? n->max_apic_id : (int64_t)n->vcpus - 1;
}

/* Without x2AVIC the bug of large ids cannot be proved, and no VM that fits there can meet it. */
static bool is_exposed(const struct target_need *n, const struct target_facts *f)
{
	if (f->vulnerable || f->health == HEALTH_EXPOSED)
		return true;
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		if (!f->fixed[b] && (b != PROBE_LARGE_ID || highest_id(n) > UINT8_MAX))
			return true;
	return false;
}

/* No limit is known of a host of Intel. */
static bool has_few_ids(const struct target_need *n, const struct target_facts *f)
{
	return f->max_id >= 0 && highest_id(n) > f->max_id;
}

static bool has_other_cpu(const struct target_need *n _unused_, const struct target_facts *f)
{
	return f->cpu != TRI_YES;
}

static bool lacks_machine(const struct target_need *n _unused_, const struct target_facts *f)
{
	return f->machine != TRI_YES;
}

/* What hugepages carry is not taken from the rest; QEMU's own memory is in the eighth more. */
static uint64_t memory_of(const struct target_need *n)
{
	uint64_t in_pages = MIN(n->page_kib * n->pages, n->memory_kib);

	return n->memory_kib - in_pages + n->memory_kib / 8;
}

static bool lacks_memory(const struct target_need *n, const struct target_facts *f)
{
	return f->free_kib < memory_of(n);
}

static bool lacks_pages(const struct target_need *n, const struct target_facts *f)
{
	return n->page_kib && f->free_pages < n->pages;
}

static const struct {
	const char *word, *sentence;
	bool (*refuses)(const struct target_need *n, const struct target_facts *f);
} rules[] = {
	[TARGET_GOOD] = {"good", "proved better than this host, and has room", NULL},
	[TARGET_UNREACHED] = {"unreachable", "libvirt does not answer there", is_unreached},
	[TARGET_SAME] = {"same-host", "it is this host", is_same},
	[TARGET_NO_REPORT] = {"no-report", "what avicd says there cannot be read", has_no_report},
	[TARGET_STALE] = {"stale", "what avicd says there is too old, or unknown", is_stale},
	[TARGET_AVIC] = {"avic-off", "AVIC is not in use there, as far as is known", has_avic_off},
	[TARGET_EXPOSED] = {"exposed", "that its kernel has no bug that the VM can meet is not proved", is_exposed},
	[TARGET_IDS] = {"apic-ids", "AVIC there does not carry the VM's APIC ids", has_few_ids},
	[TARGET_CPU] = {"cpu", "it cannot run the VM's CPU, as far as is known", has_other_cpu},
	[TARGET_MACHINE] = {"machine", "it does not know the machine type with so many vCPUs", lacks_machine},
	[TARGET_MEMORY] = {"memory", "it has too little memory free", lacks_memory},
	[TARGET_PAGES] = {"hugepages", "it has too few hugepages free", lacks_pages},
};
static_assert(ARRAY_SIZE(rules) == _TARGET_MAX, "each rule has its words");

const char *target_rule_to_string(enum target_rule r)
{
	return r < _TARGET_MAX ? rules[r].word : "unknown-rule";
}

const char *target_rule_sentence(enum target_rule r)
{
	return r < _TARGET_MAX ? rules[r].sentence : "";
}

enum target_rule target_judge(const struct target_need *need, const struct target_facts *f, int64_t *ret_score)
{
	for (enum target_rule r = TARGET_GOOD + 1; r < _TARGET_MAX; r++)
		if (rules[r].refuses(need, f))
			return r;
	*ret_score = (int64_t)MIN(f->free_kib - memory_of(need), (uint64_t)INT64_MAX / 2) - f->stuck * STUCK_KIB -
		     f->jobs * JOB_KIB;
	return TARGET_GOOD;
}
