/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl report on a terminal: what to do first comes first, then what it rests on. */
#include <stdio.h>

#include "avicd/report.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/report.h"

/* VMs that never lost AVIC need no line of their own. */
#define ROWS_MAX 20

static void heading(const char *text)
{
	printf("\n%s%s%s\n", ctl_bold(), text, ctl_normal());
}

static void print_health(json_object *report)
{
	const char *health = field_text(report, "health"), *why = field_str(report, "health_why"),
		   *color = ctl_color_of(health);
	_cleanup_text_ struct text t = {0};
	char at[TIME_MAX];

	printf("%s%s%s ", color, ctl_utf8() ? "●" : "*", ctl_normal());
	text_addf(&t, "%s: host health %s%s%s%s%s", field_text(report, "host"), color, health, ctl_normal(),
		  why ? " - " : "", why ?: "");
	ctl_wrap(stdout, t.s ?: "", 2, 2, ctl_width());
	if (!field_bool(report, "fresh"))
		ctl_field("Stale", "what avicd left is of %s: nothing is known of now; start it: systemctl start avicd",
			  time_local(field_time(report, "written_at"), at));
	ctl_field("Kernel", "%s", field_text(report, "kernel_release"));
	ctl_field("avicd", "%s", field_text(report, "version"));
}

static void print_counts(json_object *report)
{
	json_object *counts = field(report, "counts");
	_cleanup_text_ struct text t = {0};

	for (int c = 0; c < _CONDITION_MAX; c++) {
		int64_t k = field_int(counts, condition_to_string((enum condition)c));

		if (k > 0)
			text_addf(&t, "%s%lld %s", t.len ? ", " : "", (long long)k,
				  condition_to_string((enum condition)c));
	}
	ctl_field("VMs", "%zu%s%s", field_len(field_array(report, "vms")), t.len ? ": " : "", t.s ?: "");
}

static void print_advice(json_object *advice)
{
	if (field_len(advice) == 0)
		return;
	heading("What to do first");
	for (size_t i = 0; i < field_len(advice); i++) {
		printf("%2zu. ", i + 1);
		ctl_wrap(stdout, text_of(json_object_array_get_idx(advice, i)) ?: "-", 4, 4, ctl_width());
	}
}

/* VMs for which something can be done now. */
static void print_remedies(json_object *vms)
{
	struct ctl_table *t = ctl_table_new();
	size_t n = 0;

	ctl_table_column(t, "NAME", CTL_TRUNC);
	ctl_table_column(t, "CONDITION", CTL_LEFT);
	ctl_table_column(t, "CAUSE", CTL_LEFT);
	ctl_table_column(t, "REASONS", CTL_TRUNC);
	ctl_table_column(t, "REMEDIES", CTL_TRUNC);
	for (size_t i = 0; i < field_len(vms) && n < ROWS_MAX; i++) {
		json_object *vm = json_object_array_get_idx(vms, i);
		const char *condition = field_text(vm, "condition");
		_cleanup_text_ struct text reasons = {0}, remedies = {0};
		char name[VM_NAME_MAX], pid[32];

		if (!streq(condition, "stuck") && !streq(condition, "configured"))
			continue;
		snprintf(pid, sizeof(pid), "PID %lld", (long long)field_int(vm, "pid"));
		field_strings(field_array(vm, "reasons"), "|", &reasons);
		field_strings(field_array(vm, "remedies"), " ", &remedies);
		ctl_table_row(t);
		ctl_table_cell(t, 0, field_str(vm, "name") ? vm_name(vm, name) : pid, NULL);
		ctl_table_cell(t, 1, condition, ctl_color_of(condition));
		ctl_table_cell(t, 2, field_text(vm, "cause"), NULL);
		ctl_table_cell(t, 3, reasons.s ?: "-", NULL);
		ctl_table_cell(t, 4, remedies.s ?: "-", NULL);
		n++;
	}
	if (n) {
		heading("VMs without AVIC now");
		ctl_table_print(t);
	}
	ctl_table_free(t);
}

