// SPDX-License-Identifier: GPL-2.0
/* The module on kernels that have nothing to livepatch, or no livepatching; Kbuild says why there is one. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/module.h>

static int __init avicd_elsewhere(void)
{
	pr_err("no livepatch for this kernel: it has none of the bugs, or no CONFIG_LIVEPATCH\n");
	return -EOPNOTSUPP;
}
module_init(avicd_elsewhere);

MODULE_DESCRIPTION("No livepatch of KVM's APIC_ID_MODIFIED inhibit for this kernel");
MODULE_LICENSE("GPL");
