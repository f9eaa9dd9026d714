/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read from the kernel only when somebody asks about one VM: its vCPUs and kernel stacks. */
#include "avicd/clock.h"
#include "daemon/details.h"
#include "daemon/hookword.h"
#include "daemon/manager.h"

/* Asking costs a walk over the process's open files, and everybody may ask. */
#define DETAILS_AGE_NS (250 * NSEC_PER_MSEC)

#define APICBASE_ENABLE BIT64(11)
#define APICBASE_EXTD   BIT64(10)

static const char *apic_mode(const struct snap_vcpu *v)
{
	if (!v->apic_valid)
		return "none";
	if (!(v->apic_base & APICBASE_ENABLE))
		return "disabled";
	return v->apic_base & APICBASE_EXTD ? "x2apic" : "xapic";
}

static json_object *vcpu_json(const struct snap_vcpu *v)
{
	json_object *o = json_object_new_object();
	bool x2apic = v->apic_base & APICBASE_EXTD;
	enum tristate right = apic_ids_right(v, 1);

	if (!o)
		return NULL;
	json_object_object_add(o, "id", json_object_new_int64(v->vcpu_id));
	json_object_object_add(o, "apic_mode", json_object_new_string(apic_mode(v)));
	json_object_object_add(o, "apic_id",
			       v->apic_valid ? json_object_new_int64(x2apic ? v->apic_id : v->apic_id >> 24) : NULL);
	json_object_object_add(o, "id_right", right == TRI_UNKNOWN ? NULL : json_object_new_boolean(right == TRI_YES));
	json_object_object_add(o, "apicv_active", json_object_new_boolean(v->apicv_active));
	return o;
}

static int on_vcpus(const struct snap_vm *vm, void *userdata)
{
	json_object *list = userdata;

	for (size_t i = 0; i < vm->n_vcpus; i++) {
		json_object *o = vcpu_json(&vm->vcpus[i]);

		if (!o || json_object_array_add(list, o) < 0)
			return -ENOMEM;
	}
	return 0;
}

static json_object *lines_json(char *text)
{
	json_object *list = json_object_new_array();
	char *save = NULL;

	for (char *s = strtok_r(text, "\n", &save); list && s; s = strtok_r(NULL, "\n", &save))
		json_object_array_add(list, json_object_new_string(s));
	return list;
}

static void add_stacks(struct manager *m, const struct vm *vm, json_object *stacks)
{
	const struct numbering *n = &m->tracker.numbering;
	char name[BIT_NAME_MAX];

	for (unsigned bit = 0; bit < REASON_BITS; bit++) {
		_cleanup_free_ char *stack = NULL;

		/* a stack is kept for the first setting, so for bits that were set while we watched */
		if (!vm->reason[bit].count || numbering_class(n, bit) == CLASS_TRANSIENT)
			continue;
		if (trace_stack(m->sources.current, vm->id.tgid, bit, &stack) < 0) {
			stack = NULL;
			continue;
		}
		json_object_object_add(stacks, bit_name(n, bit, name), lines_json(stack));
	}
}

/* { "vcpus": [], "stacks": {} } */
static json_object *read_details(struct manager *m, const struct vm *vm)
{
	json_object *o = json_object_new_object(), *vcpus = json_object_new_array(), *stacks = json_object_new_object();

	if (!o || !vcpus || !stacks) {
		json_object_put(o);
		json_object_put(vcpus);
		json_object_put(stacks);
		return NULL;
	}
	json_object_object_add(o, "vcpus", vcpus);
	json_object_object_add(o, "stacks", stacks);
	if (m->sources.current) {
		trace_snapshot(m->sources.current, vm->id.tgid, true, on_vcpus, vcpus);
		add_stacks(m, vm, stacks);
	}
	return o;
}

json_object *details_describe(struct manager *m, struct watched *w)
{
	static const char *const keys[] = { "vcpus", "stacks" };
	const struct vm *vm = tracker_find(&m->tracker, w->id.tgid);
	json_object *o;

	if (!vm)
		return NULL;
	if (!w->details || now_ns() - w->details_at > DETAILS_AGE_NS) {
		json_object_put(w->details);
		w->details = read_details(m, vm);
		w->details_at = now_ns();
	}
	o = w->details ? report_vm(&m->tracker, vm, manager_now(m)) : NULL;
	if (!o)
		return NULL;
	json_object_object_add(o, "hook", hookword_json(m, vm));
	json_object_object_add(o, "plan", sources_wants_recording(m) ? NULL : remedying_json(m, vm, ASKER_POLICY, -1));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_object_object_add(o, keys[i], json_object_get(json_object_object_get(w->details, keys[i])));
	return o;
}
