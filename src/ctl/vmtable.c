/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of VMs that `status` and `list` print. */
#include <stdio.h>

#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/vmtable.h"

enum { NAME, PID, CONDITION, REASONS, BOOT, SINCE, CAUSE };

/* All reasons, or, where there is no room, the one that decides the condition and how many others there are. */
static void reasons_text(json_object *vm, bool brief, char *buf, size_t size)
{
	json_object *reasons = field_array(vm, "reasons");
	const char *head = field_str(vm, "headline");
	size_t n = 0;

	snprintf(buf, size, "%s", field_text(vm, "mask_names"));
	if (!brief || !head)
		return;
	for (size_t i = 0; i < field_len(reasons); i++)
		n += field_bool(json_object_array_get_idx(reasons, i), "set");
	if (n > 1)
		snprintf(buf, size, "%s +%zu", head, n - 1);
}

static void add_vm(struct ctl_table *t, json_object *vm, bool brief)
{
	char name[VM_NAME_MAX], since[DURATION_MAX], number[32], reasons[MASK_NAMES_MAX];
	const char *condition = field_text(vm, "condition");

	ctl_table_row(t);
	ctl_table_cell(t, NAME, vm_name(vm, name), NULL);
	snprintf(number, sizeof(number), "%lld", (long long)field_int(vm, "pid"));
	ctl_table_cell(t, PID, number, NULL);
	ctl_table_cell(t, CONDITION, condition, ctl_color_of(condition));
	reasons_text(vm, brief, reasons, sizeof(reasons));
	ctl_table_cell(t, REASONS, reasons, NULL);
	/* a VM older than the watch may have had boots that nobody counted */
	snprintf(number, sizeof(number), "%lld%s", (long long)field_int(vm, "boots"),
		 field_bool(vm, "boots_exact") ? "" : "+");
	ctl_table_cell(t, BOOT, number, NULL);
	ctl_table_cell(t, SINCE, field_duration(vm, "condition_seconds", since), NULL);
	ctl_table_cell(t, CAUSE, field_text(vm, "cause"), NULL);
}

static struct ctl_table *make(json_object *vms, bool (*wanted)(json_object *vm, const void *userdata),
			      const void *userdata, bool brief)
{
	struct ctl_table *t = ctl_table_new();

	ctl_table_column(t, "NAME", CTL_TRUNC);
	ctl_table_column(t, "PID", CTL_RIGHT);
	ctl_table_column(t, "CONDITION", CTL_LEFT);
	ctl_table_column(t, "REASONS", CTL_TRUNC);
	ctl_table_column(t, "BOOT", CTL_RIGHT);
	ctl_table_column(t, "SINCE", CTL_RIGHT);
	ctl_table_column(t, "CAUSE", CTL_LEFT);
	for (size_t i = 0; i < field_len(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);

		if (!wanted || wanted(vm, userdata))
			add_vm(t, vm, brief);
	}
	return t;
}

void vmtable_print(json_object *vms, bool (*wanted)(json_object *vm, const void *userdata), const void *userdata)
{
	struct ctl_table *t = make(vms, wanted, userdata, false);

	if (!ctl_table_fits(t)) {
		ctl_table_free(t);
		t = make(vms, wanted, userdata, true);
	}
	ctl_table_print(t);
	ctl_table_free(t);
}
