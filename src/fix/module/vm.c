// SPDX-License-Identifier: GPL-2.0
/*
 * The ids of a VM's APICs, and healing a VM in which they are right.
 *
 * DOC: Healing
 *
 * A VM whose ids are all right needs no APIC_ID_MODIFIED. 6.3 and later clear it then, too (d471bd853d38); it makes no
 * difference whether the bit was ever justified. So a guest that wrote another id and put its own back, as Linux did at
 * boot before 4399c03c6780, gets AVIC back as well. An id is right in either format, as in patch.c, and that of an APIC
 * that is disabled is: KVM gives it its own when it is enabled.
 *
 * DOC: Locking
 *
 * The bit is written by kvm_set_or_clear_apicv_inhibit() alone, under kvm->arch.apicv_update_lock, and by that function
 * it is cleared here. It may sleep, and takes kvm->srcu and mmu_lock itself where it needs them; KVM calls it from
 * ioctls of the VM (KVM_REINJECT_CONTROL) and of vCPUs, so both callers of vm_heal(), a vCPU's thread in such an ioctl
 * or in KVM_RUN, and a write to sysfs, are as good.
 *
 * vcpu->mutex is never taken: KVM_RUN holds it for as long as the guest likes, and our own thread has one already. Nor
 * is kvm->lock, which is taken before it. So ids change while they are looked at: other vCPUs' threads write them, in
 * ioctls or for their guest. What counts is that in the end a wrong id has its bit.
 *
 *   A, who heals:  bit set? ids right?  [lock] clear [unlock]  ids right? if not: [lock] set [unlock]
 *   B, a vCPU:     writes its id        [lock] set [unlock]
 *
 * B writes its id first, and then calls kvm_lapic_xapic_id_updated(), which sets. If that comes after A's clear in the
 * order of the lock, the bit is set. If before, A's taking the lock comes after B's giving it back, and so A's second
 * look sees B's id, and A sets the bit. The same holds for each of several who heal: the last clear is followed by a
 * second look that sees every id whose bit it took away. Reads are single loads of 32 aligned bits; the lock orders
 * them; nothing else needs a barrier.
 *
 * The array of vCPUs: entries are added, and removed only with the VM, which the caller holds. One of them is complete,
 * with its APIC, when online_vcpus counts it. While there is none, kvm_for_each_vcpu() of some kernels has no end: it
 * is not called then.
 *
 * What remains:
 * - Between A's clear and its second look a wrong id has no bit: microseconds, as on each kernel between the write of
 *   an id and the bit.
 * - KVM_SET_LAPIC copies the whole page of registers. An id that is copied by half may look wrong, or right; but
 *   after the copy B's set follows, as above.
 * - Mode and id are two reads, so a vCPU that changes its mode between them may look wrong. Then the VM is not healed
 *   this time, or the bit is set again at the second look and cleared the next time.
 * - With bug 1 B sets nothing when a VMM writes an id; it does so at the next KVM_GET_LAPIC or KVM_SET_LAPIC. That is
 *   patch.c's remainder and not of healing. A reset that brings a wrong id heals before it brings it.
 * - A VMM that makes ioctls on a vCPU in the moment before KVM counts it as there. It harms its own VM.
 * - A guest that changes an id back and forth switches AVIC off and on each time, as it can on 6.3 and later.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>
#include <asm/apicdef.h>

#include "avicd_livepatch.h"

/* The pointer at this offset, whatever is there; NULL where nothing can be read. */
static void *pointer_at(const struct kvm_lapic *lapic, unsigned int offset)
{
	void *p;

	return copy_from_kernel_nofault(&p, (const char *)lapic + offset, sizeof(p)) ? NULL : p;
}

struct kvm_vcpu *lapic_vcpu(const struct kvm_lapic *lapic)
{
	struct kvm_vcpu *vcpu = pointer_at(lapic, lapic_vcpu_offset);
	struct kvm_lapic *its;

	if (!vcpu || copy_from_kernel_nofault(&its, &vcpu->arch.apic, sizeof(its)) || its != lapic)
		return NULL;
	return vcpu;
}

bool lapic_id(const struct kvm_lapic *lapic, u32 *ret)
{
	const char *regs = pointer_at(lapic, lapic_regs_offset);

	/* KVM has a page for them. */
	if (!regs || !PAGE_ALIGNED(regs))
		return false;
	return copy_from_kernel_nofault(ret, regs + APIC_ID, sizeof(*ret)) == 0;
}

bool id_is_right(const struct kvm_vcpu *vcpu, u32 id)
{
	return id >> 24 == (u8)vcpu->vcpu_id || id == vcpu->vcpu_id;
}

static bool vcpu_is_right(const struct kvm_vcpu *vcpu)
{
	const struct kvm_lapic *lapic = vcpu->arch.apic;
	u64 base = READ_ONCE(vcpu->arch.apic_base);
	u32 id;

	/* Without an APIC in KVM, or with one that is off, there is no id. */
	if (!lapic || !(base & MSR_IA32_APICBASE_ENABLE))
		return true;
	/* With offsets that are wrong nothing is known. */
	if (lapic_vcpu(lapic) != vcpu || !lapic_id(lapic, &id))
		return false;
	return base & X2APIC_ENABLE ? id == vcpu->vcpu_id : id_is_right(vcpu, id);
}

static bool vm_is_right(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (atomic_read(&kvm->online_vcpus) == 0)
		return true;
	kvm_for_each_vcpu (i, vcpu, kvm)
		if (!vcpu_is_right(vcpu))
			return false;
	return true;
}

int vm_heal(struct kvm *kvm)
{
	if (!(READ_ONCE(kvm->arch.apicv_inhibit_reasons) & BIT(APICV_INHIBIT_REASON_APIC_ID_MODIFIED)))
		return -EALREADY;
	if (!vm_is_right(kvm))
		return -EPERM;
	kvm_clear_apicv_inhibit(kvm, APICV_INHIBIT_REASON_APIC_ID_MODIFIED);
	if (vm_is_right(kvm))
		return 0;
	kvm_set_apicv_inhibit(kvm, APICV_INHIBIT_REASON_APIC_ID_MODIFIED);
	return -EAGAIN;
}
