/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a VM may be migrated to: a host that is proved better than this one. Pure: the facts are read by who can reach the host (src/job).
 * What is not known of a target speaks against it.
 */
#ifndef AVICD_TARGET_H
#define AVICD_TARGET_H

#include "avicd/verdict.h"

struct target_need {
	uint64_t memory_kib;
	uint32_t vcpus;
	int max_apic_id;	/* the highest that the VM has; -1 = not known */
	uint64_t page_kib;	/* of the hugepages it is backed by; 0 = none */
	uint64_t pages;		/* how many of them, over all cells */
};
struct target_facts {
	bool reached;		/* libvirt answers there */
	bool same_host;		/* its host UUID is ours */
	bool reported;		/* a host.json could be read, */
	bool fresh;		/* and is not older than 3 x its resync_interval, nor of another boot */
	enum health health;
	enum tristate avic;	/* avic.effective */
	int max_id;		/* avic.max_id; -1 = not known */
	bool vulnerable;	/* a bug is proved there and not patched away */
	bool fixed[_PROBE_BUG_MAX]; /* it is proved that the bug is not there */
	uint32_t stuck, vms;	/* how many are */
	enum tristate cpu;	/* can run the VM's CPU (virConnectCompareHypervisorCPU) */
	enum tristate machine;	/* knows its machine type, with so many vCPUs (domain capabilities) */
	uint64_t free_kib;
	uint64_t free_pages;	/* of page_kib, over all cells */
	uint32_t jobs;		/* incoming migrations under way, as far as can be seen */
};
/* Why not, each with a word and a phrase in src/core/target.c. */
enum target_rule {
	TARGET_GOOD,
	TARGET_UNREACHED,  /* unreachable */
	TARGET_SAME,	   /* same-host */
	TARGET_NO_REPORT,  /* no-report: what avicd says there cannot be read */
	TARGET_STALE,	   /* stale */
	TARGET_AVIC,	   /* avic-off: not in use there, or not known */
	TARGET_EXPOSED,	   /* exposed: it has a bug, or that it has none of those that the VM can meet is not proved */
	TARGET_IDS,	   /* apic-ids: above what AVIC carries there */
	TARGET_CPU,	   /* cpu */
	TARGET_MACHINE,	   /* machine */
	TARGET_MEMORY,	   /* memory: less free than the VM needs and an eighth more */
	TARGET_PAGES,	   /* hugepages */
	_TARGET_MAX,
};
const char *target_rule_to_string(enum target_rule r);
const char *target_rule_sentence(enum target_rule r);
/* target_judge() - the first rule that refuses. *ret_score: of a good one, more is better: memory that stays free, few VMs stuck, no job. */
enum target_rule target_judge(const struct target_need *need, const struct target_facts *f, int64_t *ret_score);

#endif
