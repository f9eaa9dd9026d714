// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU has AVIC and x2AVIC, says this module; QEMU's emulated ones have neither. kvm_amd looks once, when it is
 * loaded: load this before it. It then keeps all the books of an x2AVIC host (vCPU ids of 255 and more, for one), but
 * no instruction works any differently: with AVIC active, a guest in x2APIC mode would reach the host's own APIC.
 */
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/module.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

static void lab_x2avic_set(struct cpuinfo_x86 *c)
{
	set_cpu_cap(c, X86_FEATURE_AVIC);
	set_cpu_cap(c, X86_FEATURE_X2AVIC);
}

static void lab_x2avic_clear(struct cpuinfo_x86 *c)
{
	clear_bit(X86_FEATURE_AVIC, (unsigned long *)c->x86_capability);
	clear_bit(X86_FEATURE_X2AVIC, (unsigned long *)c->x86_capability);
}

/* boot_cpu_data is what KVM asks, the others are what /proc/cpuinfo shows. */
static int __init lab_x2avic_init(void)
{
	int cpu;

	if (boot_cpu_has(X86_FEATURE_AVIC))
		return -EEXIST;
	lab_x2avic_set(&boot_cpu_data);
	for_each_possible_cpu(cpu)
		lab_x2avic_set(&cpu_data(cpu));
	return 0;
}

static void __exit lab_x2avic_exit(void)
{
	int cpu;

	lab_x2avic_clear(&boot_cpu_data);
	for_each_possible_cpu(cpu)
		lab_x2avic_clear(&cpu_data(cpu));
}

module_init(lab_x2avic_init);
module_exit(lab_x2avic_exit);
MODULE_DESCRIPTION("Pretends that the CPU has AVIC and x2AVIC");
MODULE_LICENSE("GPL");
