/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's kernel: can avicd watch it, and which known faults has it? */
#include "avicd/advisory.h"
#include "avicd/text.h"
#include "core/hostcheck-private.h"

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

void hostcheck_advisories(const struct capability *c, struct findings *f)
{
	enum tristate x2avic = first_known(c->cpuid_x2avic, c->x2avic);
	_cleanup_text_ struct text open = {0};
	struct kernel_version v;
	bool any = false;
	int r;

	r = kernel_version_of(c->host.release, c->version, &v);
	if (r < 0) {
		findings_add(
			f, "advisories", "for known faults of the kernel", r == -EINVAL ? GRADE_UNKNOWN : GRADE_INFO,
			r == -EINVAL
				? "the kernel's version is not known"
				: "cannot be told from the version: it is not one of a stable kernel of kernel.org");
		return;
	}
	for (const struct advisory *a = advisories; a->id; a++) {
		enum tristate t = advisory_applies(a, &v, c->host.core.vendor, x2avic);

		if (t == TRI_UNKNOWN)
			text_addf(&open, "%s%s", open.len ? ", " : "", a->id);
		if (t != TRI_YES)
			continue;
		any = true;
		findings_add(f, a->id, "for known faults of the kernel", a->grade, "%u.%u.%u, by its version: %s",
			     v.major, v.minor, v.patch, a->effect);
		findings_remedy(f, "update the kernel to one with the fix (%s), shut VMs down or migrate them, reboot",
				a->source);
	}
	if (open.error)
		f->error = open.error;
	else if (open.len)
		findings_add(f, "advisories", "for known faults of the kernel", GRADE_INFO,
			     "%u.%u.%u, by its version, may have: %s", v.major, v.minor, v.patch, open.s);
	else if (!any)
		findings_add(f, "advisories", "for known faults of the kernel", GRADE_PASS, NULL);
}
