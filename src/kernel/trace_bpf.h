/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between trace_bpf.c and trace_bpf_open.c. */
#ifndef AVICD_KERNEL_TRACE_BPF_H
#define AVICD_KERNEL_TRACE_BPF_H

#include "avicd/hash.h"
#include "avicd/trace.h"

struct avic_bpf;
struct ring_buffer;
struct bpf_link;

struct trace_bpf {
	struct trace_source source;
	struct avic_bpf *skel;
	struct ring_buffer *ring;
	struct bpf_link *inhibit_link, *tsc_link, *snapshot_link, *stacks_link;
	struct hash excluded;  /* tgid; as in the BPF map */
	uint32_t max_vms;
	uint64_t lost_seen;    /* losses that dispatch has told already */
	uint64_t retired;      /* events of forgotten entries */
	uint64_t tsc, tsc_at;  /* first calibration point */
	trace_changed_fn fn;   /* valid during dispatch */
	void *userdata;
};

extern const struct trace_ops trace_bpf_ops;
/* trace_bpf_on_wake() - callback of the ring buffer; ctx is the struct trace_bpf. */
int trace_bpf_on_wake(void *ctx, void *data, size_t size);
/* trace_bpf_calibrate() - tell the BPF program the host's TSC now; twice, 20 ms apart, before it is attached. */
void trace_bpf_calibrate(struct trace_bpf *b);

#endif
