/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs: made as QEMU makes them, run, left, closed. VM ioctls are the main thread's. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm-guest.h"
#include "vmm-machine.h"
#include "vmm.h"

int machine_ioctl(struct machine *m, unsigned long request, const char *name, void *arg)
{
	int r = ioctl(m->fd, request, arg);

	return r < 0 ? fail(errno, "%s: %s", name, strerror(errno)) : r;
}

int vcpu_run_on_all(struct machine *m, vcpu_job *job, void *arg)
{
	int r = 0;

	for (unsigned int i = 0; i < m->n_vcpus && r == 0; i++)
		r = vcpu_run_on(m->vcpu[i], job, arg);
	return r;
}

void machine_set_running(struct machine *m, bool running)
{
	for (unsigned int i = 0; i < m->n_vcpus; i++)
		vcpu_set_running(m->vcpu[i], running);
}

int machine_add_vcpu(struct machine *m, unsigned int id)
{
	int r = m->n_vcpus < MACHINE_VCPUS_MAX
			? vcpu_new(m, id, &m->vcpu[m->n_vcpus])
			: fail(ENOSPC, "a VM of this VMM has at most %d vCPUs", MACHINE_VCPUS_MAX);

	if (r == 0)
		m->n_vcpus++;
	return r;
}

static void machine_free(struct machine *m)
{
	if (m->irqwin.active)
		timer_delete(m->irqwin.ticks);
	while (m->n_vcpus > 0)
		vcpu_free(m->vcpu[--m->n_vcpus]);
	if (m->fd >= 0)
		close(m->fd);
	if (m->memory)
		munmap(m->memory, MACHINE_MEMORY);
	if (m->kvm >= 0)
		close(m->kvm);
	free(m);
}

static int machine_make_irqchip(struct machine *m)
{
	struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {24}};
	struct kvm_enable_cap x2apic = {.cap = KVM_CAP_X2APIC_API, .args = {m->options.x2apic_api}};
	int r;

	if (m->options.irqchip == IRQCHIP_NONE)
		return 0;
	r = m->options.irqchip == IRQCHIP_SPLIT ? MACHINE_IOCTL(m, KVM_ENABLE_CAP, &split)
						: MACHINE_IOCTL(m, KVM_CREATE_IRQCHIP, NULL);
	return r < 0 ? r : MACHINE_IOCTL(m, KVM_ENABLE_CAP, &x2apic);
}

static int machine_fill(struct machine *m)
{
	struct kvm_userspace_memory_region region = {.memory_size = MACHINE_MEMORY};
	int r;

	m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (m->kvm < 0)
		return fail(errno, "/dev/kvm: %s; are kvm and kvm_amd loaded?", strerror(errno));
	m->fd = ioctl(m->kvm, KVM_CREATE_VM, 0);
	if (m->fd < 0)
		return fail(errno, "KVM_CREATE_VM: %s", strerror(errno));
	m->memory = mmap(NULL, MACHINE_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->memory == MAP_FAILED) {
		m->memory = NULL;
		return fail(errno, "memory of the guest: %s", strerror(errno));
	}
	guest_load(m->memory);
	region.userspace_addr = (uintptr_t)m->memory;
	r = MACHINE_IOCTL(m, KVM_SET_USER_MEMORY_REGION, &region);
	if (r < 0)
		return r;
	r = machine_make_irqchip(m);
	if (r < 0)
		return r;
	if (m->options.first && ioctl(m->fd, KVM_SET_BOOT_CPU_ID, (unsigned long)m->options.first) < 0)
		return fail(errno, "KVM_SET_BOOT_CPU_ID: %s", strerror(errno));
	for (unsigned int i = 0; i < m->options.n_vcpus; i++) {
		r = machine_add_vcpu(m, m->options.first + i);
		if (r)
			return r;
	}
	return 0;
}

static int machine_new(const struct machine_options *o, struct machine **ret)
{
	struct machine *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return fail(ENOMEM, "no memory");
	m->kvm = m->fd = -1;
	m->options = *o;
	r = machine_fill(m);
	if (r)
		machine_free(m);
	else
		*ret = m;
	return r;
}

