/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else makes KVM inhibit AVIC: debugging, the PIT, Hyper-V's AutoEOI. */
#include <errno.h>
#include <string.h>

#include "vmm-machine.h"
#include "vmm.h"

#define MSR_SCONTROL  0x40000080
#define MSR_SINT0     0x40000090
#define SINT_MASKED   (1u << 16)
#define SINT_AUTO_EOI (1u << 17)

static int debug_vcpu(struct vcpu *v, void *arg)
{
	return VCPU_IOCTL(v, KVM_SET_GUEST_DEBUG, arg);
}

int verb_blockirq(struct machine **vm, const struct words *w)
{
	struct kvm_guest_debug debug = {.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_BLOCKIRQ};
	struct vcpu *v;
	int r = vcpu_pick(*vm, w, &v);

	if (words_have(w, "off"))
		debug.control = 0;
	return r ? r : vcpu_run_on(v, debug_vcpu, &debug);
}

static int auto_eoi(struct vcpu *v, void *arg)
{
	struct kvm_enable_cap synic = {.cap = KVM_CAP_HYPERV_SYNIC2};
	const bool *on = arg;
	int r = VCPU_IOCTL(v, KVM_ENABLE_CAP, &synic);

	if (r == 0)
		r = vcpu_set_msr(v, MSR_SCONTROL, 1);
	return r ? r : vcpu_set_msr(v, MSR_SINT0, *on ? SINT_AUTO_EOI | 0x20 : SINT_MASKED);
}

int verb_autoeoi(struct machine **vm, const struct words *w)
{
	bool on = !words_have(w, "off");
	struct vcpu *v;
	int r = vcpu_pick(*vm, w, &v);

	return r ? r : vcpu_run_on(v, auto_eoi, &on);
}

int verb_pit(struct machine **vm, const struct words *w)
{
	struct kvm_pit_config config = {.flags = 0};
	struct kvm_reinject_control control = {.pit_reinject = !words_have(w, "discard")};
	int r = machine_has(*vm);

	if (r)
		return r;
	if (!(*vm)->has_pit) {
		r = MACHINE_IOCTL(*vm, KVM_CREATE_PIT2, &config);
		if (r < 0)
			return r;
		(*vm)->has_pit = true;
		if (control.pit_reinject) /* so it is made */
			return 0;
	}
	return MACHINE_IOCTL(*vm, KVM_REINJECT_CONTROL, &control);
}
