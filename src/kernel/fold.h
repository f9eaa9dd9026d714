/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries in memory, for the sources that have no BPF program to keep them: `tracefs` and `recorded`. */
#ifndef KERNEL_FOLD_H
#define KERNEL_FOLD_H

#include "avicd/hash.h"
#include "avicd/trace.h"
#include "avicd/tracetext.h"

struct fold {
	struct hash vms; /* tgid -> struct entry */
	struct entry_params params;
	struct trace_stats stats;
	trace_changed_fn fn; /* valid while records are folded */
	void *userdata;
};

void fold_init(struct fold *f, const struct trace_settings *settings);
void fold_done(struct fold *f);
/*
 * fold_inhibit(), fold_reset() - one record of process @tgid, which started at @start; @now is CLOCK_MONOTONIC. A
 * process of another start is another one: its entry is begun anew. Calls fold->fn when a reader should look.
 * -ENOSPC, -ENOMEM: counted as lost.
 */
int fold_inhibit(struct fold *f, int32_t tgid, uint64_t start, uint64_t now, const struct trace_record *r);
int fold_reset(struct fold *f, int32_t tgid, uint64_t start, uint64_t now, bool ran);
/* fold_lost() - @n records were lost; the reader is told to read all. */
void fold_lost(struct fold *f, uint64_t n);
int fold_read(const struct fold *f, int32_t tgid, struct entry *ret);
int fold_read_all(const struct fold *f, trace_entry_fn fn, void *userdata);
int fold_forget(struct fold *f, int32_t tgid);
void fold_stats(const struct fold *f, struct trace_stats *ret);

#endif