int machine_has(struct machine *m)
{
	return m ? 0 : fail(ENOENT, "there is no VM: create, or again");
}

int machine_quiet(struct machine *m)
{
	int r = machine_has(m);

	return !r && m->irqwin.active ? fail(EBUSY, "IRQ windows are being made: irqwin-stop first") : r;
}

/* ---- verbs ------------------------------------------------------------------------------------------------------ */
/* The options of the last VM, for `again`. */
static struct machine_options last_options = {.n_vcpus = 2, .x2apic_api = 3};

int verb_create(struct machine **vm, const struct words *w)
{
	static const char *const irqchips[] = {"kernel", "split", "none"};
	struct machine_options o = {.x2apic_api = 3};
	const char *irqchip = words_value(w, "irqchip");
	uint64_t n = 2, first = 0;
	unsigned int i = 0;
	int r;

	if ((r = words_number(w, "vcpus", &n)) || (r = words_number(w, "first", &first)) ||
	    (r = words_number(w, "x2apic-api", &o.x2apic_api)) || (r = words_seconds(w, "late", &o.late)))
		return r;
	if (n > MACHINE_VCPUS_MAX)
		return fail(EINVAL, "vcpus=%llu: at most %d", (unsigned long long)n, MACHINE_VCPUS_MAX);
	if (irqchip)
		while (i < 3 && strcmp(irqchip, irqchips[i]) != 0)
			i++;
	if (i == 3)
		return fail(EINVAL, "irqchip=%s: it is kernel, split or none", irqchip);
	o.n_vcpus = (unsigned int)n;
	o.first = (unsigned int)first;
	o.irqchip = (enum irqchip)i;
	o.busy = words_have(w, "busy");
	last_options = o;
	return machine_new(&o, vm);
}

int verb_close(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm);

	if (r)
		return r;
	machine_free(*vm);
	*vm = NULL;
	return 0;
}

int verb_again(struct machine **vm, const struct words *w)
{
	if (*vm)
		machine_free(*vm);
	*vm = NULL;
	return machine_new(&last_options, vm);
}

int verb_run(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm);

	if (r)
		return r;
	if (w->n)
		(*vm)->options.busy = words_have(w, "busy");
	machine_set_running(*vm, true);
	return 0;
}

int verb_stop(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm);

	if (r == 0)
		machine_set_running(*vm, false);
	return r;
}

int verb_alive(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm);
	uint64_t until = now_ns() + 5000000000;

	for (unsigned int i = 0; !r && i < (*vm)->n_vcpus; i++) {
		struct vcpu *v = (*vm)->vcpu[i];
		uint64_t before;
		bool same;

		vcpu_lock();
		before = v->exits;
		do {
			vcpu_wait(0.01);
			same = v->exits < before + 2;
		} while (same && now_ns() < until);
		vcpu_unlock();
		if (same)
			r = fail(ETIMEDOUT, "vCPU %u has done nothing for 5 seconds", v->id);
	}
	return r;
}

int verb_pids(struct machine **vm, const struct words *w)
{
	say(" %d", (int)getpid());
	for (unsigned int i = 0; *vm && i < (*vm)->n_vcpus; i++)
		say(" %d", (int)(*vm)->vcpu[i]->tid);
	return 0;
}

int vcpu_pick(struct machine *m, const struct words *w, struct vcpu **ret)
{
	uint64_t id;
	int r = machine_has(m);

	if (r)
		return r;
	if (m->n_vcpus == 0)
		return fail(ENOENT, "this VM has no vCPU");
	id = m->vcpu[m->n_vcpus - 1]->id;
	r = words_number(w, "vcpu", &id);
	for (unsigned int i = 0; !r && i < m->n_vcpus; i++)
		if (m->vcpu[i]->id == id) {
			*ret = m->vcpu[i];
			return 0;
		}
	return r ? r : fail(ENOENT, "there is no vCPU %llu", (unsigned long long)id);
}
