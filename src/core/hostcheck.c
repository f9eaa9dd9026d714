/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this host able to run guests with AVIC or APICv? One function a subject, in the order of putting them right. */
#include "avicd/hostcheck.h"

#include <stdio.h>
#include <strings.h>

#include "core/hostcheck-private.h"

#define RELOAD "into /etc/modprobe.d/avicd.conf; then shut VMs down and reload %s"

/* Value of "NAME=VALUE" on the kernel command line, the last one, in @buf; NULL: it is not there. */
static const char *word_of(const struct capability *c, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	const char *found = NULL;

	/* the last one counts, as it does for the kernel */
	for (const char *s = c->cmdline; *s; s += strcspn(s, " "), s += strspn(s, " "))
		if (strncmp(s, name, len) == 0 && s[len] == '=')
			found = s + len + 1;
	if (!found)
		return NULL;
	snprintf(buf, size, "%.*s", (int)strcspn(found, " "), found);
	return buf;
}

static bool is_amd(const struct capability *c)
{
	return streq(c->host.core.vendor, "amd");
}

static bool is_intel(const struct capability *c)
{
	return streq(c->host.core.vendor, "intel");
}

static void check_virtualization(const struct capability *c, struct findings *f)
{
	static const char check[] = "for hardware virtualization";
	enum tristate has = is_intel(c) ? c->vmx : c->svm;

	if (!is_amd(c) && !is_intel(c)) {
		findings_add(f, "virtualization", check, GRADE_UNKNOWN, "the CPU is neither AMD's nor Intel's");
	} else if (has == TRI_YES) {
		findings_add(f, "virtualization", check, GRADE_PASS, NULL);
	} else if (has == TRI_UNKNOWN) {
		findings_add(f, "virtualization", check, GRADE_UNKNOWN, "/proc/cpuinfo does not tell the CPU's flags");
	} else {
		findings_add(f, "virtualization", check, GRADE_FAIL, "the CPU offers no %s",
			     is_intel(c) ? "VMX" : "SVM");
		if (c->guest == TRI_YES)
			findings_remedy(f, "this host is a VM: enable nested virtualization on the host below it");
		else
			findings_remedy(f, "enable %s in the firmware setup", is_intel(c) ? "VT-x" : "SVM Mode");
	}
}

static void check_cpu_avic(const struct capability *c, struct findings *f)
{
	enum tristate avic = first_known(c->cpuid_avic, c->avic), x2avic = first_known(c->cpuid_x2avic, c->x2avic);
	enum kernel_line line = kernel_line_of(c->host.release);

	static const char x2avic_check[] = "for x2AVIC in the CPU";

	/* APICv of Intel has no flag that all kernels show: enable_apicv, below, tells */
	if (!is_amd(c))
		return;
	if (avic == TRI_YES) {
		findings_add(f, "avic", "for AVIC in the CPU", GRADE_PASS, NULL);
	} else if (avic == TRI_UNKNOWN) {
		findings_add(f, "avic", "for AVIC in the CPU", GRADE_UNKNOWN, "the CPU's flags cannot be read");
	} else if (c->guest == TRI_YES) {
		findings_add(f, "avic", "for AVIC in the CPU", GRADE_FAIL, "KVM offers no AVIC to its guests");
		findings_remedy(f, "run VMs on the host below this one");
	} else {
		findings_add(f, "avic", "for AVIC in the CPU", GRADE_FAIL, "CPU or firmware offers no AVIC");
		findings_remedy(f, "enable AVIC in the firmware setup, where it has such a setting");
	}
	/* without AVIC the rest says nothing */
	if (avic == TRI_NO)
		return;
	if (line != LINE_NONE && line < LINE_6_0) {
		findings_add(f, "x2avic", x2avic_check, GRADE_WARN,
			     "this kernel cannot use it: a VM with x2APIC in its CPU is inhibited for its life");
		findings_remedy(f, "boot a kernel of 6.0 or later");
	} else if (x2avic == TRI_YES) {
		findings_add(f, "x2avic", x2avic_check, GRADE_PASS, NULL);
	} else if (x2avic == TRI_UNKNOWN) {
		findings_add(f, "x2avic", x2avic_check, GRADE_UNKNOWN, "the CPU's flags cannot be read");
	} else {
		findings_add(f, "x2avic", x2avic_check, GRADE_INFO,
			     "none: accesses of x2APIC guests still exit, and vCPU ids end at 254");
	}
}

static void load_remedy(const struct capability *c, struct findings *f)
{
	if ((is_intel(c) ? c->vmx : c->svm) == TRI_NO)
		findings_remedy(f, "the CPU must offer virtualization first, see above");
	else
		findings_remedy(f, "modprobe %s", is_intel(c) ? "kvm_intel" : "kvm_amd");
}

