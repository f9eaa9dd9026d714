/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recorded trace means, and what to do, in sentences. */
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/text.h"
#include "ctl/analysis.h"

const char *analysis_numbers(const struct analysis *a)
{
	enum kernel_line l = a->guess.numbering.line;

	/* the lines from 6.3 on share their numbers, and a trace seldom tells them apart */
	if (l >= LINE_6_3 && a->guess.numbering.origin == NUMBERING_INFERRED && !a->forced)
		return "6.3 and later";
	return kernel_line_to_string(l);
}

bool analysis_note(const struct analysis *a, int n, char *buf, size_t size)
{
	uint64_t misfits = 0;

	for (size_t i = 0; i < a->n_vms; i++)
		misfits += a->vms[i]->misfits;
	buf[0] = '\0';
	if (a->losses && n-- == 0)
		snprintf(buf, size,
			 "Records are missing in %llu places (%llu or more): times and counts are lower bounds.",
			 (unsigned long long)a->losses, (unsigned long long)MAX(a->lost, a->losses));
	else if (a->damaged && n-- == 0)
		snprintf(buf, size, "The file is damaged or cut off: what comes after the last record is not known.");
	else if (a->skipped && n-- == 0)
		snprintf(buf, size, "%llu records could not be read and were skipped.", (unsigned long long)a->skipped);
	else if (a->ambiguous && n-- == 0)
		snprintf(buf, size,
			 "%llu threads could belong to several VMs and are shown as VMs of their own: record with the "
			 "tgid "
			 "(echo 1 > options/record-tgid).",
			 (unsigned long long)a->ambiguous);
	else if (misfits && n-- == 0)
		snprintf(buf, size,
			 "%llu masks do not follow from those before: records are missing, or VMs of several processes "
			 "are "
			 "mixed up; record with the tgid.",
			 (unsigned long long)misfits);
	return buf[0];
}

static bool is_set(const struct analysis *a, const struct analysis_vm *v, enum reason r)
{
	return v->vm.mask & numbering_mask(&a->tracker.numbering, r);
}

/* APIC_ID_MODIFIED, of which the numbering says how long it lives, and so what it means that it stays. */
static void id_modified(const struct analysis *a, const struct analysis_vm *v, struct text *t)
{
	unsigned bit = (unsigned)a->tracker.numbering.bit[REASON_APIC_ID_MODIFIED];
	const struct entry *e = &v->entry;
	uint64_t since = e->reason[bit].since;

	text_add(t, " APIC_ID_MODIFIED says that KVM found an xAPIC id that differs from its vCPU's id.");
	if (a->tracker.numbering.line < LINE_6_3) {
		text_add(t, " Kernels of this numbering never clear it: it stays over all guest reboots until the VM "
			    "is terminated. "
			    "Those with commit 3743c2f02517 and without ef40757743b4 (5.19 to 6.1.3, and forks of "
			    "them) set it "
			    "falsely when the guest reboots.");
		if (e->reset_at && since >= e->reset_at && since - e->reset_at < 2 * NSEC_PER_SEC)
			text_add(t, " Here it was set right at a guest reset, as by that bug.");
		text_add(t, " A trace does not show whether an id is really wrong, so the cause is unknown.");
		return;
	}
	text_add(t, " A real kernel of 6.3 or later clears it at the next recalculation of the APIC map with all ids "
		    "right; that it ");
	text_add(t, v->held >> bit & 1 ? "was held throughout" : "stays");
	text_add(t, " means that an id is still wrong, or that the kernel is an older one which carries the series "
		    "that these numbers come "
		    "from, as that of the first report of this bug did (6.0-rc6).");
	if (a->guess.numbering.origin == NUMBERING_INFERRED && !a->forced)
		text_addf(t, " With the numbers of 5.19 to 6.2, %#llx would be %s instead.",
			  (unsigned long long)BIT64(bit), bit == 5 ? "APIC_BASE_MODIFIED" : "another reason");
	text_add(t, " The trace does not tell which, so the cause is unknown.");
}

static void other_reason(const struct analysis *a, const struct reason_verdict *r, struct text *t)
{
	const struct reason_info *info = reason_info(r->reason);
	char name[BIT_NAME_MAX];

	if (!info) {
		text_addf(t, " %s is a reason that this version of avicd does not know.",
			  bit_name(&a->tracker.numbering, r->bit, name));
		return;
	}
	text_addf(t, " %s: %s; it lasts %s.", info->name, info->what,
		  reason_lifetime(r->reason, a->tracker.numbering.line));
}

