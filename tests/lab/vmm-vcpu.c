/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vCPU's own thread (vmm-thread.c) asks of KVM to make the vCPU, and what all ioctls of vCPUs go through. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "vmm-guest.h"
#include "vmm-machine.h"
#include "vmm.h"

#define CPUID_ENTRIES 256
#define CPUID1_X2APIC (1u << 21)

int vcpu_ioctl(struct vcpu *v, unsigned long request, const char *name, void *arg)
{
	int r = ioctl(v->fd, request, arg);

	return r < 0 ? fail(errno, "%s of vCPU %u: %s", name, v->id, strerror(errno)) : r;
}

int vcpu_set_msr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	union {
		struct kvm_msrs msrs;
		char space[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	} one = {.space = {0}};
	int r;

	one.msrs.nmsrs = 1;
	one.msrs.entries[0].index = msr;
	one.msrs.entries[0].data = value;
	r = VCPU_IOCTL(v, KVM_SET_MSRS, &one);
	return r == 0  ? fail(EINVAL, "KVM_SET_MSRS of vCPU %u: 0x%x = 0x%llx is refused", v->id, msr,
			      (unsigned long long)value)
	       : r < 0 ? r
		       : 0;
}

int vcpu_start_at(struct vcpu *v, uint16_t ip)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = {.rip = ip, .rsp = GUEST_STACK, .rflags = 2};
	int r = VCPU_IOCTL(v, KVM_GET_SREGS, &sregs);

	if (r < 0)
		return r;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.es.base = APIC_BASE;
	sregs.es.selector = 0;
	r = VCPU_IOCTL(v, KVM_SET_SREGS, &sregs);
	return r < 0 ? r : VCPU_IOCTL(v, KVM_SET_REGS, &regs);
}

int vcpu_create(struct vcpu *v)
{
	union {
		struct kvm_cpuid2 list;
		char space[sizeof(struct kvm_cpuid2) + CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2)];
	} cpuid = {.space = {0}};
	struct machine *m = v->machine;
	int r;

	v->fd = ioctl(m->fd, KVM_CREATE_VCPU, (unsigned long)v->id);
	if (v->fd < 0)
		return fail(errno, "KVM_CREATE_VCPU %u: %s%s", v->id, strerror(errno),
			    v->id > 254 ? "; an id above 254 needs x2AVIC: lab_x2avic.ko, loaded before kvm_amd" : "");
	r = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (r < 0)
		return fail(errno, "KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
	v->run_size = (size_t)r;
	v->run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED) {
		v->run = NULL;
		return fail(errno, "mmap of vCPU %u: %s", v->id, strerror(errno));
	}
	cpuid.list.nent = CPUID_ENTRIES;
	if (ioctl(m->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0)
		return fail(errno, "KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
	for (unsigned int i = 0; i < cpuid.list.nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid.list.entries[i];

		if (e->function == 1) {
			e->ecx |= CPUID1_X2APIC;
			e->ebx = (e->ebx & 0xffffff) | v->id << 24;
		} else if (e->function == 0xb) {
			e->edx = v->id;
		}
	}
	r = VCPU_IOCTL(v, KVM_SET_CPUID2, &cpuid);
	return r < 0 ? r : 0;
}

int vcpu_prepare(struct vcpu *v, void *arg)
{
	struct kvm_mp_state mp = {.mp_state = KVM_MP_STATE_RUNNABLE};
	int r = vcpu_start_at(v, guest_entry(GUEST_LOOP));

	if (r == 0)
		r = vcpu_set_msr(v, 0x10, 0);
	if (r == 0 && v->machine->options.irqchip != IRQCHIP_NONE)
		r = VCPU_IOCTL(v, KVM_SET_MP_STATE, &mp);
	return r;
}
