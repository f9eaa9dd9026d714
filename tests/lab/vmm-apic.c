/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VMM does to APICs: QEMU's system_reset, the sequences of the three bugs, and real changes of an id or of the base.
 *
 * QEMU's order at a reset: all vCPUs out of KVM_RUN; for each, in its own thread, the APIC's device first, IA32_APICBASE and then KVM_SET_LAPIC;
 * then the registers, the TSC among them, as 1: a 0 would mean "as the other vCPUs have it" to KVM, and reset nothing.
 */
#include <errno.h>
#include <string.h>

#include "vmm-guest.h"
#include "vmm-machine.h"
#include "vmm.h"

#define MSR_TSC	     0x10
#define MSR_APICBASE 0x1b

/* Offsets of APIC registers. */
#define REG_ID	  0x20
#define REG_DFR	  0xe0
#define REG_SPIV  0xf0
#define REG_LVT	  0x320
#define REG_LINT0 0x350

static uint32_t reg_get(const struct kvm_lapic_state *s, unsigned int reg)
{
	uint32_t value;

	memcpy(&value, s->regs + reg, sizeof(value));
	return value;
}

static void reg_set(struct kvm_lapic_state *s, unsigned int reg, uint32_t value)
{
	memcpy(s->regs + reg, &value, sizeof(value));
}

/* ---- jobs of a vCPU --------------------------------------------------------------------------------------------- */
static int set_base(struct vcpu *v, void *arg)
{
	const uint64_t *base = arg;

	return vcpu_set_msr(v, MSR_APICBASE, *base | (v->id == v->machine->options.first ? APIC_BASE_BSP : 0));
}

static int get_lapic(struct vcpu *v, void *arg)
{
	return VCPU_IOCTL(v, KVM_GET_LAPIC, arg);
}

static int get_and_set_lapic(struct vcpu *v, void *arg)
{
	struct kvm_lapic_state s;
	int r = VCPU_IOCTL(v, KVM_GET_LAPIC, &s);

	return r < 0 ? r : VCPU_IOCTL(v, KVM_SET_LAPIC, &s);
}

/* The state after reset, in xAPIC's format: an id above 255 loses its high bits, as in QEMU. */
static int reset_lapic(struct vcpu *v, void *arg)
{
	struct kvm_lapic_state s = {.regs = {0}};

	reg_set(&s, REG_ID, v->id << 24);
	reg_set(&s, REG_DFR, 0xffffffff);
	reg_set(&s, REG_SPIV, 0xff);
	for (unsigned int i = 0; i < 6; i++)
		reg_set(&s, REG_LVT + 0x10 * i, 0x10000);
	/* The PC's PIC reaches the first vCPU from reset on. */
	if (v->id == v->machine->options.first)
		reg_set(&s, REG_LINT0, 0x700);
	return VCPU_IOCTL(v, KVM_SET_LAPIC, &s);
}

static int reset_vcpu(struct vcpu *v, void *arg)
{
	uint64_t base = APIC_BASE | APIC_BASE_ENABLED;
	int r = 0;

	if (v->machine->options.irqchip != IRQCHIP_NONE) {
		r = set_base(v, &base);
		if (r == 0)
			r = reset_lapic(v, NULL);
	}
	if (r == 0)
		r = vcpu_start_at(v, guest_entry(GUEST_LOOP));
	return r ? r : vcpu_set_msr(v, MSR_TSC, *(const uint64_t *)arg);
}

static int set_id(struct vcpu *v, void *arg)
{
	const uint64_t *id = arg;
	struct kvm_lapic_state s;
	int r = VCPU_IOCTL(v, KVM_GET_LAPIC, &s);

	if (r < 0)
		return r;
	reg_set(&s, REG_ID, (uint32_t)*id << 24);
	return VCPU_IOCTL(v, KVM_SET_LAPIC, &s);
}

static int start_writing_id(struct vcpu *v, void *arg)
{
	const uint64_t *id = arg;

	v->id_to_write = (uint32_t)*id << 24;
	v->wrote = false;
	return vcpu_start_at(v, guest_entry(GUEST_WRITE_ID));
}

/* ---- verbs ------------------------------------------------------------------------------------------------------ */
/* paused() - these jobs on all vCPUs, one job after the other, with none in KVM_RUN meanwhile; those that ran go on afterwards. */
static int paused(struct machine *m, vcpu_job *const *jobs, void *const *args)
{
	bool ran[MACHINE_VCPUS_MAX];
	unsigned int n;
	int r = machine_quiet(m);

	if (r)
		return r;
	n = m->n_vcpus;
	for (unsigned int i = 0; i < n; i++)
		ran[i] = vcpu_set_running(m->vcpu[i], false);
	for (unsigned int i = 0; jobs[i] && !r; i++)
		r = vcpu_run_on_all(m, jobs[i], args[i]);
	for (unsigned int i = 0; i < n; i++)
		vcpu_set_running(m->vcpu[i], ran[i]);
	return r;
}

