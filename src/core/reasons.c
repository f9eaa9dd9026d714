/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reasons.c - what an operator must know of each inhibit reason, as data.
 *
 * The phrases stand after a label or inside a sentence ("remedy: ..."): lower case, no full stop. What changed between
 * kernels is said by kernel line, because a person reads this on one host and acts on another.
 */
#include "avicd/reasons.h"

#include <assert.h>
#include <strings.h>

#include "avicd/util.h"

#define NAME_PREFIX "APICV_INHIBIT_REASON_"

/* A new struct kvm starts without the bit: each of these makes one, heal clears the bit in the old one. */
#define NEW_VM (BIT64(REMEDY_MIGRATE) | BIT64(REMEDY_RESTORE) | BIT64(REMEDY_COLD_REBOOT))

static const struct reason_info reasons[] = {
	[REASON_DISABLED] = {
		.name = "DISABLED",
		.cls = CLASS_OFF,
		.cause = CAUSE_HOST_CONFIG,
		.remedies = BIT64(REMEDY_RECONFIGURE),
		.what = "AVIC (APICv) is not in use on this host, so the VM never had it",
		.set_by = "kvm_apicv_init() at KVM_CREATE_VM when enable_apicv is N: kvm_amd avic=0 (the default up to "
			  "6.17), npt=0, no AVIC in the CPU, or an SNP host without HvInUseWrAllowed",
		.cleared_by = "never",
		.remedy = "load kvm_amd with avic=1 (kvm_intel with enable_apicv=1) while no VM runs, then start the "
			  "VM again; where the parameter stays N, enable AVIC in the firmware",
	},
	[REASON_HYPERV] = {
		.name = "HYPERV",
		.cls = CLASS_CONFIG,
		.cause = CAUSE_VM_CONFIG,
		.remedies = BIT64(REMEDY_RECONFIGURE),
		.what = "the guest uses AutoEOI interrupts of Hyper-V's SynIC, which need an exit at each delivery",
		.set_by = "synic_update_vector() at the first AutoEOI SINT of any vCPU: Windows with <synic "
			  "state='on'/> and without the hint that deprecates AutoEOI",
		.cleared_by = "synic_update_vector() when the last AutoEOI SINT is gone (5.15 on); never on older "
			      "kernels",
		.remedy = "<hyperv><avic state='on'/></hyperv> (libvirt 8.10, QEMU 6.2), or no <synic/> and <stimer/> "
			  "there, then power-cycle the VM",
	},
	[REASON_ABSENT] = {
		.name = "ABSENT",
		.cls = CLASS_CONFIG,
		.cause = CAUSE_VM_CONFIG,
		.remedies = BIT64(REMEDY_RECONFIGURE),
		.what = "the VM has no local APIC in the kernel; normal for some microseconds while a VM is made",
		.set_by = "kvm_apicv_init() at KVM_CREATE_VM",
		.cleared_by = "KVM_CREATE_IRQCHIP or KVM_CAP_SPLIT_IRQCHIP; never with kernel_irqchip=off",
		.remedy = "remove kernel_irqchip=off from QEMU's command line (libvirt never sets it by itself), then "
			  "power-cycle the VM",
	},
	[REASON_BLOCKIRQ] = {
		.name = "BLOCKIRQ",
		.cls = CLASS_TRANSIENT,
		.cause = CAUSE_DEBUGGER,
		.remedies = 0,
		.what = "a debugger single-steps the guest with interrupts blocked",
		.set_by = "KVM_SET_GUEST_DEBUG with KVM_GUESTDBG_BLOCKIRQ on any vCPU: QEMU's gdbstub",
		.cleared_by = "the same ioctl without the flag on all vCPUs",
		.remedy = "end the debug session",
	},
	[REASON_PHYSICAL_ID_ALIASED] = {
		.name = "PHYSICAL_ID_ALIASED",
		.cls = CLASS_TRANSIENT,
		.cause = CAUSE_GUEST,
		.remedies = 0,
		.what = "two vCPUs share one physical APIC id, or the map of ids could not be made",
		.set_by = "kvm_recalculate_apic_map() without a map: the guest wrote xAPIC ids, or more than 255 vCPUs "
			  "in xAPIC mode without KVM_CAP_X2APIC_API",
		.cleared_by = "the next good recalculation of the APIC map",
		.remedy = "none on the host: the guest must give its vCPUs ids of their own",
	},
	[REASON_APIC_ID_MODIFIED] = {
		.name = "APIC_ID_MODIFIED",
		.cls = CLASS_STICKY,
		.cause = CAUSE_UNKNOWN,
		.remedies = BIT64(REMEDY_HEAL) | NEW_VM,
		.what = "a vCPU's xAPIC id seemed to differ from its vCPU id; kernels with commit 3743c2f02517 and "
			"without ef40757743b4 (5.19 to 6.1.3 and their forks) set it falsely at the guest's first "
			"reboot",
		.set_by = "up to 6.2 kvm_lapic_xapic_id_updated() at an APIC_ID write, KVM_SET_LAPIC and, before "
			  "ef40757743b4, KVM_GET_LAPIC; from 6.3 on kvm_recalculate_apic_map() for an enabled xAPIC "
			  "with a wrong id",
		.cleared_by = "never up to 6.2; from 6.3 on (d471bd853d38) the next recalculation with all ids right",
		.remedy = "migrate the VM or power-cycle it; a kernel with the reboot bug sets the bit again at the "
			  "next guest reboot, so update or livepatch the kernel first",
	},
	[REASON_APIC_BASE_MODIFIED] = {
		.name = "APIC_BASE_MODIFIED",
		.cls = CLASS_STICKY,
		.cause = CAUSE_GUEST,
		.remedies = NEW_VM,
		.what = "the guest moved an enabled local APIC away from 0xfee00000",
		.set_by = "kvm_lapic_set_base() (newer: __kvm_apic_set_base()) when the APIC is enabled at another "
			  "address",
		.cleared_by = "never, not even when the guest moves the APIC back",
		.remedy = "power-cycle the VM; where the bit comes back, the guest's firmware or system must stop "
			  "moving the APIC",
	},
	[REASON_NESTED] = {
		.name = "NESTED",
		.cls = CLASS_TRANSIENT,
		.cause = CAUSE_VM_CONFIG,
		.remedies = BIT64(REMEDY_RECONFIGURE),
		.what = "the guest may run VMs of its own; from 5.18 on AVIC is off only for a vCPU that runs such a "
			"VM, and the mask does not show it",
		.set_by = "up to 5.17 svm_vcpu_after_set_cpuid() with kvm_amd nested=1 and svm in the guest's CPU; "
			  "never in the mask from 5.18 on",
		.cleared_by = "never up to 5.17",
		.remedy = "5.17 and older: <feature policy='disable' name='svm'/> in <cpu>, then power-cycle the VM; "
			  "newer kernels need nothing",
	},
	[REASON_IRQWIN] = {
		.name = "IRQWIN",
		.cls = CLASS_TRANSIENT,
		.cause = CAUSE_NONE,
		.remedies = 0,
		.what = "KVM waits for the guest to take an interrupt that AVIC cannot deliver; alone and rare it is "
			"normal, all the time it means that another reason is set",
		.set_by = "svm_enable_irq_window(): an interrupt of the PIC at boot or, while another reason is set, "
			  "any interrupt for a vCPU that has interrupts off",
		.cleared_by = "up to 7.0 the interrupt window (interrupt_window_interception()); from 7.1 on "
			      "svm_inject_irq() when nobody waits",
		.remedy = "none needed; look for the reason beside it",
	},
	[REASON_PIT_REINJ] = {
		.name = "PIT_REINJ",
		.cls = CLASS_CONFIG,
		.cause = CAUSE_VM_CONFIG,
		/* a restore is with an XML that says discard */
		.remedies = BIT64(REMEDY_RECONFIGURE) | BIT64(REMEDY_RESTORE),
		.what = "the in-kernel PIT injects lost ticks again and so must see each EOI; set and cleared at once "
			"while a VM is made is normal",
		.set_by = "kvm_pit_set_reinject(), on by default in KVM_CREATE_PIT2: no pit timer in the domain, or "
			  "tickpolicy 'delay' or 'catchup'",
		.cleared_by = "KVM_REINJECT_CONTROL with pit_reinject=0",
		.remedy = "<timer name='pit' tickpolicy='discard'/> in <clock>, or <ioapic driver='qemu'/> in "
			  "<features>, then power-cycle the VM",
	},
	[REASON_X2APIC] = {
		.name = "X2APIC",
		.cls = CLASS_CONFIG,
		.cause = CAUSE_VM_CONFIG,
		.remedies = BIT64(REMEDY_RECONFIGURE),
		.what = "the guest's CPU offers x2APIC, which AVIC of kernels up to 5.19 cannot serve",
		.set_by = "svm_vcpu_after_set_cpuid() when the guest's CPUID has x2APIC",
		.cleared_by = "never",
		.remedy = "<feature policy='disable' name='x2apic'/> in <cpu> and a power-cycle, or a host kernel of "
			  "6.0 or newer",
	},
	[REASON_SEV] = {
		.name = "SEV",
		.cls = CLASS_CONFIG,
		.cause = CAUSE_VM_CONFIG,
		.remedies = 0,
		.what = "the VM's memory is encrypted, and AVIC cannot serve such a VM",
		.set_by = "sev_guest_init() at KVM_SEV_INIT: <launchSecurity type='sev'/> and its kin",
		.cleared_by = "never",
		.remedy = "none: SEV guests run without AVIC",
	},
	[REASON_LOGICAL_ID_ALIASED] = {
		.name = "LOGICAL_ID_ALIASED",
		.cls = CLASS_TRANSIENT,
		.cause = CAUSE_GUEST,
		.remedies = 0,
		.what = "logical APIC ids do not name exactly one vCPU each; normal while a guest brings up its CPUs",
		.set_by = "kvm_recalculate_apic_map(): the guest's LDR and DFR values overlap, or vCPUs differ in mode",
		.cleared_by = "the next good recalculation of the APIC map",
		.remedy = "none on the host: a guest that uses x2APIC does not stay so",
	},
	[REASON_PHYSICAL_ID_TOO_BIG] = {
		.name = "PHYSICAL_ID_TOO_BIG",
		.cls = CLASS_CONFIG,
		.cause = CAUSE_VM_CONFIG,
		.remedies = BIT64(REMEDY_RECONFIGURE),
		.what = "a vCPU's id is higher than the host's AVIC can take: 254, with x2AVIC 511, with its 4k "
			"extension (6.19 on) 4095",
		.set_by = "avic_init_backing_page() at KVM_CREATE_VCPU (6.17 on; older kernels refuse such a vCPU)",
		.cleared_by = "never",
		.remedy = "fewer vCPUs, or a <topology> whose cores and threads are powers of two, so that APIC ids "
			  "have no gaps; then power-cycle the VM",
	},
};
static_assert(ARRAY_SIZE(reasons) == _REASON_MAX, "a reason without a row");

