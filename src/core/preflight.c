/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that decide whether AVIC works for a domain, and the verdict. Those about its surroundings are in preflight_setup.c. */
#include <assert.h>

#include "avicd/util.h"
#include "core/preflight-private.h"

#define PIT_REMEDY    "<clock offset='utc'>\n  <timer name='pit' tickpolicy='discard'/>\n</clock>"
#define IOAPIC_REMEDY "<features>\n  <ioapic driver='qemu'/>\n</features>"

/* 12.2.0: the first libvirt that takes an AMD IOMMU for more than 255 vCPUs; 8.10.0: <avic/> */
#define LIBVIRT_AMD_IOMMU 12002000UL
#define LIBVIRT_AVIC	  8010000UL

static void look_host(const struct subject *s, const struct rule *r, struct findings *to)
{
	if (s->h->avic == TRI_YES) {
		PASS(NULL);
	} else if (s->h->avic == TRI_UNKNOWN) {
		ADD(GRADE_UNKNOWN, "this host does not tell whether AVIC is in use");
		findings_remedy(to,
				"load kvm_amd or kvm_intel on the host where the VM is to run, and check again there");
	} else {
		ADD(s->loss, "AVIC or APICv is not in use on this host");
		findings_remedy(to, "load kvm_amd with avic=1 (kvm_intel with enable_apicv=1) while no VM runs");
	}
}

/* P2 */
static void look_pit(const struct subject *s, const struct rule *r, struct findings *to)
{
	const char *policy = s->f->pit_policy;

	if (!subject_amd(s)) {
		PASS("Intel's APICv does not mind");
	} else if (s->split) {
		PASS("there is no PIT in the kernel");
	} else if (!subject_pit_reinjects(s)) {
		PASS(NULL);
	} else if (!s->f->pit) {
		ADD(s->loss, "there is no pit timer, and the default injects lost ticks again: inhibit PIT_REINJ");
		findings_remedy(to, "%s", PIT_REMEDY);
	} else {
		ADD(s->loss, "the pit timer has %s%s%s, which injects lost ticks again: inhibit PIT_REINJ",
		    *policy ? "tickpolicy '" : "no tickpolicy", policy, *policy ? "'" : "");
		findings_remedy(to, "%s", PIT_REMEDY);
	}
}

static void iommu_remedy(const struct subject *s, struct findings *to)
{
	findings_remedy(to,
			"%s\n<devices>\n  <iommu model='intel'>\n    <driver intremap='on' eim='on'/>\n  "
			"</iommu>\n</devices>%s",
			IOAPIC_REMEDY,
			s->h->libvirt >= LIBVIRT_AMD_IOMMU
				? "\nor, instead of that iommu,\n"
				  "  <iommu model='amd'>\n    <driver intremap='on' xtsup='on'/>\n  </iommu>"
				: "");
}

/* P3. The AMD IOMMU turns xtsup on by itself in the libvirt that accepts it here. */
static void look_iommu(const struct subject *s, const struct rule *r, struct findings *to)
{
	const struct domxml_facts *f = s->f;
	bool amd = streq(f->iommu_model, "amd"), wide;

	wide = f->eim == TRI_YES ||
	       (amd && (f->xtsup == TRI_YES || (f->xtsup == TRI_UNKNOWN && s->h->libvirt >= LIBVIRT_AMD_IOMMU)));
	if (s->vcpus <= 255) {
		PASS(NULL);
		return;
	}
	if (!f->iommu || !wide)
		ADD(GRADE_FAIL,
		    "more than 255 vCPUs need an IOMMU with extended interrupts (%s), and libvirt refuses the domain "
		    "without",
		    amd ? "xtsup" : "eim");
	else if (amd && s->h->libvirt && s->h->libvirt < LIBVIRT_AMD_IOMMU)
		ADD(GRADE_FAIL, "libvirt before 12.2 refuses an AMD IOMMU for more than 255 vCPUs");
	else if (f->intremap == TRI_NO || (f->intremap == TRI_UNKNOWN && !amd))
		ADD(GRADE_FAIL,
		    "extended interrupts need interrupt remapping (intremap), and libvirt refuses the domain without");
	else if (!streq(f->ioapic, "qemu"))
		ADD(GRADE_FAIL, "interrupt remapping needs the split I/O APIC, and libvirt refuses the domain without");
	else {
		PASS(NULL);
		return;
	}
	iommu_remedy(s, to);
}

