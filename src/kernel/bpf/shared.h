/* SPDX-License-Identifier: GPL-2.0 */
/* What BPF programs and trace_bpf.c exchange, besides struct entry. */
#ifndef AVICD_BPF_SHARED_H
#define AVICD_BPF_SHARED_H

#include "avicd/entry.h"

#define STACK_DEPTH 24

/* ring buffer: "read this VM" */
struct wake {
	__u32 tgid;
	__u32 pad;
};

struct stack_key {
	__u32 tgid;
	__u32 bit;
};

struct stack {
	__u64 start;
	__s64 bytes;
	__u64 ip[STACK_DEPTH];
};

/* As struct kvm_offsets of btf.h: byte offsets, -1 where the kernel has no such field. */
struct offsets {
	__s32 kvm_mask, kvm_mm, kvm_created_vcpus;
	__s32 vcpu_kvm, vcpu_id, vcpu_apic, vcpu_apic_base, vcpu_apicv_active;
	__s32 lapic_regs, lapic_apicv_active;
};

#define SNAP_VM   1
#define SNAP_VCPU 2

/* one record of the snapshot iterator */
struct snap {
	__u32 kind;
	__u32 tgid;
	__u64 start;
	__u64 kvm;
	__u64 mask;          /* SNAP_VM */
	__u32 created_vcpus; /* SNAP_VM */
	__u32 vcpu_id;       /* SNAP_VCPU, from here */
	__u64 apic_base;
	__u32 apic_id;
	__u8 apic_valid;
	__u8 apicv_active;
	__u8 pad[2];
	char comm[16];
};

#endif
