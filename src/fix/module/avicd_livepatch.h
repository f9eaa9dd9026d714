/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of avicd_livepatch.ko share. */
#ifndef AVICD_LIVEPATCH_H
#define AVICD_LIVEPATCH_H

#include <linux/types.h>

struct kernel_param_ops;
struct kvm;
struct kvm_lapic;
struct kvm_vcpu;

/*
 * vm.c: reading. struct kvm_lapic is private to KVM; where its fields `vcpu` and `regs` lie is told at load. Nothing
 * that it points to is believed: each read may fail.
 */
extern unsigned int lapic_vcpu_offset, lapic_regs_offset;
/* lapic_vcpu() - the vCPU of this APIC, NULL where what lies at the offset is no vCPU whose APIC it is */
struct kvm_vcpu *lapic_vcpu(const struct kvm_lapic *lapic);
/* lapic_id() - its APIC ID register, all 32 bits; false where there is no page of registers at the offset */
bool lapic_id(const struct kvm_lapic *lapic, u32 *ret);
/* id_is_right() - in the format of xAPIC, or in that of x2APIC */
bool id_is_right(const struct kvm_vcpu *vcpu, u32 id);

/*
 * vm_heal() - clears APIC_ID_MODIFIED of this VM if each id is right. 0: cleared. -EALREADY: it is not set. -EPERM: an
 * id is wrong, so the guest, or its VMM, has changed it. -EAGAIN: one became wrong meanwhile; the bit is set again.
 * Sleeps; of the VM's locks it takes apicv_update_lock alone. The caller holds a reference to the VM.
 */
int vm_heal(struct kvm *kvm);

/* process.c: the parameter heal_tgid; it refuses (-EBUSY) until process_ready says that the module is there. */
extern const struct kernel_param_ops heal_tgid_ops;
extern bool process_ready;

#endif
