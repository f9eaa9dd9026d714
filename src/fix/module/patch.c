// SPDX-License-Identifier: GPL-2.0
/*
 * A livepatch for hosts whose KVM takes AVIC (or APICv) away from a VM for good although nobody changed an APIC's id.
 *
 * DOC: Theory of Operation
 *
 * From 3743c2f02517 on KVM inhibits AVIC with APIC_ID_MODIFIED when a guest in xAPIC mode has another id than its vCPU:
 * AVIC's tables know one id only. Three bugs make it see a change where there is none, and up to 6.2 nothing clears the
 * bit while the VM lives:
 *
 *   1  before ef40757743b4: KVM_SET_LAPIC compares the registers that it is about to replace, and KVM_GET_LAPIC
 *      compares, too. A VMM that resets a vCPU out of x2APIC mode writes the mode first and the registers then, so that
 *      they still hold the id in the format of x2APIC: 1, not 1 << 24.
 *   2  before a58a66afc464: an APIC that is disabled is compared, too. It has no id that anybody could use, and gets
 *      its own again when it is enabled.
 *   3  before f651a0089548: the 8 bits of xAPIC are compared with the 32 of the vCPU's id.
 *
 * All go through one function, kvm_lapic_xapic_id_updated(), and it alone is replaced. 2 and 3 are put right as in
 * mainline. 1 sits in the callers, which cannot be replaced without much of KVM's insides; so the new function takes
 * the format of x2APIC for right. No guest can write that: in xAPIC mode it writes bits 31 to 24 alone, and those were
 * enough to be right for vCPU 0. A VMM can.
 *
 * What remains, on a kernel with bug 1:
 * - A VMM's real change of an id is noticed at its next KVM_GET_LAPIC or KVM_SET_LAPIC, as the registers of before are
 *   looked at. A guest's own is noticed at once.
 * - A VMM that leaves x2APIC mode and lets the guest run with the register as it was is not noticed. Such a guest finds
 *   the id 0 on each of its first 255 vCPUs, with AVIC or without.
 *
 * The bit of a VM that is stuck already is cleared when the function is called for it the next time, at its next reset
 * (vm.c; parameter `heal`), or when its process is named (process.c; parameter `heal_tgid`).
 *
 * struct kvm_lapic is in no header for modules: `vcpu` and `regs` say where these two fields lie. They come from the
 * BTF of the running kvm. All else, and the number of the reason, comes from the headers of the kernel that the module
 * is built for, which its version magic and the checksums of KVM's symbols tie it to.
 *
 * This module uses symbols of kvm, and so kvm cannot be unloaded while it is there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <asm/apicdef.h>

#include "avicd_livepatch.h"

/* Beyond any struct kvm_lapic: some 200 bytes, more with lock debugging. */
#define LAPIC_SIZE_MAX 1024
#define OFFSET_NONE    UINT_MAX

unsigned int lapic_vcpu_offset = OFFSET_NONE, lapic_regs_offset = OFFSET_NONE;
static bool heal = true;
bool process_ready;

module_param_named(vcpu, lapic_vcpu_offset, uint, 0444);
MODULE_PARM_DESC(vcpu, "byte offset of vcpu in struct kvm_lapic, from the BTF of kvm; must be given");
module_param_named(regs, lapic_regs_offset, uint, 0444);
MODULE_PARM_DESC(regs, "byte offset of regs in struct kvm_lapic, from the BTF of kvm; must be given");
module_param(heal, bool, 0644);
MODULE_PARM_DESC(heal, "clear APIC_ID_MODIFIED at a VM's next reset if all ids are right (default: Y)");
#ifdef AVICD_HEAL_TGID
/* Not readable: there is nothing to tell. */
module_param_cb(heal_tgid, &heal_tgid_ops, NULL, 0200);
MODULE_PARM_DESC(heal_tgid, "written: the process whose VMs are healed at once");
#endif

/*
 * Where an offset turns out to be wrong. The function must still do one of two things, and only one of them is always
 * correct: a VM without AVIC is slow, one with AVIC and a changed id sends interrupts to the wrong vCPU. So it does
 * what the function did that it replaces, at its simplest: it compares the register's bits 31 to 24 with the vCPU's
 * id, whether the APIC is enabled or not, and inhibits if they differ, or if the register cannot be read. The vCPU is
 * then the one that this CPU has loaded, as all callers are in an ioctl of a vCPU, its own; is that not so, there is
 * no VM to inhibit. Nothing is healed. Whoever loaded the module finds that the bug is still there, and takes it
 * away.
 */
static void as_before(const struct kvm_lapic *lapic)
{
	struct kvm_vcpu *vcpu = kvm_get_running_vcpu();
	u32 id;

	pr_err_once("vcpu=%u regs=%u do not fit struct kvm_lapic of this kernel: disable and unload this livepatch\n",
		    lapic_vcpu_offset, lapic_regs_offset);
	if (!vcpu || vcpu->arch.apic != lapic)
		return;
	if (!lapic_id(lapic, &id) || id >> 24 != vcpu->vcpu_id)
		kvm_set_apicv_inhibit(vcpu->kvm, APICV_INHIBIT_REASON_APIC_ID_MODIFIED);
}

/* In the place of KVM's. Called by a vCPU's own thread, which holds vcpu->mutex. */
static void avicd_xapic_id_updated(struct kvm_lapic *lapic)
{
	struct kvm_vcpu *vcpu = lapic_vcpu(lapic);
	u32 id;

	if (!vcpu || !lapic_id(lapic, &id)) {
		as_before(lapic);
		return;
	}
	if (!(vcpu->arch.apic_base & MSR_IA32_APICBASE_ENABLE) || (vcpu->arch.apic_base & X2APIC_ENABLE))
		return;
	if (!id_is_right(vcpu, id))
		kvm_set_apicv_inhibit(vcpu->kvm, APICV_INHIBIT_REASON_APIC_ID_MODIFIED);
	else if (READ_ONCE(heal))
		vm_heal(vcpu->kvm);
}

static struct klp_func funcs[] = {
	{.old_name = "kvm_lapic_xapic_id_updated", .new_func = avicd_xapic_id_updated},
	{},
};

static struct klp_object objs[] = {
	{.name = "kvm", .funcs = funcs},
	{},
};

/* Not .replace: that would take away other livepatches, of the distribution's. */
static struct klp_patch patch = {.mod = THIS_MODULE, .objs = objs};

static bool offset_is_possible(unsigned int offset)
{
	return offset <= LAPIC_SIZE_MAX - sizeof(void *) && IS_ALIGNED(offset, sizeof(void *));
}

static int __init avicd_livepatch_init(void)
{
	int r;

	if (!offset_is_possible(lapic_vcpu_offset) || !offset_is_possible(lapic_regs_offset) ||
	    lapic_vcpu_offset == lapic_regs_offset) {
		pr_err("not loaded: vcpu= and regs= must be the offsets of these fields in struct kvm_lapic\n");
		return -EINVAL;
	}
	r = klp_enable_patch(&patch);
	if (r == 0)
		WRITE_ONCE(process_ready, true);
	return r;
}

/* Called only when the patch is disabled, and no task is in it any more. */
static void __exit avicd_livepatch_exit(void)
{
}

module_init(avicd_livepatch_init);
module_exit(avicd_livepatch_exit);
MODULE_DESCRIPTION("KVM: no false APIC_ID_MODIFIED, which takes AVIC away from a VM");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
