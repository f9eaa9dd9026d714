/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict on one VM: a pure function of what is known, the time and the settings. */
#ifndef AVICD_VERDICT_H
#define AVICD_VERDICT_H

#include "avicd/bugs.h"
#include "avicd/entry.h"
#include "avicd/reasons.h"
#include "avicd/trace.h"

enum condition {
	CONDITION_UNKNOWN,
	CONDITION_OFF,
	CONDITION_SETTLING,
	CONDITION_STUCK,
	CONDITION_CONFIGURED,
	CONDITION_TRANSIENT,
	CONDITION_ACTIVE,
	_CONDITION_MAX,
};
const char *condition_to_string(enum condition c);

enum tristate { TRI_UNKNOWN = -1, TRI_NO = 0, TRI_YES = 1 };

/* Where the first setting of a reason came from, by the symbols of its kernel stack. */
enum stack_origin {
	STACK_NONE,   /* no stack was seen: the VM is older than the watch, or the source has none */
	STACK_LAPIC,  /* KVM_GET_LAPIC or KVM_SET_LAPIC: kvm_apic_get_state, kvm_apic_set_state and their ioctls */
	STACK_RUN,    /* guest access in KVM_RUN: vcpu_run, kvm_arch_vcpu_ioctl_run */
	STACK_OTHER,
};
/* stack_origin() - from the text of trace_stack(); NULL is STACK_NONE. */
enum stack_origin stack_origin(const char *stack);

/* Whether every vCPU's APIC id is the right one (design: x2APIC id == vcpu_id; xAPIC id>>24 == (u8)vcpu_id; disabled: either). */
enum tristate apic_ids_right(const struct snap_vcpu *vcpus, size_t n);
/* apic_ids_large() - whether one has an id above 255, for which a bug of its own exists. */
bool apic_ids_large(const struct snap_vcpu *vcpus, size_t n);

struct core_settings {
	uint64_t settle_ns;      /* 30 s */
	uint64_t stuck_after_ns; /* 60 s */
	double storm_rate;       /* changes/s */
	uint64_t storm_quiet_ns; /* a storm is over after this long below the rate: 10 s */
	uint64_t reboot_debounce_ns; /* 2 s */
};
/* core_settings_default() - the values above, storm_rate 100. */
void core_settings_default(struct core_settings *s);

struct host_facts_core {
	enum tristate avic;      /* enable_apicv, effective */
	struct probe_answer probe[_PROBE_BUG_MAX];
	char vendor[8];          /* "amd", "intel" or "" */
};

/* What verdict_of() looks at. */
struct verdict_in {
	const struct numbering *numbering;
	const struct core_settings *settings;
	const struct host_facts_core *host;
	bool known;           /* mask and times may be trusted: seen since the last loss of sight */
	bool ambiguous;
	bool running;         /* libvirt says running, or nothing else is known */
	uint64_t boot_at;     /* monotonic ns of VM start or last guest reset; 0 = before the watch */
	uint64_t mask;
	uint64_t since[REASON_BITS]; /* ns of the last 0->1 of each set bit, or when first seen set */
	enum tristate ids_right;
	enum stack_origin id_stack; /* first stack of APIC_ID_MODIFIED */
	bool large_ids;             /* a vCPU has an id above 255 */
	uint64_t now;
};

struct reason_verdict {
	unsigned bit;
	enum reason reason;
	enum reason_class cls;
	enum cause cause;
	uint32_t remedies;
};

struct verdict {
	enum condition condition;
	enum cause cause;        /* of the headline reason */
	int headline;            /* bit that decides the condition, -1 */
	const char *why;         /* one short phrase for unknown/off/settling, else NULL; static */
	uint32_t remedies;       /* what cures every non-transient reason; 0: nothing does */
	uint64_t deadline;       /* when time alone may change it; TIME_NEVER */
	size_t n;                /* reasons set now, rising by bit */
	struct reason_verdict reasons[REASON_BITS];
};

void verdict_of(const struct verdict_in *in, struct verdict *ret);

enum health { HEALTH_UNKNOWN, HEALTH_OFF, HEALTH_DEGRADED, HEALTH_EXPOSED, HEALTH_OK, _HEALTH_MAX };
const char *health_to_string(enum health h);
/* host_exposed() - does the kernel have one of the bugs, as far as is proved? */
bool host_exposed(const struct host_facts_core *host);
/* health_of() - @watching: a trace source is attached and every VM's state is known; @stuck: number of VMs stuck. */
enum health health_of(const struct host_facts_core *host, bool watching, size_t stuck, size_t unknown, bool patched);

#endif
