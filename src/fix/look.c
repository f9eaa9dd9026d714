/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the mask of the probe's VM, and what it proves. */
#include "fix/look.h"

#include <stdio.h>

#include "avicd/clock.h"

static int take_mask(const struct snap_vm *vm, void *userdata)
{
	*(uint64_t *)userdata = vm->mask;
	return 1;
}

/* The events of its VM, or its struct kvm. Returns whether it was seen. */
static bool read_mask(struct trace_source *source, int32_t tgid, uint64_t *ret)
{
	struct entry e = {};

	if (trace_read(source, tgid, &e) >= 0 && e.mask_known) {
		*ret = e.mask;
		return true;
	}
	return trace_snapshot(source, tgid, false, take_mask, ret) == 1;
}

static bool say(struct probe_answer *a, enum probe_result result, const char *why)
{
	*a = (struct probe_answer){.result = result, .at = wall_us()};
	snprintf(a->why, sizeof(a->why), "%s", why);
	return true;
}

bool known_without(const struct probe_setup *setup, struct probe_answer *ret)
{
	const struct numbering *n = setup->numbering;
	char why[PROBE_WHY_MAX];

	if (setup->host->core.avic == TRI_NO) {
		snprintf(why, sizeof(why), "enable_apicv=N: %s",
			 setup->host->avic_why ? setup->host->avic_why : "AVIC or APICv is not in use");
		return say(ret, PROBE_UNPROVABLE, why);
	}
	if (!setup->source && setup->source_why) {
		snprintf(why, sizeof(why), "no trace source: %s", setup->source_why);
		return say(ret, PROBE_UNPROVABLE, why);
	}
	if (!setup->source || setup->source->kind == TRACE_RECORDED)
		return say(ret, PROBE_UNPROVABLE, "no trace source shows the inhibits of this host's VMs");
	if (n->origin == NUMBERING_NONE)
		return say(ret, PROBE_UNPROVABLE, "what the numbers of this kernel's inhibits mean is not known");
	if (n->bit[REASON_APIC_ID_MODIFIED] >= 0)
		return false;
	if (n->origin == NUMBERING_TABLE)
		return say(ret, PROBE_UNPROVABLE,
			   "neither BTF nor the event's format shows whether this kernel follows APIC ids");
	return say(ret, PROBE_FIXED, "this kernel has no inhibit for changed APIC ids");
}

bool look(struct trace_source *source, int32_t tgid, const struct numbering *n, bool last, struct probe_answer *ret)
{
	uint64_t mask = 0;
	bool seen = read_mask(source, tgid, &mask);

	if (seen && mask & numbering_mask(n, REASON_DISABLED))
		return say(ret, PROBE_UNPROVABLE,
			   "enable_apicv=N: AVIC or APICv is not in use on this host, so nothing shows the bug");
	/* what avicd-probe does last: all that it did before is seen, too */
	if (seen && mask & numbering_mask(n, REASON_APIC_BASE_MODIFIED)) {
		if (mask & numbering_mask(n, REASON_APIC_ID_MODIFIED))
			return say(ret, PROBE_VULNERABLE, "KVM set APIC_ID_MODIFIED though the id was right");
		return say(ret, PROBE_FIXED, "KVM did not set APIC_ID_MODIFIED");
	}
	if (!last)
		return false;
	say(ret, PROBE_UNPROVABLE,
	    seen ? "the trace source does not show what the probe's VM did"
		 : "the trace source does not show the probe's VM");
	ret->late = true;
	return true;
}
