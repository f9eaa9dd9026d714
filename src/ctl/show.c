/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl show: everything about one VM. */
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/hookline.h"

static void print_heading(json_object *vm)
{
	const char *condition = field_text(vm, "condition"), *color = ctl_color_of(condition);
	bool dim = streq(condition, "unknown") || streq(condition, "off");
	char name[VM_NAME_MAX];

	printf("%s%s%s %s%s%s: %s%s%s\n", color,
	       !ctl_utf8() ? "*"
	       : dim	   ? "○"
			   : "●",
	       ctl_normal(), ctl_bold(), vm_name(vm, name), ctl_normal(), color, condition, ctl_normal());
}

static void print_identity(json_object *vm)
{
	const char *uri = field_str(vm, "uri"), *uuid = field_str(vm, "uuid");

	if (uuid)
		ctl_field("UUID", "%s", uuid);
	ctl_field("Process", "%lld (%s), %s%s%s%s", (long long)field_int(vm, "pid"), field_text(vm, "comm"),
		  field_bool(vm, "running") ? "running" : "not running",
		  field_bool(vm, "managed") ? ", managed by " : ", no domain of libvirt",
		  field_bool(vm, "managed") ? uri ?: "libvirt" : "",
		  field_bool(vm, "ambiguous") ? "; several VMs in this process, their events cannot be told apart"
					      : "");
}

static void print_condition(json_object *vm)
{
	const char *why = field_str(vm, "why"), *cause = field_str(vm, "cause"), *head = field_str(vm, "headline");
	char since[TIME_MAX], duration[DURATION_MAX];
	_cleanup_text_ struct text t = {0};

	text_addf(&t, "%s", field_text(vm, "condition"));
	if (field(vm, "condition_seconds"))
		text_addf(&t, " since %s (%s)", time_local(field_time(vm, "condition_since"), since),
			  field_duration(vm, "condition_seconds", duration));
	if (why)
		text_addf(&t, ": %s", why);
	if (head)
		text_addf(&t, "; decided by %s", head);
	if (field_bool(vm, "storm"))
		text_add(&t, "; storm: the mask changes all the time");
	ctl_field("Condition", "%s", t.s ?: "");
	if (cause && *cause)
		ctl_field("Cause", "%s", cause);
}

static void print_counts(json_object *vm)
{
	char at[TIME_MAX];

	ctl_field("Mask", "%s %s", field_text(vm, "mask_hex"), field_text(vm, "mask_names"));
	if (field(vm, "boot_since"))
		ctl_field("Boot", "%lld, since %s", (long long)field_int(vm, "boots"),
			  time_local(field_time(vm, "boot_since"), at));
	else
		ctl_field("Boot", "%lld", (long long)field_int(vm, "boots"));
	if (!field_bool(vm, "boots_exact"))
		ctl_field("", "counted since %s only, when avicd first saw this VM",
			  time_local(field_time(vm, "seen_since"), at));
	if (field(vm, "episode_since"))
		ctl_field("Episodes", "%lld, the last one since %s", (long long)field_int(vm, "episodes"),
			  time_local(field_time(vm, "episode_since"), at));
	else
		ctl_field("Episodes", "%lld, none now", (long long)field_int(vm, "episodes"));
	ctl_field("Events", "%lld, of which %lld changed the mask; storms: %lld", (long long)field_int(vm, "events"),
		  (long long)field_int(vm, "changes"), (long long)field_int(vm, "storms"));
}

static void print_remedies(json_object *vm)
{
	_cleanup_text_ struct text t = {0};

	field_strings(field_array(vm, "remedies"), ", ", &t);
	if (t.len > 0)
		ctl_field("Remedies", "%s", t.s);
}

enum { REASON, BIT, SET, CLASS, SINCE, COUNT, INHIBITED, CAUSE };

