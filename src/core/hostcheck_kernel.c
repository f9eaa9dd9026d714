/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's kernel: can avicd watch it, and which known faults has it? */
#include "avicd/advisory.h"
#include "avicd/text.h"
#include "core/hostcheck-private.h"

static const char faults[] = "for known faults of the kernel";

/*
 * AMD's erratum 1235: the CPU may take a vCPU for running that has just stopped, and its IPI is lost. KVM of 6.17 and later
 * knows it; that it has the parameter enable_ipiv shows that, whatever its version.
 */
void hostcheck_erratum(const struct capability *c, struct findings *f)
{
	static const char check[] = "for AMD's erratum 1235";

	if (!streq(c->host.core.vendor, "amd") || (c->family != 0x17 && c->family != 0x18) ||
	    first_known(c->cpuid_avic, c->avic) == TRI_NO)
		return;
	if (c->enable_ipiv == TRI_NO || c->host.core.avic != TRI_YES) {
		findings_add(f, "erratum-1235", check, GRADE_INFO,
			     "family %xh has it: from 6.17 on KVM leaves IPI virtualization off, AVIC works",
			     c->family);
	} else {
		findings_add(f, "erratum-1235", check, GRADE_WARN,
			     "family %xh has it, and KVM uses IPI virtualization: a guest may lose an IPI and hang",
			     c->family);
		findings_remedy(f, c->enable_ipiv == TRI_YES ? "options kvm_amd enable_ipiv=0\ninto /etc/modprobe.d/"
							       "avicd.conf; then shut VMs down and reload kvm_amd"
							     : "boot a kernel of 6.17 or later, or do without AVIC");
	}
}

void hostcheck_watching(const struct capability *c, struct findings *f)
{
	static const char check[] = "if avicd can watch";

	if (!c->host.kvm_loaded || !*c->host.release) {
		findings_add(f, "watch", check, GRADE_UNKNOWN, "kvm is not loaded");
	} else if (!c->host.has_event) {
		findings_add(f, "watch", check, GRADE_FAIL, "this kernel has no event kvm_apicv_inhibit_changed");
		findings_remedy(f, "boot a kernel of 5.18 or later");
	} else if (streq(c->lockdown, "confidentiality")) {
		findings_add(f, "watch", check, GRADE_FAIL,
			     "lockdown is confidentiality: neither BPF nor tracefs may read");
		findings_remedy(f, "lockdown=integrity on the kernel command line, and a reboot");
	} else if (!c->host.has_btf) {
		findings_add(f, "watch", check, GRADE_WARN, "no BTF: only tracefs, which sees no mask of older VMs");
		findings_remedy(f, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y");
	} else {
		findings_add(f, "watch", check, GRADE_PASS, NULL);
	}
	if (c->livepatch == TRI_NO)
		findings_add(f, "livepatch", "for livepatch", GRADE_INFO, "none: a fix of KVM needs another kernel");
	else if (c->livepatch == TRI_YES)
		findings_add(f, "livepatch", "for livepatch", GRADE_PASS, NULL);
}

static enum tristate without_hv_in_use(const struct capability *c)
{
	if (c->sev_snp != TRI_YES)
		return c->sev_snp;
	return c->hv_in_use_wr == TRI_UNKNOWN ? TRI_UNKNOWN : c->hv_in_use_wr == TRI_NO;
}

void hostcheck_facts(const struct capability *c, struct advisory_host *ret)
{
	*ret = (struct advisory_host){
		.vendor = c->host.core.vendor,
		/* of the kernel first: one that does not know x2AVIC does not use it */
		.x2avic = first_known(c->x2avic, c->cpuid_x2avic),
		.nested = c->nested,
		.snp = without_hv_in_use(c),
	};
}

static const struct advisory *table(const struct capability *c)
{
	return c->advisories ?: advisories;
}

/*
 * The number of a vendor's kernel does not tell which fixes it has. Its changelog does, and faults that harm the host are worth
 * a look at that.
 */
static void vendor_kernel(const struct capability *c, const struct kernel_version *v, const struct advisory_host *h,
			  struct findings *f)
{
	for (const struct advisory *a = table(c); a->id; a++) {
		if (a->cls != ADVISORY_UNSAFE || advisory_concerns(a, v, h) != TRI_YES)
			continue;
		findings_add(f, a->id, faults, GRADE_WARN, "%s has %s, unless its vendor has fixed it: %s",
			     c->host.release, a->id, a->effect);
		findings_remedy(f,
				"look for the fix (%s) in the changelog of this kernel; where it is not, update the "
				"kernel, or do without AVIC",
				a->source);
	}
	findings_add(f, "advisories", faults, GRADE_INFO,
		     "cannot be told from the version: it is not one of a stable kernel of kernel.org");
}

void hostcheck_advisories(const struct capability *c, struct findings *f)
{
	char remedy[ADVISORY_REMEDY_MAX];
	struct advisory_host h;
	_cleanup_text_ struct text open = {0};
	struct kernel_version v;
	bool any = false;
	int r;

	hostcheck_facts(c, &h);
	r = kernel_version_of(c->host.release, c->version, &v);
	if (r == -EOPNOTSUPP) {
		vendor_kernel(c, &v, &h, f);
		return;
	}
	if (r < 0) {
		findings_add(f, "advisories", faults, GRADE_UNKNOWN, "the kernel's version is not known");
		return;
	}
	for (const struct advisory *a = table(c); a->id; a++) {
		enum tristate t = a->cls == ADVISORY_LIMIT ? TRI_NO : advisory_applies(a, &v, &h);

		if (t == TRI_UNKNOWN)
			text_addf(&open, "%s%s", open.len ? ", " : "", a->id);
		if (t != TRI_YES)
			continue;
		any = true;
		findings_add(f, a->id, faults, a->cls == ADVISORY_UNSAFE ? GRADE_FAIL : GRADE_WARN,
			     "%u.%u.%u, by its version, has %s: %s", v.major, v.minor, v.patch, a->id, a->effect);
		findings_remedy(f, "%s", advisory_remedy(a, remedy));
	}
	if (open.error)
		f->error = open.error;
	else if (open.len)
		findings_add(f, "advisories", faults, GRADE_INFO, "%u.%u.%u, by its version, may have: %s", v.major,
			     v.minor, v.patch, open.s);
	else if (!any)
		findings_add(f, "advisories", faults, GRADE_PASS, NULL);
}
