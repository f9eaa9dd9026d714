/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics of each VM. */
#include <inttypes.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "report/metric.h"

/* It would cure nothing to know the cause of a VM that is well. */
static const char *cause_of(const struct vm *vm)
{
	return vm->verdict.headline >= 0 ? cause_to_string(vm->verdict.cause) : "";
}

static void info(struct metric_out *o, const struct vm *vm)
{
	char pid[16], vcpus[16] = "";

	snprintf(pid, sizeof(pid), "%" PRId32, vm->id.tgid);
	if (vm->created_vcpus)
		snprintf(vcpus, sizeof(vcpus), "%" PRIu32, vm->created_vcpus);
	metric_labels(o, 1, LABELS("pid", pid, "cause", cause_of(vm), "vcpus", vcpus));
}

static const char *word(int i)
{
	return condition_to_string((enum condition)i);
}

static void condition(struct metric_out *o, const struct vm *vm)
{
	metric_set(o, "condition", word, _CONDITION_MAX, (int)vm->verdict.condition);
}

static void condition_since(struct metric_out *o, const struct vm *vm)
{
	metric_time(o, wall_of(vm->condition_at));
}

static void stuck(struct metric_out *o, const struct vm *vm)
{
	bool is = vm->verdict.condition == CONDITION_STUCK && o->now > vm->stuck_at;

	metric_seconds(o, NULL, NULL, is ? o->now - vm->stuck_at : 0);
}

static void storm(struct metric_out *o, const struct vm *vm)
{
	metric_u64(o, NULL, NULL, vm->storm);
}
static void boots(struct metric_out *o, const struct vm *vm)
{
	metric_u64(o, NULL, NULL, vm->boots);
}
static void episodes(struct metric_out *o, const struct vm *vm)
{
	metric_u64(o, NULL, NULL, vm->episodes);
}
static void events(struct metric_out *o, const struct vm *vm)
{
	metric_u64(o, NULL, NULL, vm->events);
}

static void watched(struct metric_out *o, const struct vm *vm)
{
	metric_seconds(o, NULL, NULL, vm_known_ns(vm, o->now));
}

static void inhibited(struct metric_out *o, const struct vm *vm)
{
	metric_seconds(o, NULL, NULL, vm_episodes_ns(vm, o->now));
}

/* @print for each reason that is set or was. */
static void each_reason(struct metric_out *o, const struct vm *vm,
			void (*print)(struct metric_out *o, const struct vm *vm, unsigned bit, const char *name))
{
	char name[BIT_NAME_MAX];

	for (unsigned bit = 0; bit < REASON_BITS; bit++)
		if (vm->mask >> bit & 1 || vm->reason[bit].count || vm->reason[bit].total)
			print(o, vm, bit, bit_name(&o->tracker->numbering, bit, name));
}

static void one_seconds(struct metric_out *o, const struct vm *vm, unsigned bit, const char *name)
{
	metric_seconds(o, "reason", name, vm_inhibited_ns(vm, bit, o->now));
}

static void one_sets(struct metric_out *o, const struct vm *vm, unsigned bit, const char *name)
{
	metric_u64(o, "reason", name, vm->reason[bit].count);
}

static void one_set(struct metric_out *o, const struct vm *vm, unsigned bit, const char *name)
{
	metric_u64(o, "reason", name, vm->mask >> bit & 1);
}

static void reason_seconds(struct metric_out *o, const struct vm *vm)
{
	each_reason(o, vm, one_seconds);
}
static void reason_sets(struct metric_out *o, const struct vm *vm)
{
	each_reason(o, vm, one_sets);
}
static void reason_set(struct metric_out *o, const struct vm *vm)
{
	each_reason(o, vm, one_set);
}

#define VM "domain, uuid"
#define G  METRIC_GAUGE
#define C  METRIC_COUNTER
const struct metric_row metric_vm_rows[] = {
	{{"avicd_vm_info", VM ", pid, cause, vcpus", G,
	  "1; the process of the VM, and why it is not well, empty when it is."},
	 NULL,
	 info},
	{{"avicd_vm_condition", VM ", condition", G, "1 for the condition of the VM, 0 for the others."},
	 NULL,
	 condition},
	{{"avicd_vm_condition_since_timestamp_seconds", VM, G, "Since when the VM is in its condition."},
	 NULL,
	 condition_since},
	{{"avicd_vm_stuck_seconds", VM, G, "For how long the VM is stuck; 0 when it is not."}, NULL, stuck},
	{{"avicd_vm_storm", VM, G, "1 while the mask of the VM changes faster than storm_rate."}, NULL, storm},
	{{"avicd_vm_boots_total", VM, C, "Resets of the guest."}, NULL, boots},
	{{"avicd_vm_episodes_total", VM, C, "Episodes that have begun."}, NULL, episodes},
	{{"avicd_vm_events_total", VM, C, "Records of the tracepoint about the VM."}, NULL, events},
	{{"avicd_vm_watched_seconds_total", VM, C, "Time in which it was known whether AVIC was inhibited."},
	 NULL,
	 watched},
	{{"avicd_vm_inhibited_seconds_total", VM, C,
	  "Time of that in which a reason that is not transient inhibited AVIC."},
	 NULL,
	 inhibited},
	{{"avicd_vm_reason_seconds_total", VM ", reason", C, "Time for which the reason was set."},
	 NULL,
	 reason_seconds},
	{{"avicd_vm_reason_sets_total", VM ", reason", C, "How often the reason was set while the VM was watched."},
	 NULL,
	 reason_sets},
	{{"avicd_vm_reason", VM ", reason", G, "1 while the reason is set."}, NULL, reason_set},
	{{0}, NULL, NULL},
};
