/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM, and its vCPUs, each with a thread of its own that alone makes the ioctls of that vCPU. */
#ifndef AVICD_LAB_VMM_MACHINE_H
#define AVICD_LAB_VMM_MACHINE_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm-irqwin.h"

#define MACHINE_VCPUS_MAX 64
#define MACHINE_MEMORY	  0x100000
#define APIC_BASE	  0xfee00000ULL
#define APIC_BASE_BSP	  0x100
#define APIC_BASE_EXTD	  0x400
#define APIC_BASE_ENABLED 0x800

enum irqchip {
	IRQCHIP_KERNEL,
	IRQCHIP_SPLIT,
	IRQCHIP_NONE,
};

struct vcpu;
typedef int vcpu_job(struct vcpu *v, void *arg);

struct vcpu {
	struct machine *machine;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	pid_t tid;
	uint32_t id_to_write; /* what the guest writes into its APIC ID register */

	/* below: guarded by vcpu_lock() */
	vcpu_job *job;
	void *job_arg;
	int job_ret;
	bool running;	/* in KVM_RUN whenever there is no job */
	bool gone;	/* the thread ends */
	bool wrote;	/* the guest has written its APIC ID register */
	uint64_t exits; /* proof of life */
};

struct machine_options {
	unsigned int n_vcpus, first;
	enum irqchip irqchip;
	uint64_t x2apic_api;
	bool busy;   /* the guest's polls are answered at once */
	double late; /* seconds between a vCPU's creation and its first state, as where there are many */
};

struct machine {
	int kvm, fd;
	unsigned int n_vcpus;
	struct machine_options options;
	uint8_t *memory;
	struct vcpu *vcpu[MACHINE_VCPUS_MAX];
	bool has_pit;
	struct irqwin irqwin;
};

/* machine_has() - fails where there is no VM. */
int machine_has(struct machine *m);
/* machine_quiet() - the same, and fails while IRQ windows are made: their guest must not be disturbed. */
int machine_quiet(struct machine *m);

int machine_add_vcpu(struct machine *m, unsigned int id);

/* vcpu_new() - its thread, which has created it and made it ready to run; vcpu_free() ends both */
int vcpu_new(struct machine *m, unsigned int id, struct vcpu **ret);
void vcpu_free(struct vcpu *v);

/* vcpu_run_on() - has the vCPU's thread do it, out of KVM_RUN; waits. vcpu_run_on_all() - one vCPU after the other, as QEMU does. */
int vcpu_run_on(struct vcpu *v, vcpu_job *job, void *arg);
int vcpu_run_on_all(struct machine *m, vcpu_job *job, void *arg);

/* vcpu_pick() - what vcpu=ID names: the last one where it was not given, as a bug wants an id that is not 0 */
struct words;
int vcpu_pick(struct machine *m, const struct words *w, struct vcpu **ret);

/* vcpu_set_running() - in KVM_RUN from now on, or not; returns what was before. machine_set_running(): all of them. */
bool vcpu_set_running(struct vcpu *v, bool running);
void machine_set_running(struct machine *m, bool running);

/* The lock, and a wait for what it guards; the latter false at the end of so many seconds. */
void vcpu_lock(void);
void vcpu_unlock(void);
bool vcpu_wait(double seconds);

/* vcpu_ioctl() - for a vCPU's own thread; name is the ioctl's, for the error */
int vcpu_ioctl(struct vcpu *v, unsigned long request, const char *name, void *arg);
int machine_ioctl(struct machine *m, unsigned long request, const char *name, void *arg);
int vcpu_set_msr(struct vcpu *v, uint32_t msr, uint64_t value);

/* vcpu_start_at() - real mode, interrupts off, at this address of the guest's code. A job. */
int vcpu_start_at(struct vcpu *v, uint16_t ip);

/* Of the thread: vcpu_create() - has KVM create it; vcpu_prepare() - what QEMU writes before it runs for the first time, but that none waits for an
 * INIT here: all run at once. A job. */
int vcpu_create(struct vcpu *v);
int vcpu_prepare(struct vcpu *v, void *arg);

uint64_t now_ns(void);

#define VCPU_IOCTL(v, request, arg)    vcpu_ioctl(v, request, #request, arg)
#define MACHINE_IOCTL(m, request, arg) machine_ioctl(m, request, #request, arg)

#endif
