/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from a domain's XML and its host for AVIC; rules and prediction both build on it. */
#include "avicd/util.h"
#include "core/preflight-private.h"

void preflight_host_unknown(struct preflight_host *h)
{
	*h = (struct preflight_host){.avic = TRI_UNKNOWN, .x2avic = TRI_UNKNOWN, .max_id = -1, .line = LINE_NONE};
}

void subject_of(const struct domxml_facts *f, const struct preflight_host *h, struct subject *ret)
{
	struct subject s = {.f = f, .h = h, .vcpus = f->vcpus.state == NUMBER_GOOD ? f->vcpus.value : 1};
	unsigned large = h->large_vcpus ?: PREFLIGHT_LARGE_VCPUS;

	s.max_id = apicid_max(s.vcpus, &f->topology);
	s.start_id = s.max_id;
	if (f->vcpus_current.state == NUMBER_GOOD && f->vcpus_current.value < s.vcpus)
		s.start_id = apicid_max(f->vcpus_current.value, &f->topology);
	/* QEMU: pc-q35-4.0 alone splits the interrupt controller by itself (pc_q35_4_0_machine_options()) */
	s.split = streq(f->ioapic, "qemu") || (!*f->ioapic && streq(f->machine, "pc-q35-4.0"));
	s.loss = s.vcpus >= large ? GRADE_FAIL : GRADE_WARN;
	s.mode = policy_mode_to_string(f->mode) ? f->mode : h->mode;
	if (s.mode == MODE_REQUIRE)
		s.loss = GRADE_FAIL;
	else if (s.mode == MODE_PREFER)
		s.loss = GRADE_WARN;
	else if (s.mode == MODE_IGNORE)
		s.loss = GRADE_INFO;
	*ret = s;
}

bool subject_amd(const struct subject *s)
{
	return !streq(s->h->vendor, "intel");
}

bool subject_pit_reinjects(const struct subject *s)
{
	return reason_vendor(REASON_PIT_REINJ, s->h->vendor) && !s->split && !streq(s->f->pit_policy, "discard");
}

bool subject_autoeoi(const struct subject *s)
{
	/* host-model is expanded at the start of the VM, to what the host has: SynIC among it */
	bool opaque = streq(s->f->hyperv_mode, "passthrough") || streq(s->f->hyperv_mode, "host-model");

	return s->f->hyperv && (s->f->synic == TRI_YES || opaque) && s->f->hyperv_avic != TRI_YES;
}

bool subject_sev(const struct subject *s)
{
	return startswith(s->f->launch_security, "sev");
}

bool subject_x2apic(const struct subject *s)
{
	/* QEMU offers it to every KVM guest unless it is told otherwise (kvm_default_props) */
	return !streq(s->f->feature[FEATURE_X2APIC], "disable") && !streq(s->f->feature[FEATURE_X2APIC], "forbid");
}

enum tristate subject_svm(const struct subject *s)
{
	const char *policy = s->f->feature[FEATURE_SVM];

	if (streq(policy, "disable") || streq(policy, "forbid"))
		return TRI_NO;
	if (streq(policy, "require") || streq(policy, "force"))
		return TRI_YES;
	if (startswith(s->f->cpu_model, "EPYC"))
		return TRI_YES;
	if (startswith(s->f->cpu_mode, "host-") || streq(s->f->cpu_mode, "maximum"))
		return TRI_UNKNOWN;
	return TRI_NO;
}

enum tristate subject_id_fits(const struct subject *s, uint32_t id)
{
	/* kernel: AVIC_MAX_PHYSICAL_ID 0xfe is there on every host, X2AVIC_4K_MAX_PHYSICAL_ID 0xfff is the most */
	enum { EVERYWHERE = 254, NOWHERE_ABOVE = 4095 };

	if (!reason_vendor(REASON_PHYSICAL_ID_TOO_BIG, s->h->vendor) || id <= EVERYWHERE)
		return TRI_YES;
	if (s->h->max_id >= 0)
		return id <= (uint32_t)s->h->max_id ? TRI_YES : TRI_NO;
	return id > NOWHERE_ABOVE ? TRI_NO : TRI_UNKNOWN;
}

bool subject_overridden(const struct subject *s, const char *word)
{
	static const char *const words[] = {"kvm-pit", "kernel_irqchip", "kernel-irqchip", "-cpu", "hv-",
					    "hv_",     "x2apic"};

	if (!s->f->qemu_args)
		return false;
	if (word)
		return strstr(s->f->qemu_args, word);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(s->f->qemu_args, words[i]))
			return true;
	return false;
}

void preflight_predict(const struct domxml_facts *f, const struct preflight_host *h, struct preflight_prediction *ret)
{
	struct preflight_prediction p = {0};
	struct subject s;

	*ret = p;
	subject_of(f, h, &s);
	if (!streq(f->type, "kvm"))
		return;
	p.overridden = subject_overridden(&s, NULL);
	if (h->avic == TRI_NO) {
		/* kvm_set_or_clear_apicv_inhibit() does nothing then: no other bit is ever set */
		p.sure = BIT64(REASON_DISABLED);
		*ret = p;
		return;
	}
	if (subject_pit_reinjects(&s))
		p.sure |= BIT64(REASON_PIT_REINJ);
	if (subject_sev(&s) && subject_amd(&s))
		p.sure |= BIT64(REASON_SEV);
	if (subject_id_fits(&s, s.start_id) == TRI_NO)
		p.sure |= BIT64(REASON_PHYSICAL_ID_TOO_BIG);
	else if (subject_id_fits(&s, s.max_id) == TRI_NO)
		p.guest |= BIT64(REASON_PHYSICAL_ID_TOO_BIG);
	if (subject_overridden(&s, "kernel_irqchip=off") || subject_overridden(&s, "kernel-irqchip=off"))
		p.sure |= BIT64(REASON_ABSENT);
	if (subject_x2apic(&s) && subject_amd(&s) && h->line != LINE_NONE && h->line <= LINE_5_19)
		p.sure |= BIT64(REASON_X2APIC);
	/* whether the host's own CPU shows svm is a parameter of kvm_amd, so a model alone is sure */
	if (subject_svm(&s) != TRI_NO && subject_amd(&s) && h->line != LINE_NONE && h->line <= LINE_5_16) {
		if (subject_svm(&s) == TRI_YES)
			p.sure |= BIT64(REASON_NESTED);
		else
			p.guest |= BIT64(REASON_NESTED);
	}
	if (subject_autoeoi(&s))
		p.guest |= BIT64(REASON_HYPERV);
	*ret = p;
}