static void check_module(const struct capability *c, struct findings *f)
{
	const char *module = is_intel(c) ? "kvm_intel" : "kvm_amd";

	if (streq(c->host.vendor_module, "kvm_amd") || streq(c->host.vendor_module, "kvm_intel")) {
		findings_add(f, "module", "for the module of KVM", GRADE_PASS, NULL);
	} else if (*c->host.vendor_module) {
		findings_add(f, "module", "for the module of KVM", GRADE_WARN, "%s runs here: it has no AVIC or APICv",
			     c->host.vendor_module);
		findings_remedy(f, "boot a kernel with %s", module);
	} else {
		findings_add(f, "module", "for the module of KVM", GRADE_FAIL,
			     "neither kvm_amd nor kvm_intel is loaded");
		load_remedy(c, f);
	}
}

/* A sandbox may have a /dev of its own, and a device group that lets nobody open what is there. */
static void check_dev_kvm(const struct capability *c, struct findings *f)
{
	static const char check[] = "for /dev/kvm";

	if (!c->host.dev_kvm && c->kvm_device == TRI_YES) {
		findings_add(f, "dev-kvm", check, GRADE_UNKNOWN, "KVM has it, but it is not visible to %s", c->looker);
	} else if (!c->host.dev_kvm) {
		findings_add(f, "dev-kvm", check, GRADE_FAIL, "it does not exist");
		load_remedy(c, f);
	} else if (c->dev_usable == TRI_NO) {
		findings_add(f, "dev-kvm", check, GRADE_FAIL, "it cannot be opened");
		load_remedy(c, f);
	} else if (c->dev_usable == TRI_UNKNOWN) {
		findings_add(f, "dev-kvm", check, GRADE_UNKNOWN, "%s may not open it", c->looker);
	} else {
		findings_add(f, "dev-kvm", check, GRADE_PASS, NULL);
	}
}

/* Why kvm_amd has AVIC off. The parameter reads back what became of the wish. */
static void avic_off(const struct capability *c, struct findings *f, const char *check)
{
	bool snp = c->sev_snp == TRI_YES && c->hv_in_use_wr == TRI_NO;
	char word[16] = "";
	bool asked = word_of(c, "kvm_amd.avic", word, sizeof(word)), off;

	off = asked && (streq(word, "0") || strcasecmp(word, "n") == 0 || strcasecmp(word, "off") == 0);
	findings_add(f, "enabled", check, GRADE_FAIL,
		     asked ? "avic=N%s kvm_amd.avic=%s on the kernel command line" : "avic=N",
		     off ? ", by" : " in spite of", word);
	if (first_known(c->cpuid_avic, c->avic) == TRI_NO)
		findings_remedy(f, "the CPU must offer AVIC first, see above");
	else if (c->npt == TRI_NO)
		findings_remedy(f, "see nested page tables below");
	else if (snp)
		findings_remedy(f, "see SEV-SNP below");
	else if (off)
		findings_remedy(f, "kvm_amd.avic=1 on the kernel command line, and a reboot");
	else if (asked)
		findings_remedy(f, "dmesg says why: look for AVIC");
	else
		findings_remedy(f, "options kvm_amd avic=1\n" RELOAD, "kvm_amd");
}

static void check_parameters(const struct capability *c, struct findings *f)
{
	bool amd = streq(c->host.vendor_module, "kvm_amd");
	const char *on = amd ? "if kvm_amd uses AVIC" : "if kvm_intel uses APICv";

	if (!amd && !streq(c->host.vendor_module, "kvm_intel"))
		return;
	if (c->host.core.avic == TRI_YES) {
		findings_add(f, "enabled", on, GRADE_PASS, NULL);
	} else if (c->host.core.avic == TRI_UNKNOWN) {
		findings_add(f, "enabled", on, GRADE_UNKNOWN, "the module does not show its parameter");
	} else if (amd) {
		avic_off(c, f, on);
	} else {
		findings_add(f, "enabled", on, GRADE_FAIL, "enable_apicv=N, or the CPU lacks APICv");
		findings_remedy(f, "options kvm_intel enable_apicv=1\n" RELOAD, "kvm_intel");
	}
	if (c->npt == TRI_NO) {
		/* APICv works on shadow page tables too */
		findings_add(f, "npt", "for nested page tables", amd ? GRADE_FAIL : GRADE_WARN, "%s",
			     amd ? "npt=N turns AVIC off" : "ept=N: page tables of guests are shadowed");
		findings_remedy(f, "options %s %s=1\n" RELOAD, c->host.vendor_module, amd ? "npt" : "ept",
				c->host.vendor_module);
	} else if (c->npt == TRI_YES) {
		findings_add(f, "npt", "for nested page tables", GRADE_PASS, NULL);
	}
	if (amd && c->nested == TRI_YES && *c->host.release && kernel_line_of(c->host.release) < LINE_5_18) {
		findings_add(f, "nested", "if nested guests inhibit AVIC", GRADE_WARN,
			     "on this kernel a VM with svm in its CPU is inhibited for its life");
		findings_remedy(f, "<feature policy='disable' name='svm'/>");
	}
	if (c->force_avic == TRI_YES) {
		findings_add(f, "force-avic", "if AVIC is forced", GRADE_WARN,
			     "force_avic=Y: KVM uses AVIC though the CPU may not offer it");
		findings_remedy(f, "remove force_avic from /etc/modprobe.d, shut all VMs down and reload kvm_amd");
	}
	if (c->enable_ipiv == TRI_NO)
		findings_add(f, "ipiv", "for IPI virtualization", GRADE_INFO, "enable_ipiv=N: IPIs of guests exit");
}