/* P4 */
static void look_apic_id(const struct subject *s, const struct rule *r, struct findings *to)
{
	enum tristate fits = subject_id_fits(s, s->max_id);
	bool gaps = s->vcpus > 0 && s->max_id != s->vcpus - 1;

	if (fits == TRI_YES) {
		PASS("the highest is %u", s->max_id);
	} else if (fits == TRI_UNKNOWN) {
		ADD(GRADE_UNKNOWN, "the highest is %u: without x2AVIC a host takes up to 254, with it 511 or 4095",
		    s->max_id);
	} else if (s->h->max_id < 0) {
		ADD(GRADE_FAIL, "the highest is %u, and no host takes more than 4095", s->max_id);
	} else if (subject_id_fits(s, s->start_id) == TRI_YES) {
		ADD(MIN(s->loss, GRADE_WARN),
		    "the highest is %u at the start and %u with all vCPUs plugged, and AVIC of this host takes up to "
		    "%d: "
		    "then inhibit PHYSICAL_ID_TOO_BIG, or before 6.17 they cannot be plugged",
		    s->start_id, s->max_id, s->h->max_id);
	} else {
		ADD(GRADE_FAIL,
		    "the highest is %u, and AVIC of this host takes up to %d: inhibit PHYSICAL_ID_TOO_BIG, or before "
		    "6.17 no start at all",
		    s->max_id, s->h->max_id);
	}
	if (fits != TRI_YES && gaps)
		findings_remedy(to,
				"numbers of dies, cores and threads in <topology> that are powers of two: ids then end "
				"at %u; or fewer vCPUs",
				s->vcpus - 1);
	else if (fits == TRI_NO)
		findings_remedy(to, "fewer vCPUs in <vcpu>, at most %d", (s->h->max_id < 0 ? 4095 : s->h->max_id) + 1);
}

/* P5 */
static void look_x2apic_id(const struct subject *s, const struct rule *r, struct findings *to)
{
	if (s->max_id <= 254 || subject_x2apic(s)) {
		PASS(NULL);
		return;
	}
	ADD(GRADE_FAIL, "APIC ids up to %u need x2APIC, and the domain disables it", s->max_id);
	findings_remedy(to, "remove <feature policy='%s' name='x2apic'/> from <cpu>", s->f->feature[FEATURE_X2APIC]);
}

/* P6 */
static void look_x2avic(const struct subject *s, const struct rule *r, struct findings *to)
{
	bool small = s->max_id <= 254;
	/* Up to 5.19 KVM gives up AVIC for a guest that is offered x2APIC, whatever the CPU can do. */
	bool old = s->h->line != LINE_NONE && s->h->line <= LINE_5_19;

	if (!subject_amd(s)) {
		PASS("APICv of Intel serves x2APIC");
	} else if (!subject_x2apic(s)) {
		PASS("the domain disables x2APIC");
	} else if (old) {
		ADD(s->loss, "a kernel before 6.0 gives up AVIC for a guest with x2APIC: inhibit X2APIC");
		findings_remedy(to, "a host kernel of 6.0 or newer%s",
				small ? "; or, in <cpu>, <feature policy='disable' name='x2apic'/>" : "");
	} else if (s->h->x2avic == TRI_YES) {
		PASS(NULL);
	} else if (s->h->x2avic == TRI_UNKNOWN) {
		ADD(GRADE_UNKNOWN, "the guest is offered x2APIC, and this host does not tell whether it has x2AVIC");
	} else {
		ADD(MIN(s->loss, GRADE_WARN),
		    "the guest is offered x2APIC, and this host has no x2AVIC: once the guest uses it, "
		    "its writes to the APIC exit");
		findings_remedy(to, "a host with x2AVIC (AMD Zen 4 or newer, kernel 6.0 or newer)%s",
				small ? "; or, in <cpu>, <feature policy='disable' name='x2apic'/>" : "");
	}
}

/* P7 */
static void look_hyperv(const struct subject *s, const struct rule *r, struct findings *to)
{
	const char *since = s->h->libvirt >= LIBVIRT_AVIC
				    ? ""
				    : "\n(libvirt 8.10, QEMU 6.2 or newer; else neither <synic/> nor <stimer/>)";

	if (!subject_autoeoi(s)) {
		PASS(NULL);
		return;
	}
	ADD(MIN(s->loss, GRADE_WARN),
	    "SynIC %s without the hint that AutoEOI is deprecated: inhibit HYPERV if the guest uses it",
	    s->f->synic == TRI_YES ? "is on" : "comes with this hyperv mode");
	if (*s->f->hyperv_mode && !streq(s->f->hyperv_mode, "custom"))
		findings_remedy(
			to,
			"<hyperv mode='custom'> with the features that the guest needs, <avic state='on'/> among them");
	else if (s->h->libvirt && s->h->libvirt < LIBVIRT_AVIC)
		findings_remedy(to, "neither <synic/> nor <stimer/> in <hyperv>: this libvirt does not know <avic/>");
	else
		findings_remedy(to, "<features>\n  <hyperv>\n    <avic state='on'/>\n  </hyperv>\n</features>%s",
				since);
}