static void print_reasons(json_object *reasons)
{
	struct ctl_table *t;

	if (field_len(reasons) == 0)
		return;
	t = ctl_table_new();
	ctl_table_column(t, "REASON", CTL_TRUNC);
	ctl_table_column(t, "BIT", CTL_RIGHT);
	ctl_table_column(t, "SET", CTL_LEFT);
	ctl_table_column(t, "CLASS", CTL_LEFT);
	ctl_table_column(t, "SINCE", CTL_RIGHT);
	ctl_table_column(t, "COUNT", CTL_RIGHT);
	ctl_table_column(t, "INHIBITED", CTL_RIGHT);
	ctl_table_column(t, "CAUSE", CTL_LEFT);
	for (size_t i = 0; i < field_len(reasons); i++) {
		json_object *o = json_object_array_get_idx(reasons, i);
		char number[32], duration[DURATION_MAX], since[DURATION_MAX + 1];
		bool set = field_bool(o, "set");

		ctl_table_row(t);
		ctl_table_cell(t, REASON, field_text(o, "name"), set ? ctl_bold() : NULL);
		snprintf(number, sizeof(number), "%lld", (long long)field_int(o, "bit"));
		ctl_table_cell(t, BIT, number, NULL);
		ctl_table_cell(t, SET, set ? "yes" : "no", NULL);
		ctl_table_cell(t, CLASS, field_text(o, "class"), NULL);
		/* ">": was set already when avicd first looked */
		snprintf(since, sizeof(since), "%s%s", set && !field_bool(o, "since_exact") ? ">" : "",
			 set ? field_duration(o, "seconds", duration) : "-");
		ctl_table_cell(t, SINCE, since, NULL);
		snprintf(number, sizeof(number), "%lld", (long long)field_int(o, "count"));
		ctl_table_cell(t, COUNT, number, NULL);
		ctl_table_cell(t, INHIBITED, field_duration(o, "inhibited_seconds", duration), NULL);
		ctl_table_cell(t, CAUSE, field_text(o, "cause"), NULL);
	}
	putchar('\n');
	ctl_table_print(t);
	ctl_table_free(t);
}

/* What is set now, in words: how long it lives here and what cures it. Transient reasons need neither. */
static void print_advice(json_object *reasons)
{
	for (size_t i = 0; i < field_len(reasons); i++) {
		json_object *o = json_object_array_get_idx(reasons, i);

		if (!field_bool(o, "set") || streq(field_text(o, "class"), "transient"))
			continue;
		printf("\n%s%s%s\n", ctl_bold(), field_text(o, "name"), ctl_normal());
		if (field_str(o, "lifetime"))
			ctl_field("Lifetime", "%s", field_str(o, "lifetime"));
		if (field_str(o, "remedy"))
			ctl_field("Remedy", "%s", field_str(o, "remedy"));
	}
}

static void print_vcpus(json_object *vcpus)
{
	struct ctl_table *t;

	if (field_len(vcpus) == 0)
		return;
	t = ctl_table_new();
	ctl_table_column(t, "VCPU", CTL_RIGHT);
	ctl_table_column(t, "MODE", CTL_LEFT);
	ctl_table_column(t, "APIC-ID", CTL_RIGHT);
	ctl_table_column(t, "ID-RIGHT", CTL_LEFT);
	ctl_table_column(t, "AVIC", CTL_LEFT);
	for (size_t i = 0; i < field_len(vcpus); i++) {
		json_object *o = json_object_array_get_idx(vcpus, i);
		enum tristate right = field_tri(o, "id_right");
		bool active = field_bool(o, "apicv_active");
		char number[32];

		ctl_table_row(t);
		snprintf(number, sizeof(number), "%lld", (long long)field_int(o, "id"));
		ctl_table_cell(t, 0, number, NULL);
		ctl_table_cell(t, 1, field_text(o, "apic_mode"), NULL);
		snprintf(number, sizeof(number), "%lld", (long long)field_int(o, "apic_id"));
		ctl_table_cell(t, 2, field(o, "apic_id") ? number : "-", NULL);
		ctl_table_cell(t, 3,
			       right == TRI_YES	 ? "yes"
			       : right == TRI_NO ? "no"
						 : "-",
			       right == TRI_NO ? ctl_red() : NULL);
		ctl_table_cell(t, 4, active ? "active" : "inactive", NULL);
	}
	putchar('\n');
	ctl_table_print(t);
	ctl_table_free(t);
}

static void print_stacks(json_object *stacks)
{
	if (!stacks || !json_object_is_type(stacks, json_type_object))
		return;
	json_object_object_foreach(stacks, name, lines)
	{
		if (!json_object_is_type(lines, json_type_array))
			continue;
		printf("\nKernel stack when %s", ctl_bold());
		ctl_puts_clean(name, stdout);
		printf("%s was first set\n", ctl_normal());
		for (size_t i = 0; i < field_len(lines); i++)
			printf("    %s\n", text_of(json_object_array_get_idx(lines, i)) ?: "?");
	}
}

int verb_show(int argc, char *argv[])
{
	_cleanup_json_ json_object *vm = NULL;
	const char *condition;
	int r;

	r = client_get_vm(argv[argc - 1], &vm);
	if (r)
		return r;
	condition = field_text(vm, "condition");
	if (ctl_options.json) {
		ctl_print_json(vm);
	} else {
		ctl_pager();
		print_heading(vm);
		print_identity(vm);
		print_condition(vm);
		print_counts(vm);
		hookline_print(vm);
		print_remedies(vm);
		print_reasons(field_array(vm, "reasons"));
		print_advice(field_array(vm, "reasons"));
		print_vcpus(field_array(vm, "vcpus"));
		print_stacks(field(vm, "stacks"));
	}
	return streq(condition, "stuck") ? CTL_ATTENTION : streq(condition, "unknown") ? CTL_UNKNOWN : CTL_OK;
}