static void check_snp(const struct capability *c, struct findings *f)
{
	if (c->sev_snp != TRI_YES)
		return;
	if (c->hv_in_use_wr == TRI_NO) {
		findings_add(f, "snp", "if SEV-SNP leaves AVIC alone", GRADE_FAIL,
			     "SEV-SNP is on, and the CPU lacks HvInUseWrAllowed: KVM refuses AVIC, from 6.15 and "
			     "6.12.26 on");
		findings_remedy(f, "turn SEV-SNP off in the firmware setup, or do without AVIC");
	} else if (c->hv_in_use_wr == TRI_YES) {
		findings_add(f, "snp", "if SEV-SNP leaves AVIC alone", GRADE_PASS, NULL);
	} else {
		findings_add(f, "snp", "if SEV-SNP leaves AVIC alone", GRADE_UNKNOWN,
			     "CPUID does not tell HvInUseWrAllowed");
	}
}

static void check_limits(const struct capability *c, struct findings *f)
{
	static const char check[] = "how many vCPUs a VM may have";

	if (c->host.max_id >= 0 && first_known(c->cpuid_avic, c->avic) != TRI_NO)
		findings_add(f, "vcpus", check, GRADE_INFO,
			     c->max_vcpus > 0 ? "%d with AVIC, %d without" : "%d with AVIC", c->host.max_id + 1,
			     c->max_vcpus);
	else if (c->max_vcpus > 0)
		findings_add(f, "vcpus", check, GRADE_INFO, "%d", c->max_vcpus);
}

static void iommu_bit(const struct capability *c, struct findings *f, const char *id, const char *check, uint64_t bit,
		      const char *lack)
{
	if (!c->has_efr)
		findings_add(f, id, check, GRADE_UNKNOWN, "the features of the IOMMU cannot be read");
	else if (c->efr & bit)
		findings_add(f, id, check, GRADE_PASS, NULL);
	else
		findings_add(f, id, check, GRADE_INFO, "%s", lack);
}

static void check_iommu(const struct capability *c, struct findings *f)
{
	static const struct {
		const char *name, *bad, *effect;
	} words[] = {
		{"amd_iommu", "off", "there is no IOMMU"},
		{"amd_iommu_intr", "legacy", "interrupts of passed-through devices are not posted"},
		{"intel_iommu", "off", "there is no IOMMU"},
		{"iommu", "off", "there is no IOMMU"},
		{"intremap", "off", "interrupts are not remapped"},
	};
	char value[32];

	/* a guest's devices are those of the host below */
	if (c->guest == TRI_YES)
		return;
	if (c->ivhd + c->dmar == 0) {
		findings_add(f, "iommu", "for an IOMMU", GRADE_WARN, "none: devices cannot be passed through");
		findings_remedy(f, "enable the IOMMU in the firmware setup");
	} else {
		findings_add(f, "iommu", "for an IOMMU", GRADE_PASS, NULL);
	}
	if (c->ivhd) {
		iommu_bit(c, f, "iommu-ga", "for GA log in the IOMMU", IOMMU_GA, "none: device interrupts exit");
		if (c->sev_snp == TRI_YES && c->has_efr && c->efr & IOMMU_VAPIC)
			findings_add(f, "iommu-vapic", "for vAPIC in the IOMMU", GRADE_INFO,
				     "SEV-SNP turns it off: device interrupts exit");
		else
			iommu_bit(c, f, "iommu-vapic", "for vAPIC in the IOMMU", IOMMU_VAPIC,
				  "none: device interrupts exit");
		iommu_bit(c, f, "iommu-xt", "for x2APIC in the IOMMU", IOMMU_XT, "none: host APIC ids end at 254");
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (word_of(c, words[i].name, value, sizeof(value)) && streq(value, words[i].bad)) {
			findings_add(f, "cmdline", "the kernel command line", GRADE_WARN, "%s=%s: %s", words[i].name,
				     value, words[i].effect);
			findings_remedy(f, "remove %s=%s from the kernel command line and reboot", words[i].name,
					value);
		}
}

void hostcheck(const struct capability *c, struct findings *ret)
{
	static void (*const checks[])(const struct capability *, struct findings *) = {
		check_virtualization, check_cpu_avic, hostcheck_erratum, check_module, check_dev_kvm,
		check_parameters,     check_snp,      check_limits,	 check_iommu,  hostcheck_watching,
		hostcheck_advisories,
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](c, ret);
}