/* P8: nobody can change it, so it is worth a FAIL only where AVIC is required. */
static void look_sev(const struct subject *s, const struct rule *r, struct findings *to)
{
	if (!subject_sev(s) || !subject_amd(s))
		PASS(NULL);
	else
		ADD(s->mode == MODE_REQUIRE ? GRADE_FAIL : GRADE_INFO,
		    "launchSecurity '%s': guests with encrypted memory run without AVIC: inhibit SEV",
		    s->f->launch_security);
}

/* P9 */
static void look_svm(const struct subject *s, const struct rule *r, struct findings *to)
{
	enum tristate svm = subject_svm(s);

	if (svm == TRI_NO || !subject_amd(s)) {
		PASS(NULL);
		return;
	}
	ADD(MIN(s->loss, GRADE_WARN),
	    "%s: a vCPU that runs a VM of its own has no AVIC meanwhile, on kernels up to 5.17 the whole VM never has "
	    "it",
	    svm == TRI_YES ? "the CPU has svm" : "the CPU has svm where kvm_amd has nested=1");
	findings_remedy(to, "in <cpu>, unless the guest runs VMs of its own: <feature policy='disable' name='svm'/>");
}

static const struct rule rules[] = {
	{"host", "if this host uses AVIC", look_host},
	{"pit", "if lost PIT ticks are discarded", look_pit},
	{"iommu", "for an IOMMU beyond 255 vCPUs", look_iommu},
	{"apic-id", "if the host takes all APIC ids", look_apic_id},
	{"x2apic-id", "for x2APIC beyond id 254", look_x2apic_id},
	{"x2avic", "if AVIC serves the guest's APIC mode", look_x2avic},
	{"hyperv", "if Hyper-V's AutoEOI is deprecated", look_hyperv},
	{"sev", "for memory without encryption", look_sev},
	{"svm", "if nested virtualization is off", look_svm},
	{0},
};

void preflight_check(const struct domxml_facts *f, const struct preflight_host *h, struct findings *ret)
{
	struct subject s;

	subject_of(f, h, &s);
	/* P1: nothing else applies to what is not KVM's */
	if (!streq(f->type, "kvm")) {
		findings_add(ret, "type", "for a KVM domain", GRADE_INFO, "the type is '%s': AVIC does not apply",
			     f->type);
		return;
	}
	findings_add(ret, "type", "for a KVM domain", GRADE_PASS, NULL);
	for (const struct rule *r = rules; r->id; r++)
		r->look(&s, r, ret);
	for (const struct rule *r = preflight_setup_rules; r->id; r++)
		r->look(&s, r, ret);
}

static const struct {
	const char *word, *phrase;
} verdicts[] = {
	[PREFLIGHT_WORKS] = {"works", "will work"},
	[PREFLIGHT_DEPENDS] = {"depends", "will work unless the guest prevents it"},
	[PREFLIGHT_UNKNOWN] = {"unknown", "may work, but not everything is known"},
	[PREFLIGHT_FAILS] = {"fails", "will not work"},
	[PREFLIGHT_NOT_KVM] = {"not-kvm", "does not apply"},
};
static_assert(ARRAY_SIZE(verdicts) == _PREFLIGHT_MAX, "a verdict without words");

const char *preflight_verdict_to_string(enum preflight_verdict v)
{
	return verdicts[v].word;
}

const char *preflight_verdict_phrase(enum preflight_verdict v)
{
	return verdicts[v].phrase;
}

enum preflight_verdict preflight_verdict(const struct domxml_facts *f, const struct findings *findings,
					 const struct preflight_prediction *p)
{
	enum grade worst = findings_worst(findings);

	if (!streq(f->type, "kvm"))
		return PREFLIGHT_NOT_KVM;
	if (p->sure || worst == GRADE_FAIL)
		return PREFLIGHT_FAILS;
	if (worst == GRADE_UNKNOWN || p->overridden)
		return PREFLIGHT_UNKNOWN;
	return p->guest ? PREFLIGHT_DEPENDS : PREFLIGHT_WORKS;
}
