/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl remedy plan: what would be done about a VM, and why not the rest. */
#include <stdio.h>

#include "avicd/jsonc.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/remedy.h"

static int append_plan(sd_bus_message *m, const void *data)
{
	const struct remedy_request *rq = data;

	return sd_bus_message_append(m, "ss", rq->arg, rq->remedy ?: "");
}

static int ask(const struct remedy_request *rq, json_object **ret)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	const char *text;
	int r = asking_open(&bus);

	if (r != CTL_OK)
		return r;
	r = asking_call(bus, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "PlanRemedy", append_plan, rq, &reply, &error);
	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &text);
	if (r < 0)
		return asking_failed(&error, r);
	*ret = json_tokener_parse(text);
	return *ret ? CTL_OK : ctl_error("avicd's answer cannot be read");
}

static void print_head(json_object *plan)
{
	json_object *vm = field(plan, "vm");
	_cleanup_text_ struct text reasons = {0}, ladder = {0};
	const char *condition = field_text(vm, "condition"), *cause = field_str(vm, "cause");

	field_strings(field_array(vm, "reasons"), " ", &reasons);
	field_strings(field_array(plan, "ladder"), ", ", &ladder);
	ctl_field("VM", "%s", field_text(vm, field_str(vm, "name") ? "name" : "comm"));
	ctl_field("Condition", "%s%s%s%s%s%s%s", ctl_color_of(condition), condition, ctl_normal(),
		  cause && *cause ? ", cause " : "", cause ?: "", reasons.s ? ": " : "", reasons.s ?: "");
	ctl_field("Policy", "%s (%s): %s", field_bool(plan, "automatic") ? "auto" : "report",
		  field_text(plan, "automatic_from"), ladder.s ?: "nothing");
	if (field_str(plan, "job"))
		ctl_field("Job", "%s; see: avicctl remedy show %s", field_str(plan, "job"), field_str(plan, "job"));
}

static void print_steps(json_object *plan)
{
	json_object *steps = field_array(plan, "steps");

	putchar('\n');
	for (size_t i = 0; i < field_len(steps); i++) {
		json_object *s = json_object_array_get_idx(steps, i);
		const char *rule = field_str(s, "rule");
		uint64_t again = field_time(s, "again_at");
		_cleanup_text_ struct text t = {0};
		char at[TIME_MAX];
		int n = printf("  %-12s", field_text(s, "remedy"));

		if (!rule) {
			printf("%swould be done now%s\n", ctl_green(), ctl_normal());
			continue;
		}
		text_addf(&t, "%s: %s", rule, field_text(s, "why"));
		if (again)
			text_addf(&t, "; until %s", time_local(again, at));
		ctl_wrap(stdout, t.s ?: "", (size_t)n, (size_t)n, ctl_width());
	}
}

int remedy_plan_verb(const struct remedy_request *rq)
{
	_cleanup_json_ json_object *plan = NULL;
	int r = ask(rq, &plan);
	bool chosen;

	if (r != CTL_OK)
		return r;
	if (ctl_options.json) {
		ctl_print_json(plan);
	} else {
		print_head(plan);
		print_steps(plan);
	}
	chosen = field_str(plan, "chosen");
	if (!ctl_options.json && !ctl_options.no_legend && !rq->remedy && !field_bool(plan, "automatic"))
		puts("\nsee: avicctl remedy plan --remedy=WORD, what would come of asking for it");
	return streq(field_text(field(plan, "vm"), "condition"), "stuck") && !chosen ? CTL_ATTENTION : CTL_OK;
}