const struct reason_info *reason_info(enum reason r)
{
	return r >= 0 && r < _REASON_MAX ? &reasons[r] : NULL;
}

enum reason reason_from_name(const char *name)
{
	int r;

	if (!name)
		return REASON_UNKNOWN;
	if (strncasecmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0)
		name += strlen(NAME_PREFIX);
	if (strcasecmp(name, "DISABLE") == 0) /* up to 6.10 */
		return REASON_DISABLED;
	for (r = 0; r < _REASON_MAX; r++)
		if (strcasecmp(name, reasons[r].name) == 0)
			return r;
	return REASON_UNKNOWN;
}

/* What VMX's required_apicv_inhibits lacks; SVM's has every reason. KVM drops the others before the event. */
static const bool amd_only[_REASON_MAX] = {
	[REASON_NESTED] = true,
	[REASON_IRQWIN] = true,
	[REASON_PIT_REINJ] = true,
	[REASON_X2APIC] = true,
	[REASON_SEV] = true,
	[REASON_LOGICAL_ID_ALIASED] = true,
	[REASON_PHYSICAL_ID_TOO_BIG] = true,
};

bool reason_vendor(enum reason r, const char *vendor)
{
	if (!vendor || r < 0 || r >= _REASON_MAX)
		return true;
	return !streq(vendor, "intel") || !amd_only[r];
}

