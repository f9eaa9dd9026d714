/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a recorded trace shows: VMs, how their masks went, and the verdict. analysis.c makes it, analysis_text.c and
 * analysis_json.c print it.
 */
#ifndef AVICCTL_ANALYSIS_H
#define AVICCTL_ANALYSIS_H

#include <json-c/json.h>

#include "avicd/tracetext.h"
#include "avicd/tracker.h"

/* A stretch in which the non-transient reasons of a VM stayed the same. */
struct analysis_segment {
	uint64_t from, to; /* of the recording's clock, ns */
	uint64_t mask;	   /* without transient reasons */
	uint64_t toggles;  /* transient reasons set in it */
	uint64_t resets;   /* guest resets in it */
	bool after_loss;   /* records were lost before it */
};

struct analysis_vm {
	int32_t key;
	bool by_tgid;
	char comm[32]; /* of the thread seen first */
	size_t n_threads;
	uint64_t records, misfits;
	uint64_t first_at, last_at;
	uint64_t fed_at;   /* when the tracker read the entry, its time */
	uint64_t held;	   /* bits that were set before the first record and in all records */
	uint64_t max_rate; /* most changes in a second */
	bool after_loss;   /* the next record is the first after a loss */
	struct analysis_segment *segments;
	size_t n_segments, size_segments, cut_segments;
	struct entry entry;
	struct vm vm; /* the tracker's VM, with the verdict that the whole trace allows */
	bool final;   /* what is set stays set: held throughout, or never cleared by this kernel */
};

struct analysis {
	const char *file;
	char format[16], release[128]; /* release: "" unknown */
	struct numbering_guess guess;
	bool forced; /* numbering by option */
	uint64_t records, old_records, lost, losses, skipped, ambiguous;
	uint64_t unassigned; /* records of no VM that the trace shows */
	bool damaged; /* the file ends in the middle */
	uint64_t first_at, last_at;
	uint64_t old_set[64], old_cleared[64]; /* 5.17 and older: whole-VM changes by reason */
	struct tracker tracker;
	uint64_t now; /* of the tracker */
	struct entry_params params;
	struct trace_vms *chains;
	struct hash by_key, threads;
	struct analysis_vm **vms; /* in the order in which they appear */
	size_t n_vms, size_vms;
};

/*
 * analysis_read() - the whole file. @numbering: NULL to infer it. -ENODATA: no record of ours; -ENOMEM and errors of
 * trace_file_next().
 */
int analysis_read(struct analysis *a, struct trace_file *f, const char *name, const struct numbering *numbering);
void analysis_done(struct analysis *a);
/* analysis_stuck() - how many VMs are stuck. */
size_t analysis_stuck(const struct analysis *a);
/* analysis_label() - "VM 10147 (qemu-system-x86)"; @buf of ANALYSIS_LABEL_MAX; returns buf. */
#define ANALYSIS_LABEL_MAX 64
char *analysis_label(const struct analysis_vm *v, char *buf);
/* analysis_numbers() - whose numbers: "6.3 and later", "6.0-6.2" */
const char *analysis_numbers(const struct analysis *a);
/*
 * analysis_note() - what must be said of the @n-th doubt about the whole trace (losses, damage, mixed VMs); false: no
 * more of them.
 */
bool analysis_note(const struct analysis *a, int n, char *buf, size_t size);
/*
 * analysis_meaning(), analysis_advice() - what the state of the VM means and what to do, in sentences; caller frees.
 * -ENOMEM.
 */
int analysis_meaning(const struct analysis *a, const struct analysis_vm *v, char **ret);
int analysis_advice(const struct analysis *a, const struct analysis_vm *v, char **ret);

void analysis_print(const struct analysis *a);
json_object *analysis_json(const struct analysis *a);

#endif