static uint64_t base_x2apic = APIC_BASE | APIC_BASE_ENABLED | APIC_BASE_EXTD,
		base_xapic = APIC_BASE | APIC_BASE_ENABLED, base_disabled = APIC_BASE,
		base_elsewhere = 0xfed00000 | APIC_BASE_ENABLED, tsc_zero = 0, tsc_one = 1;

int verb_reset(struct machine **vm, const struct words *w)
{
	vcpu_job *const jobs[] = {reset_vcpu, NULL};
	void *const args[] = {words_have(w, "old") ? &tsc_zero : &tsc_one};

	return paused(*vm, jobs, args);
}

int verb_x2apic_on(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm);

	return r ? r : vcpu_run_on_all(*vm, set_base, &base_x2apic);
}

int verb_x2apic_reboot(struct machine **vm, const struct words *w)
{
	vcpu_job *const jobs[] = {set_base, reset_vcpu, NULL};
	void *const args[] = {&base_x2apic, &tsc_one};

	return paused(*vm, jobs, args);
}

int verb_disabled_reboot(struct machine **vm, const struct words *w)
{
	vcpu_job *const jobs[] = {set_base, set_base, get_and_set_lapic, reset_vcpu, NULL};
	void *const args[] = {&base_x2apic, &base_disabled, NULL, &tsc_one};

	return paused(*vm, jobs, args);
}

int verb_get_lapic(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm);

	for (unsigned int i = 0; !r && i < (*vm)->n_vcpus; i++) {
		struct kvm_lapic_state s;

		r = vcpu_run_on((*vm)->vcpu[i], get_lapic, &s);
		if (r >= 0)
			say(" 0x%x", reg_get(&s, REG_ID));
	}
	return r;
}

int verb_big_id(struct machine **vm, const struct words *w)
{
	uint64_t id = 300;
	bool running;
	int r = machine_quiet(*vm);

	if (r || (r = words_number(w, NULL, &id)))
		return r;
	/* Whoever runs goes on: also the new one, if the others do. */
	running = (*vm)->n_vcpus > 0 && (*vm)->vcpu[0]->running;
	r = machine_add_vcpu(*vm, (unsigned int)id);
	if (r)
		return r;
	r = vcpu_run_on((*vm)->vcpu[(*vm)->n_vcpus - 1], reset_lapic, NULL);
	vcpu_set_running((*vm)->vcpu[(*vm)->n_vcpus - 1], running);
	return r;
}

static int refuse_x2apic(struct vcpu *v, void *arg)
{
	struct kvm_sregs sregs;
	int r = VCPU_IOCTL(v, KVM_GET_SREGS, &sregs);

	return r < 0 || !(sregs.apic_base & APIC_BASE_EXTD)
		       ? r
		       : fail(EPERM, "in x2APIC mode an id cannot change: reset first");
}

static int id_by_vmm(struct machine *m, const struct words *w, bool restore)
{
	struct vcpu *v;
	uint64_t id;
	int r = vcpu_pick(m, w, &v);

	if (r || (r = vcpu_run_on(v, refuse_x2apic, NULL)))
		return r;
	id = restore ? v->id : v->id + 1;
	if (!restore && (r = words_number(w, NULL, &id)))
		return r;
	return vcpu_run_on(v, set_id, &id);
}

int verb_id_change(struct machine **vm, const struct words *w)
{
	return id_by_vmm(*vm, w, false);
}

int verb_id_restore(struct machine **vm, const struct words *w)
{
	return id_by_vmm(*vm, w, true);
}

static int id_by_guest(struct machine *m, const struct words *w, bool restore)
{
	uint64_t id, until;
	struct vcpu *v;
	bool ran;
	int r = machine_quiet(m);

	if (r || (r = vcpu_pick(m, w, &v)) || (r = vcpu_run_on(v, refuse_x2apic, NULL)))
		return r;
	id = restore ? v->id : v->id + 1;
	if (!restore && (r = words_number(w, NULL, &id)))
		return r;
	ran = vcpu_set_running(v, false);
	r = vcpu_run_on(v, start_writing_id, &id);
	if (r)
		return r;
	vcpu_set_running(v, true);
	until = now_ns() + 5000000000;
	vcpu_lock();
	while (!v->wrote && now_ns() < until)
		vcpu_wait(0.1);
	if (!v->wrote)
		r = fail(ETIMEDOUT, "the guest has not come to it within 5 seconds");
	vcpu_unlock();
	vcpu_set_running(v, ran);
	return r;
}

int verb_guest_id_change(struct machine **vm, const struct words *w)
{
	return id_by_guest(*vm, w, false);
}

int verb_guest_id_restore(struct machine **vm, const struct words *w)
{
	return id_by_guest(*vm, w, true);
}

static int move_base(struct machine *m, const struct words *w, uint64_t *base)
{
	struct vcpu *v;
	int r = vcpu_pick(m, w, &v);

	return r ? r : vcpu_run_on(v, set_base, base);
}

int verb_base_moved(struct machine **vm, const struct words *w)
{
	return move_base(*vm, w, &base_elsewhere);
}

int verb_base_back(struct machine **vm, const struct words *w)
{
	return move_base(*vm, w, &base_xapic);
}