static void irqwin(const struct analysis *a, const struct analysis_vm *v, struct text *t)
{
	int8_t bit = a->tracker.numbering.bit[REASON_IRQWIN];

	if (bit < 0 || !v->entry.reason[bit].count)
		return;
	if (v->vm.verdict.condition == CONDITION_STUCK || v->vm.verdict.condition == CONDITION_CONFIGURED)
		text_add(t, " IRQWIN toggles on top of it because of it: without AVIC KVM waits for an interrupt "
			    "window whenever an interrupt "
			    "comes while the guest has interrupts off. It is the consequence, not the cause.");
	else
		text_add(t, " IRQWIN toggles: interrupts of the legacy PIC, usual while a guest boots and harmless "
			    "when rare.");
}

static const char *const openings[] = {
	[CONDITION_UNKNOWN] = "The trace does not show the VM's mask.",
	[CONDITION_OFF] = "AVIC/APICv was not enabled on the host, so nothing else is recorded of this VM.",
	[CONDITION_SETTLING] =
		"The trace ends within 30 s of the VM's start or reset, too early to say whether what is set stays.",
	[CONDITION_STUCK] = ("AVIC/APICv is off for the whole VM though no setting asks for it: each interrupt, EOI and "
			     "IPI makes it exit."),
	[CONDITION_CONFIGURED] = "AVIC/APICv is off for the whole VM because of how it is set up.",
	[CONDITION_TRANSIENT] = "At the end of the trace AVIC/APICv is off for reasons that come and go by themselves.",
	[CONDITION_ACTIVE] = "At the end of the trace nothing keeps AVIC/APICv off.",
};

int analysis_meaning(const struct analysis *a, const struct analysis_vm *v, char **ret)
{
	const struct verdict *d = &v->vm.verdict;
	_cleanup_text_ struct text t = {};

	if (d->condition == CONDITION_UNKNOWN && v->vm.ambiguous)
		text_add(&t, "Several VMs were made in this process, and their records cannot be told apart.");
	else if (d->condition == CONDITION_SETTLING && !(v->vm.mask & ~a->params.quiet_mask))
		text_add(&t, "Up to the end of the trace, soon after the VM's start or reset, nothing keeps AVIC/APICv "
			     "off for long.");
	else
		text_add(&t, openings[d->condition]);
	for (size_t i = 0; i < d->n && d->condition != CONDITION_OFF; i++) {
		const struct reason_verdict *r = &d->reasons[i];

		if (r->reason == REASON_APIC_ID_MODIFIED)
			id_modified(a, v, &t);
		else if (r->cls != CLASS_TRANSIENT)
			other_reason(a, r, &t);
	}
	irqwin(a, v, &t);
	if (v->vm.storms)
		text_addf(&t,
			  " In a storm the mask changed up to %llu times a second; each change takes a lock that all "
			  "vCPUs need.",
			  (unsigned long long)v->max_rate);
	return text_take(&t, ret);
}

int analysis_advice(const struct analysis *a, const struct analysis_vm *v, char **ret)
{
	const struct verdict *d = &v->vm.verdict;
	_cleanup_text_ struct text t = {};
	char remedy[REPORT_REMEDY_MAX];

	if (d->condition == CONDITION_STUCK && is_set(a, v, REASON_APIC_ID_MODIFIED)) {
		if (a->tracker.numbering.line >= LINE_6_3)
			text_add(&t, "Look at the host's `uname -r`. Where it is 6.3 or later, compare the guest's "
				     "APIC ids with the vCPU "
				     "ids (`avicctl show` lists both). Where it is older: ");
		text_addf(&t,
			  "%sun a kernel with the fix ef40757743b4 (6.1.4, 6.2 and later), or the reason comes back at "
			  "the next guest "
			  "reboot. Then power-cycle the VM (destroy and start; a reboot of the guest does not help), "
			  "or migrate it to "
			  "a host with such a kernel.",
			  t.len ? "r" : "R");
	} else if (d->condition == CONDITION_UNKNOWN && v->vm.ambiguous) {
		text_add(&t, "Run one VM a process, or look at them with `avicctl show` while they run.");
	} else if (d->condition == CONDITION_UNKNOWN || d->condition == CONDITION_SETTLING) {
		text_add(&t, v->vm.mask & ~a->params.quiet_mask || d->condition == CONDITION_UNKNOWN
				     ? "Record longer, from the start of the VM to some minutes after its reboot."
				     : "Nothing; a longer recording, over a reboot and some minutes more, would make "
				       "it certain.");
	} else {
		report_remedy(&a->tracker, &v->vm, remedy);
		text_addf(&t, "%s%s.", remedy[0] == '<' ? "Set " : "", remedy[0] ? remedy : "Nothing");
	}
	if (!t.error && t.len && t.s[0] >= 'a' && t.s[0] <= 'z')
		t.s[0] = (char)(t.s[0] - 'a' + 'A');
	return text_take(&t, ret);
}