static void print_causes(json_object *causes)
{
	struct ctl_table *t;
	char lasted[DURATION_MAX], number[32];

	if (!causes || !json_object_is_type(causes, json_type_object) || json_object_object_length(causes) == 0)
		return;
	t = ctl_table_new();
	ctl_table_column(t, "CAUSE", CTL_LEFT);
	ctl_table_column(t, "EPISODES", CTL_RIGHT);
	ctl_table_column(t, "LASTED", CTL_RIGHT);
	json_object_object_foreach(causes, cause, o)
	{
		_cleanup_free_ char *clean = NULL;

		ctl_table_row(t);
		ctl_table_cell(t, 0, text_clean(cause, 64, &clean) < 0 ? "?" : clean, NULL);
		snprintf(number, sizeof(number), "%lld", (long long)field_int(o, "episodes"));
		ctl_table_cell(t, 1, number, NULL);
		ctl_table_cell(t, 2, field_duration(o, "seconds", lasted), NULL);
	}
	heading("Episodes by cause");
	ctl_table_print(t);
	ctl_table_free(t);
}

static json_object *vm_of(json_object *vms, const char *id)
{
	for (size_t i = 0; i < field_len(vms); i++)
		if (streq(field_text(json_object_array_get_idx(vms, i), "uuid"), id))
			return json_object_array_get_idx(vms, i);
	return NULL;
}

static void add_vm(struct ctl_table *t, json_object *vm)
{
	const char *name = field_str(vm, "name");
	double share = field_double(vm, "availability") * 100;
	char cell[64];

	ctl_table_row(t);
	ctl_table_cell(t, 0, name && *name ? name : field_text(vm, "uuid"), NULL);
	/* 99.9996 % is not all of it */
	snprintf(cell, sizeof(cell), share < 100 && share > 99.99 ? "99.99%%" : "%.2f%%", share);
	ctl_table_cell(t, 1, field(vm, "availability") ? cell : "-", share < 99 ? ctl_yellow() : NULL);
	ctl_table_cell(t, 2, field_duration(vm, "watched_seconds", cell), NULL);
	ctl_table_cell(t, 3, field_duration(vm, "inhibited_seconds", cell), NULL);
	ctl_table_cell(t, 4, field_duration(vm, "stuck_seconds", cell), NULL);
	snprintf(cell, sizeof(cell), "%lld", (long long)field_int(vm, "episodes"));
	ctl_table_cell(t, 5, cell, NULL);
	snprintf(cell, sizeof(cell), "%lld", (long long)field_int(vm, "boots"));
	ctl_table_cell(t, 6, cell, NULL);
}

/* The most inhibited; of all together one line. */
static void print_availability(json_object *history)
{
	json_object *vms = field_array(history, "vms"), *top = field_array(history, "top");
	static const char *const columns[] = {"NAME", "AVIC", "WATCHED", "INHIBITED", "STUCK", "EPISODES", "RESETS"};
	struct ctl_table *t = ctl_table_new();
	double watched = 0, inhibited = 0;
	char since[TIME_MAX];
	size_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		ctl_table_column(t, columns[i], i ? CTL_RIGHT : CTL_TRUNC);
	for (size_t i = 0; i < field_len(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);

		watched += field_double(vm, "watched_seconds");
		inhibited += field_double(vm, "inhibited_seconds");
		all += field(vm, "availability") && field_double(vm, "availability") >= 1;
	}
	printf("\n%sSince %s%s\n", ctl_bold(), time_local(field_time(history, "since"), since), ctl_normal());
	if (watched > 0)
		printf("AVIC was active in %.2f%% of the time of %zu VM%s; in all of it of %zu\n",
		       100 * (1 - MIN(inhibited, watched) / watched), field_len(vms), field_len(vms) == 1 ? "" : "s",
		       all);
	else
		printf("No VM was watched.\n");
	for (size_t i = 0; i < field_len(top); i++) {
		json_object *vm = vm_of(vms, text_of(json_object_array_get_idx(top, i)) ?: "");

		if (vm)
			add_vm(t, vm);
	}
	if (field_len(top))
		ctl_table_print(t);
	ctl_table_free(t);
	print_causes(field(history, "episodes_by_cause"));
}

void report_print(json_object *report)
{
	json_object *history = field(report, "history");

	ctl_pager();
	print_health(report);
	print_counts(report);
	print_advice(field_array(report, "advice"));
	print_remedies(field_array(report, "vms"));
	if (history)
		print_availability(history);
}
