/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel facts from BTF: reason numbers, and offsets of the few fields of struct kvm, kvm_vcpu and kvm_lapic that are read.
 *
 * All drift between kernels lives here. The files are world-readable; nothing needs a capability.
 */
#ifndef AVICD_BTF_H
#define AVICD_BTF_H

#include "avicd/reasons.h"

struct btf;

/* Byte offsets; -1 where the kernel has no such field. */
struct kvm_offsets {
	int32_t kvm_mask;           /* kvm.arch.apicv_inhibit_reasons */
	int32_t kvm_mm;             /* kvm.mm */
	int32_t kvm_created_vcpus;  /* kvm.created_vcpus */
	int32_t vcpu_kvm;           /* kvm_vcpu.kvm */
	int32_t vcpu_id;            /* kvm_vcpu.vcpu_id */
	int32_t vcpu_apic;          /* kvm_vcpu.arch.apic */
	int32_t vcpu_apic_base;     /* kvm_vcpu.arch.apic_base */
	int32_t vcpu_apicv_active;  /* kvm_vcpu.arch.apicv_active (up to 5.19) */
	int32_t lapic_regs;         /* kvm_lapic.regs */
	int32_t lapic_apicv_active; /* kvm_lapic.apicv_active (6.0 on) */
	int32_t lapic_vcpu;         /* kvm_lapic.vcpu; for the livepatch module */
};

struct kernel_btf {
	struct btf *vmlinux; /* NULL: kernel without BTF */
	struct btf *kvm;     /* split BTF of the module, NULL when kvm is built in or not loaded */
};

/* kernel_btf_open() - /sys/kernel/btf/vmlinux and kvm below the sysroot. -ENOENT, -EINVAL. */
int kernel_btf_open(struct kernel_btf *ret);
/* kernel_btf_open_files() - fixtures. @kvm may be NULL. */
int kernel_btf_open_files(const char *vmlinux, const char *kvm, struct kernel_btf *ret);
void kernel_btf_close(struct kernel_btf *b);
/* btf_numbering() - from enum kvm_apicv_inhibit; -ENOENT when the kernel has none (before 5.18). */
int btf_numbering(const struct kernel_btf *b, const char *release, struct numbering *ret);
/* btf_offsets() - -ENOENT when kvm_mask, the one field without which nothing works, is missing. */
int btf_offsets(const struct kernel_btf *b, struct kvm_offsets *ret);

/*
 * event_format_numbering() - from the text of events/kvm/kvm_apicv_inhibit_changed/format: 6.11 and later list the names in order.
 * -ENOENT: no names in it (before 6.11).
 */
int event_format_numbering(const char *format, const char *release, struct numbering *ret);
/* kernel_numbering() - of the running kernel (below the sysroot): BTF, then format, then the table by release. -EOPNOTSUPP before 5.18. */
int kernel_numbering(struct numbering *ret);

#endif
