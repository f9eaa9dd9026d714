/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded traces: lines of ftrace (trace, trace_pipe), `trace-cmd report` and `perf script`, and binary trace.dat.
 * Untrusted input: any byte may come; a line that is no record of ours is skipped and counted.
 */
#ifndef AVICD_TRACETEXT_H
#define AVICD_TRACETEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "avicd/reasons.h"
#include "avicd/util.h"

enum trace_record_kind {
	RECORD_INHIBIT, /* kvm_apicv_inhibit_changed */
	RECORD_TSC,	/* kvm_write_tsc_offset */
	RECORD_OLD,	/* kvm_apicv_update_request of 5.17 and older: `set` is !activate, `reason` the bit, no mask */
	RECORD_LOST,	/* "CPU:1 [LOST 42 EVENTS]": `mask` is the number, 0 when it is not said; has no time */
	_RECORD_MAX,
};

struct trace_record {
	enum trace_record_kind kind;
	uint64_t at;  /* ns of the trace clock */
	int32_t tid;  /* -1 when the line has none */
	int32_t tgid; /* -1 when the line has none (ftrace without record-tgid) */
	char comm[32];
	int32_t reason;
	bool set;
	uint64_t mask;
	char names[256];  /* "IRQWIN|PIT_REINJ" as printed from 6.11 on, else "" */
	uint32_t vcpu_id; /* RECORD_TSC */
	uint64_t tsc_offset;
	uint64_t tsc_prev; /* the offset before */
};

/*
 * trace_text_line() - 1: *ret was filled; 0: a line of something else; -EBADMSG: a record of ours that cannot be
 * read.
 */
int trace_text_line(const char *line, size_t len, struct trace_record *ret);

/*
 * trace_file_*: a trace as text or trace.dat (told apart by its first bytes), record by record. trace.dat is read by
 * a process of its own, with limits, because the library that reads it was not made for files that lie.
 */
struct trace_file;
/*
 * trace_file_open() - path, or "-" for stdin. -errno; -EBADMSG: no trace. @why: one sentence with cause and remedy,
 * which the caller frees; may be NULL.
 */
int trace_file_open(const char *path, struct trace_file **ret, char **why);
struct trace_file *trace_file_close(struct trace_file *f);
DEFINE_CLEANUP(struct trace_file, trace_file_close)
/*
 * trace_file_next() - 1 and a record, 0 at the end, negative errno; -EBADMSG: trace.dat is damaged from here on.
 * Records come in the order of the file: times may go back. A record without a time of its own (RECORD_LOST in text)
 * gets that of the one before.
 */
int trace_file_next(struct trace_file *f, struct trace_record *ret);
/* trace_file_rewind() - the next record is the first again. */
int trace_file_rewind(struct trace_file *f);
/* trace_file_skipped() - records of ours that could not be read so far. */
uint64_t trace_file_skipped(const struct trace_file *f);
/*
 * trace_file_format() - "trace.dat", "text". trace_file_release() - kernel release of the recording, NULL if unknown.
 * trace_file_event_format() - print format of the event stored in trace.dat, as the event's format file has it; NULL.
 */
const char *trace_file_format(const struct trace_file *f);
const char *trace_file_release(const struct trace_file *f);
const char *trace_file_event_format(const struct trace_file *f);

/*
 * Inference of the numbering from records, without a kernel at hand: printed names decide where there are any; else
 * the creation signature, the bit that toggles in microseconds (IRQWIN: 7 on 5.19-6.2, 8 on 6.3+), PIT_REINJ and so
 * on narrow the lines.
 */
struct numbering_guess {
	struct numbering numbering; /* the best line */
	uint32_t possible;	    /* BIT(kernel_line) set that fits all records */
	char why[256];		    /* one sentence that states the inference */
};
struct numbering_guess_state {
	uint64_t n, n_old;	    /* records of kvm_apicv_inhibit_changed; of the event before it */
	uint64_t set_alone[64];	    /* records that set this bit */
	uint64_t cleared[64];	    /* records that cleared it, whether it was set or not */
	uint64_t short_toggles[64]; /* set and cleared by one thread within 1 ms */
	uint64_t shortest[64];	    /* the shortest of them, ns */
	uint64_t held[64];	    /* records in which the bit was set and not the one that changed */
	int8_t named[64];	    /* enum reason by printed names; 0 is none, else reason + 1 */
	uint64_t named_mask;	    /* bits that were printed with a name that is not known */
	uint64_t last_set_at[64];
	int32_t last_set_tid[64];
	uint64_t creations; /* "set reason=2, inhibits=0x4" or reason 0, 0x1: kvm_apicv_init() */
	bool create_absent; /* "set reason=2, inhibits=0x4" seen: ABSENT is 2, 5.19 on */
};
void numbering_guess_add(struct numbering_guess_state *s, const struct trace_record *r);
/* numbering_guess() - -ENODATA without any record. */
int numbering_guess(const struct numbering_guess_state *s, struct numbering_guess *ret);
/*
 * trace_file_numbering() - reads the whole file, and rewinds it: what its numbers mean, by the names that the file
 * carries, else by the kernel release in it, else by inference. -ENODATA: no record.
 */
int trace_file_numbering(struct trace_file *f, struct numbering_guess *ret);

/*
 * Which VM a record belongs to. A record with a tgid belongs to that process. Without (ftrace without record-tgid,
 * trace-cmd), threads are joined: a mask is of the whole VM, so a new thread whose first record follows from the mask
 * of one VM, and of one only, is a thread of it ("CPU 0/KVM" beside "qemu-system-x86"). Where several fit, the thread
 * stays a VM of its own and `ambiguous` counts it.
 */
struct trace_vms;
struct trace_vm_ref {
	int32_t key; /* names the VM: tgid, or the first thread seen of it */
	bool by_tgid;
	bool reset;  /* RECORD_TSC: a guest reset, not the creation of the vCPU */
	bool misfit; /* the mask before cannot be followed by this record: records are missing, or VMs were mixed up */
};
int trace_vms_new(const struct numbering *n, struct trace_vms **ret);
struct trace_vms *trace_vms_free(struct trace_vms *v);
DEFINE_CLEANUP(struct trace_vms, trace_vms_free)
/* trace_vms_of() - -ENOENT: of no VM that is known (losses, clock writes before the VM showed); -ENOMEM. */
int trace_vms_of(struct trace_vms *v, const struct trace_record *r, struct trace_vm_ref *ret);
/* trace_vms_ambiguous() - threads that could not be told to belong to one VM. */
uint64_t trace_vms_ambiguous(const struct trace_vms *v);

#endif