static const char *const class_str[] = {
	[CLASS_OFF] = "off",
	[CLASS_TRANSIENT] = "transient",
	[CLASS_CONFIG] = "config",
	[CLASS_STICKY] = "sticky",
};
static_assert(ARRAY_SIZE(class_str) == CLASS_STICKY + 1, "a class without a word");

static const char *const cause_str[] = {
	[CAUSE_NONE] = "",
	[CAUSE_KERNEL_BUG] = "kernel-bug",
	[CAUSE_GUEST] = "guest",
	[CAUSE_VM_CONFIG] = "vm-config",
	[CAUSE_HOST_CONFIG] = "host-config",
	[CAUSE_DEBUGGER] = "debugger",
	[CAUSE_UNKNOWN] = "unknown",
};
static_assert(ARRAY_SIZE(cause_str) == _CAUSE_MAX, "a cause without a word");

static const char *const remedy_str[] = {
	[REMEDY_LIVEPATCH] = "livepatch",
	[REMEDY_HEAL] = "heal",
	[REMEDY_MIGRATE] = "migrate",
	[REMEDY_RESTORE] = "restore",
	[REMEDY_COLD_REBOOT] = "cold-reboot",
	[REMEDY_RECONFIGURE] = "reconfigure",
};
static_assert(ARRAY_SIZE(remedy_str) == _REMEDY_MAX, "a remedy without a word");

const char *reason_class_to_string(enum reason_class c)
{
	return (size_t)c < ARRAY_SIZE(class_str) ? class_str[c] : "unknown";
}

const char *cause_to_string(enum cause c)
{
	return (size_t)c < ARRAY_SIZE(cause_str) ? cause_str[c] : "unknown";
}

const char *remedy_to_string(enum remedy r)
{
	return (size_t)r < ARRAY_SIZE(remedy_str) ? remedy_str[r] : "unknown";
}
