/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict on one VM.
 *
 * DOC: Theory of Operation
 *
 * A mask alone says little: PIT_REINJ set for ever is a setting, APIC_ID_MODIFIED set for ever is damage, IRQWIN set and cleared a
 * thousand times is a guest that boots. So each set bit gets a class (reasons.h) and an age, and the first condition that holds wins:
 * unknown, off, settling, stuck, configured, transient, active. Nothing here looks at the world: verdict_of() is a function of its input, so
 * that tables can test it and a simulator can run it. `deadline` says when time alone may change the answer.
 */
#include <assert.h>
#include <string.h>

#include "avicd/verdict.h"

static const char *const condition_words[] = {
	[CONDITION_UNKNOWN] = "unknown",       [CONDITION_OFF] = "off",
	[CONDITION_SETTLING] = "settling",     [CONDITION_STUCK] = "stuck",
	[CONDITION_CONFIGURED] = "configured", [CONDITION_TRANSIENT] = "transient",
	[CONDITION_ACTIVE] = "active",
};
static_assert(ARRAY_SIZE(condition_words) == _CONDITION_MAX, "a word for each condition");

static const char *const health_words[] = {
	[HEALTH_UNKNOWN] = "unknown", [HEALTH_OFF] = "off", [HEALTH_DEGRADED] = "degraded",
	[HEALTH_EXPOSED] = "exposed", [HEALTH_OK] = "ok",
};
static_assert(ARRAY_SIZE(health_words) == _HEALTH_MAX, "a word for each health");

const char *condition_to_string(enum condition c)
{
	return (unsigned)c < _CONDITION_MAX ? condition_words[c] : "unknown";
}

const char *health_to_string(enum health h)
{
	return (unsigned)h < _HEALTH_MAX ? health_words[h] : "unknown";
}

void core_settings_default(struct core_settings *s)
{
	*s = (struct core_settings){
		.settle_ns = 30 * NSEC_PER_SEC,
		.stuck_after_ns = 60 * NSEC_PER_SEC,
		.storm_rate = 100,
		.storm_quiet_ns = 10 * NSEC_PER_SEC,
		.reboot_debounce_ns = 2 * NSEC_PER_SEC,
	};
}

/* Functions whose presence in a stack tells the way in; whole symbols, as "+0x" follows each. */
enum stack_origin stack_origin(const char *stack)
{
	static const struct {
		const char *symbol;
		enum stack_origin origin;
	} ways[] = {
		{ "kvm_apic_get_state+", STACK_LAPIC },
		{ "kvm_apic_set_state+", STACK_LAPIC },
		{ "kvm_vcpu_ioctl_get_lapic+", STACK_LAPIC },
		{ "kvm_vcpu_ioctl_set_lapic+", STACK_LAPIC },
		{ "kvm_arch_vcpu_ioctl_run+", STACK_RUN },
		{ "vcpu_run+", STACK_RUN },
		{ "vcpu_enter_guest+", STACK_RUN },
	};

	if (!stack)
		return STACK_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *at = strstr(stack, ways[i].symbol);

		if (at && (at == stack || at[-1] == '\n' || at[-1] == ' '))
			return ways[i].origin;
	}
	return STACK_OTHER;
}

/* IA32_APICBASE: bit 11 enable, bit 10 x2APIC (Intel SDM vol. 3, 11.4.3 and 11.12.1; AMD APM vol. 2, 16.3.1) */
#define APICBASE_ENABLE BIT64(11)
#define APICBASE_EXTD   BIT64(10)

static bool apic_id_right(const struct snap_vcpu *v)
{
	bool as_x2apic = v->apic_id == v->vcpu_id;
	bool as_xapic = v->apic_id >> 24 == (uint8_t)v->vcpu_id;

	if (!(v->apic_base & APICBASE_ENABLE))
		return as_x2apic || as_xapic;
	return v->apic_base & APICBASE_EXTD ? as_x2apic : as_xapic;
}

enum tristate apic_ids_right(const struct snap_vcpu *vcpus, size_t n)
{
	if (!n)
		return TRI_UNKNOWN;
	for (size_t i = 0; i < n; i++) {
		if (!vcpus[i].apic_valid)
			return TRI_UNKNOWN;
		if (!apic_id_right(&vcpus[i]))
			return TRI_NO;
	}
	return TRI_YES;
}

bool apic_ids_large(const struct snap_vcpu *vcpus, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (vcpus[i].vcpu_id > 255)
			return true;
	return false;
}

/*
 * What is proved of the bugs that can have set the bit when it was set: one of them was there, none of them was, or neither
 * is proved. The reboot and the disabled bug meet every VM, in the same functions; the other one VMs with large ids alone.
 */
static enum probe_result bugs_that_fit(const struct verdict_in *in, unsigned bit)
{
	enum probe_result all = PROBE_FIXED;

	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		const struct probe_answer *a = &in->host->probe[b];

		if (b == PROBE_LARGE_ID && !in->large_ids)
			continue;
		if (probe_answer_had(a, in->since[bit]))
			return PROBE_VULNERABLE;
		/* without a stack the bit may be older than the watch, and older than the livepatch that fixed the bug */
		if (a->result != PROBE_FIXED || (a->patched && in->id_stack == STACK_NONE))
			all = PROBE_UNPROVABLE;
	}
	return all;
}

