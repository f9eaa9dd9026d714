/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lifetime.c - how long an inhibit reason lives, and so its class, by kernel line. */
#include "avicd/reasons.h"

#include <assert.h>

#include "avicd/util.h"

/* A row holds from its line on, up to the next row of the same reason. The row of LINE_NONE speaks of every kernel. */
struct lifetime {
	enum kernel_line from;
	const char *text;
};
#define LIFETIMES_MAX 4

static const struct lifetime lifetimes[][LIFETIMES_MAX] = {
	[REASON_DISABLED] = {
		{ LINE_NONE, "as long as the VM" },
	},
	[REASON_HYPERV] = {
		{ LINE_NONE, "while the guest uses AutoEOI, Windows from boot to shutdown; up to 5.14 as long as the "
			     "VM" },
		{ LINE_5_16, "while the guest uses AutoEOI: Windows from boot to shutdown" },
	},
	[REASON_ABSENT] = {
		{ LINE_NONE, "microseconds at the start of the VM; as long as the VM with kernel_irqchip=off, and up "
			     "to 6.9 beside DISABLED" },
		{ LINE_6_17, "microseconds at the start of the VM; as long as the VM with kernel_irqchip=off" },
	},
	[REASON_BLOCKIRQ] = {
		{ LINE_NONE, "while a debugger single-steps" },
	},
	[REASON_PHYSICAL_ID_ALIASED] = {
		{ LINE_NONE, "until the guest restores the ids" },
	},
	[REASON_APIC_ID_MODIFIED] = {
		{ LINE_NONE, "up to 6.2 as long as the VM, over all guest reboots; from 6.3 on until the next APIC map "
			     "recalculation with right ids" },
		{ LINE_5_19, "as long as the VM, over all guest reboots: nothing in this kernel clears it" },
		{ LINE_6_3, "until the next APIC map recalculation with all ids right" },
	},
	[REASON_APIC_BASE_MODIFIED] = {
		{ LINE_NONE, "as long as the VM, over all guest reboots: no kernel clears it" },
	},
	[REASON_NESTED] = {
		{ LINE_NONE, "up to 5.17 as long as the VM; from 5.18 on never in the mask" },
		{ LINE_5_6, "as long as the VM" },
		{ LINE_5_18, "never in the mask of this kernel: AVIC is off for single vCPUs while they run a nested "
			     "VM" },
	},
	[REASON_IRQWIN] = {
		{ LINE_NONE, "microseconds to milliseconds, again and again; from 7.1 on it may stay set while another "
			     "reason is set" },
		{ LINE_5_6, "microseconds to milliseconds, again and again" },
		{ LINE_7_1, "microseconds to milliseconds; while another reason is set it does not change, and may "
			    "stay set without meaning" },
	},
	[REASON_PIT_REINJ] = {
		{ LINE_NONE, "as long as the VM, unless its PIT discards lost ticks: then microseconds at the start of "
			     "the VM" },
	},
	[REASON_X2APIC] = {
		{ LINE_NONE, "as long as the VM" },
	},
	[REASON_SEV] = {
		{ LINE_NONE, "as long as the VM" },
	},
	[REASON_LOGICAL_ID_ALIASED] = {
		{ LINE_NONE, "until the guest has set up its CPUs" },
	},
	[REASON_PHYSICAL_ID_TOO_BIG] = {
		{ LINE_NONE, "as long as the VM" },
	},
};
static_assert(ARRAY_SIZE(lifetimes) == _REASON_MAX, "a reason without a lifetime");

const char *reason_lifetime(enum reason r, enum kernel_line line)
{
	struct numbering n;
	const char *text;
	int i;

	if (r < 0 || r >= _REASON_MAX)
		return "not known: avicd does not know this reason";
	if (line > LINE_NONE && line < _LINE_MAX) {
		numbering_from_line(line, &n);
		if (n.bit[r] < 0)
			return "this kernel does not have it";
	}
	text = lifetimes[r][0].text;
	for (i = 1; i < LIFETIMES_MAX && lifetimes[r][i].text; i++)
		if (line >= lifetimes[r][i].from)
			text = lifetimes[r][i].text;
	return text;
}

enum reason_class reason_class_of(enum reason r, enum kernel_line line)
{
	const struct reason_info *info = reason_info(r);

	if (!info)
		return CLASS_STICKY;
	/* Up to 5.17 the guest's CPU model set it for good; from 5.18 on it is a matter of single vCPUs. */
	if (r == REASON_NESTED && line > LINE_NONE && line < LINE_5_18)
		return CLASS_CONFIG;
	return info->cls;
}
