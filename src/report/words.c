/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remedies by reason, cause and kernel line; which parts of an action mean something for which event. */
#include <stdio.h>

#include "report/words.h"

const char *words_feature(const struct tracker *t)
{
	return streq(t->host.vendor, "intel") ? "APICv" : "AVIC";
}

const char *words_host_remedy(const struct tracker *t)
{
	if (streq(t->host.vendor, "amd"))
		return "write 'options kvm_amd avic=1' to /etc/modprobe.d/avic.conf, then reload kvm_amd with no VM "
		       "running; where the parameter stays N, enable AVIC in the firmware";
	if (streq(t->host.vendor, "intel"))
		return "write 'options kvm_intel enable_apicv=1' to /etc/modprobe.d/apicv.conf, then reload kvm_intel "
		       "with no VM running";
	return reason_info(REASON_DISABLED)->remedy;
}

/* From 6.3 on the kernel clears APIC_ID_MODIFIED itself when all ids are right again (kernel commit d471bd853d38). */
static bool id_inhibit_is_sticky(const struct tracker *t)
{
	return t->numbering.line < LINE_6_3;
}

const char *words_remedy(const struct tracker *t, const struct reason_verdict *r)
{
	const struct reason_info *info = reason_info(r->reason);

	switch (r->reason) {
	case REASON_UNKNOWN:
		return "migrate the VM or power-cycle it; this version of avicd does not know the reason";
	case REASON_DISABLED:
		return words_host_remedy(t);
	case REASON_APIC_ID_MODIFIED:
		if (r->cause == CAUSE_KERNEL_BUG)
			return "livepatch the host (avicctl fix deploy), then reset, migrate or power-cycle the VM";
		if (r->cause != CAUSE_GUEST)
			return "migrate the VM or power-cycle it";
		if (id_inhibit_is_sticky(t))
			return "update the guest's kernel or firmware, which writes APIC ids, then power-cycle it";
		return "let the guest put its APIC ids back or use x2APIC: then this kernel lifts the inhibit";
	case REASON_APIC_BASE_MODIFIED:
		return "update the guest's kernel or firmware, which moves the APIC's base, then power-cycle it";
	default:
		return info ? info->remedy : "migrate the VM or power-cycle it";
	}
}

/* Append as much of "@sep@name@mid@s" as fits. */
static size_t append(char *buf, size_t len, const char *sep, const char *name, const char *mid, const char *s)
{
	int n = snprintf(buf + len, REPORT_REMEDY_MAX - len, "%s%s%s%s", sep, name, mid, s);

	return MIN(len + (size_t)MAX(n, 0), (size_t)REPORT_REMEDY_MAX - 1);
}

char *report_remedy(const struct tracker *t, const struct vm *vm, char *buf)
{
	const struct verdict *v = &vm->verdict;
	char name[BIT_NAME_MAX];
	size_t len = 0, i;

	buf[0] = '\0';
	/* while a VM settles, reasons still come and go by themselves; of one that is not known nothing may be said */
	if (v->condition != CONDITION_STUCK && v->condition != CONDITION_CONFIGURED && v->condition != CONDITION_OFF)
		return buf;
	for (i = 0; i < v->n; i++)
		if ((int)v->reasons[i].bit == v->headline)
			len = append(buf, len, "", "", "", words_remedy(t, &v->reasons[i]));
	if (!len && v->condition == CONDITION_OFF)
		len = append(buf, len, "", "", "", words_host_remedy(t));
	/* ABSENT stays beside DISABLED on old kernels and means nothing there */
	for (i = 0; i < v->n && v->condition != CONDITION_OFF; i++) {
		const struct reason_verdict *r = &v->reasons[i];

		if ((int)r->bit != v->headline && r->cls != CLASS_TRANSIENT)
			len = append(buf, len, len ? "; for " : "for ", bit_name(&t->numbering, r->bit, name), ": ",
				     words_remedy(t, r));
	}
	return buf;
}

const char *words_old_condition(const struct action *a)
{
	switch (a->event) {
	case EVENT_VM_STUCK:
	case EVENT_VM_CONFIGURED:
	case EVENT_VM_RECOVERED:
	case EVENT_VM_CONDITION:
		return condition_to_string(a->old_condition);
	default:
		return NULL;
	}
}

bool words_has_duration(const struct action *a)
{
	return a->event == EVENT_EPISODE_END || a->event == EVENT_STORM_END || a->event == EVENT_VM_RECOVERED;
}

const char *words_reason(const struct tracker *t, const struct action *a, char *buf)
{
	if (a->event == EVENT_EPISODE_BEGIN)
		return bit_name(&t->numbering, a->bit, buf);
	if (a->vm && (a->event == EVENT_VM_STUCK || a->event == EVENT_VM_CONFIGURED) && a->vm->verdict.headline >= 0)
		return bit_name(&t->numbering, (unsigned)a->vm->verdict.headline, buf);
	return NULL;
}