/* The rules for the one bit whose cause is not in the table. */
static enum cause cause_of_id_modified(const struct verdict_in *in, unsigned bit)
{
	if (in->ids_right == TRI_NO)
		return CAUSE_GUEST;
	/* From 6.3 on the bit follows the ids (d471bd853d38), the bug cannot be: either the guest did it, or nobody can tell. */
	if (in->numbering->line >= LINE_6_3)
		return CAUSE_UNKNOWN;
	if (in->id_stack == STACK_RUN)
		return CAUSE_GUEST;
	if (in->ids_right != TRI_YES)
		return CAUSE_UNKNOWN;
	switch (bugs_that_fit(in, bit)) {
	case PROBE_FIXED:
		return CAUSE_GUEST; /* wrote an id and put it back; the bit sticks */
	case PROBE_VULNERABLE:
		return in->id_stack == STACK_LAPIC ? CAUSE_KERNEL_BUG : CAUSE_UNKNOWN;
	default:
		return CAUSE_UNKNOWN;
	}
}

static struct reason_verdict reason_verdict_of(const struct verdict_in *in, unsigned bit)
{
	enum reason r = numbering_reason(in->numbering, bit);
	const struct reason_info *info = reason_info(r);
	struct reason_verdict v = {
		.bit = bit,
		.reason = r,
		.cls = numbering_class(in->numbering, bit),
		.cause = info ? info->cause : CAUSE_UNKNOWN,
		.remedies = info ? info->remedies : 0,
	};

	if (r == REASON_APIC_ID_MODIFIED) {
		v.cause = cause_of_id_modified(in, bit);
		/* healing is for a bit that was set falsely; a new struct kvm cures either */
		if (v.cause == CAUSE_KERNEL_BUG)
			v.remedies |= BIT64(REMEDY_LIVEPATCH) | BIT64(REMEDY_HEAL);
		else
			v.remedies &= ~(BIT64(REMEDY_LIVEPATCH) | BIT64(REMEDY_HEAL));
	}
	return v;
}

/* ABSENT and PIT_REINJ are set and cleared while a machine is made; a finding only if they stay. */
static bool part_of_start(enum reason r)
{
	return r == REASON_ABSENT || r == REASON_PIT_REINJ;
}

static void headline(struct verdict *v, enum condition c, const struct reason_verdict *r)
{
	v->condition = c;
	v->cause = r->cause;
	v->headline = (int)r->bit;
}

void verdict_of(const struct verdict_in *in, struct verdict *ret)
{
	const struct reason_verdict *stuck = NULL, *configured = NULL, *young = NULL;
	bool settling = in->boot_at && in->now < in->boot_at + in->settings->settle_ns, off = false;
	struct verdict v = { .headline = -1, .deadline = TIME_NEVER, .remedies = UINT32_MAX };

	for (unsigned bit = 0; bit < REASON_BITS; bit++) {
		struct reason_verdict *r = &v.reasons[v.n];

		if (!(in->mask >> bit & 1))
			continue;
		*r = reason_verdict_of(in, bit);
		v.n++;
		if (r->cls == CLASS_OFF)
			off = true;
		if (r->cls == CLASS_TRANSIENT || r->cls == CLASS_OFF || (settling && part_of_start(r->reason)))
			continue;
		v.remedies &= r->remedies;
		if (r->cls == CLASS_CONFIG) {
			if (!configured)
				configured = r;
			continue;
		}
		if (in->running && in->now >= in->since[bit] + in->settings->stuck_after_ns) {
			if (!stuck)
				stuck = r;
			continue;
		}
		if (!young)
			young = r;
		if (in->running)
			v.deadline = MIN(v.deadline, in->since[bit] + in->settings->stuck_after_ns);
	}
	if (!stuck && !configured && !young)
		v.remedies = 0;

	if (!in->known) {
		v.condition = CONDITION_UNKNOWN;
		v.why = "its state was not seen yet";
		v.deadline = TIME_NEVER;
	} else if (in->ambiguous) {
		v.condition = CONDITION_UNKNOWN;
		v.why = "several VMs in one process, whose events cannot be told apart";
		v.deadline = TIME_NEVER;
	} else if (off || in->host->avic == TRI_NO) {
		v.condition = CONDITION_OFF;
		v.cause = CAUSE_HOST_CONFIG;
		v.why = "AVIC/APICv is not enabled on this host";
		v.deadline = TIME_NEVER;
	} else if (settling) {
		v.condition = CONDITION_SETTLING;
		v.why = "just started or reset";
		v.deadline = in->boot_at + in->settings->settle_ns;
	} else if (stuck) {
		headline(&v, CONDITION_STUCK, stuck);
	} else if (configured) {
		headline(&v, CONDITION_CONFIGURED, configured);
	} else if (in->mask) {
		v.condition = CONDITION_TRANSIENT;
		if (young)
			headline(&v, CONDITION_TRANSIENT, young);
		if (young && !in->running)
			v.why = "paused";
	} else {
		v.condition = CONDITION_ACTIVE;
	}
	*ret = v;
}

bool host_exposed(const struct host_facts_core *host)
{
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		if (host->probe[b].result == PROBE_VULNERABLE)
			return true;
	return false;
}

enum health health_of(const struct host_facts_core *host, bool watching, size_t stuck, size_t unknown, bool patched)
{
	if (!watching)
		return HEALTH_UNKNOWN;
	if (host->avic == TRI_NO)
		return HEALTH_OFF;
	/* one VM that cannot be judged must not hide another that is known to be stuck */
	if (stuck)
		return HEALTH_DEGRADED;
	if (unknown || host->avic == TRI_UNKNOWN)
		return HEALTH_UNKNOWN;
	if (host_exposed(host) && !patched)
		return HEALTH_EXPOSED;
	return HEALTH_OK;
}
