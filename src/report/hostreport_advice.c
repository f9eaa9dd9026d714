/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person does first, most urgent first: rules over the other members of a host report. */
#include <inttypes.h>
#include <stdio.h>

#include "avicd/finding.h"
#include "avicd/text.h"
#include "report/hostreport-private.h"

#define NAMES_MAX 3

struct advice {
	json_object *list;
	bool failed;
};

static void say(struct advice *a, const char *format, ...) _printf_(2, 3);
static void say(struct advice *a, const char *format, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&s, format, ap) < 0) {
		s = NULL;
		a->failed = true;
	}
	va_end(ap);
	if (s)
		text_clean_inplace(s);
	if (s && json_push(a->list, json_object_new_string(s)) < 0)
		a->failed = true;
}

static void stale(struct advice *a, json_object *report)
{
	if (member_tri(report, "fresh") != TRI_YES)
		say(a, "Look why avicd is not heard of (%s): systemctl status avicd.",
		    member_word(report, "health_why"));
}

/* Those of @condition and @cause, NULL: of any: "big, db3 and 2 more"; how many. */
static uint64_t names_of(json_object *report, const char *condition, const char *cause, struct text *names)
{
	json_object *vms = member(report, "vms", json_type_array);
	uint64_t n = 0;

	for (size_t i = 0; i < member_len(vms); i++) {
		json_object *vm = member_at(vms, i);
		const char *has = member_word(vm, "cause");

		if (!streq(member_word(vm, "condition"), condition) || (cause && !streq(has, cause)))
			continue;
		if (n++ >= NAMES_MAX)
			continue;
		if (n > 1)
			text_add(names, ", ");
		if (member_str(vm, "name"))
			text_add(names, member_word(vm, "name"));
		else
			text_addf(names, "process %" PRIu64, member_u64(vm, "pid"));
	}
	if (n > NAMES_MAX)
		text_addf(names, " and %" PRIu64 " more", n - NAMES_MAX);
	return n;
}

/* What to do about VMs of a condition and a cause. */
static const struct {
	const char *condition, *cause, *advice;
} vm_rules[] = {
	{"stuck", "kernel-bug",
	 "a bug of the kernel took their AVIC: avicctl fix deploy, then avicctl fix heal or avicctl remedy plan"},
	{"stuck", "unknown", "the cause is not proved: avicctl show, then avicctl remedy plan"},
	{"stuck", "host-config", "a setting of this host keeps it: avicctl show"},
	{"stuck", "vm-config", "a setting of the VM keeps it: avicctl check"},
	{"stuck", "guest", "the guest did it, and only the guest can undo it: avicctl show"},
	{"stuck", "debugger", "end the debugging of the guest"},
	{"configured", "host-config", "a setting of this host keeps AVIC from them: avicctl show"},
	{"configured", "vm-config", "their settings keep AVIC from them: avicctl check --fix"},
	{"configured", "guest", "their guests keep AVIC from them: avicctl show"},
	{"configured", "unknown", "something keeps AVIC from them: avicctl show"},
};

static void vms(struct advice *a, json_object *report, const char *condition)
{
	for (size_t i = 0; i < ARRAY_SIZE(vm_rules); i++) {
		_cleanup_text_ struct text names = {0};
		uint64_t n;

		if (!streq(vm_rules[i].condition, condition))
			continue;
		n = names_of(report, condition, vm_rules[i].cause, &names);
		a->failed |= names.error != 0;
		if (n > 0)
			say(a, "%" PRIu64 " VM%s %s (%s): %s.", n, n == 1 ? "" : "s", condition, names.s ?: "",
			    vm_rules[i].advice);
	}
}

static void patch(struct advice *a, json_object *report)
{
	json_object *l = member(report, "livepatch", json_type_object);
	const char *state = member_word(l, "state"), *why = member_word(l, "why");

	if (streq(state, "failed"))
		say(a,
		    "The livepatch is loaded, of no use, and cannot be taken away: reboot the host when you can (%s).",
		    *why ? why : "no reason was given");
	else if (streq(state, "foreign"))
		say(a, "A livepatch is loaded that avicd has not proved: avicctl fix probe, or avicctl fix rollback.");
	else if (member_len(member(l, "stalled", json_type_array)) > 0)
		say(a,
		    "%zu tasks held the livepatch up: avicctl fix status names them; deploy it again when they rest.",
		    member_len(member(l, "stalled", json_type_array)));
	else if (streq(state, "verified") && member_tri(l, "persistent") == TRI_NO)
		say(a, "The livepatch is not there after the next boot: avicctl fix deploy makes it last.");
}

static void exposed(struct advice *a, json_object *report)
{
	json_object *probe = member(report, "probe", json_type_object);

	for (int i = 0; i < _PROBE_BUG_MAX; i++) {
		const struct bug_info *bug = bug_info((enum probe_bug)i);
		json_object *p = member(probe, bug->word, json_type_object);

		if (streq(member_word(p, "result"), probe_result_to_string(PROBE_VULNERABLE)))
			say(a, "The kernel has %s: avicctl fix deploy repairs it while VMs run.", bug->name);
	}
}

static void off(struct advice *a, json_object *report)
{
	json_object *avic = member(report, "avic", json_type_object);

	if (member_tri(avic, "effective") == TRI_NO)
		say(a, "AVIC is not in use on this host (%s): avicctl host says what to change.",
		    *member_word(avic, "why") ? member_word(avic, "why") : "no reason was given");
}

static void findings(struct advice *a, json_object *report, enum grade grade)
{
	json_object *list = member(report, "findings", json_type_array);

	for (size_t i = 0; i < member_len(list); i++) {
		json_object *f = member_at(list, i);
		const char *remedy = member_word(f, "remedy");

		if (streq(member_word(f, "grade"), grade_to_string(grade)))
			say(a, "%s%s%s: %s%s%.300s.", member_word(f, "check"), *member_word(f, "why") ? ", " : "",
			    member_word(f, "why"), grade_to_string(grade), *remedy ? "; " : "", remedy);
	}
}

json_object *hostreport_advice(json_object *report)
{
	struct advice a = {.list = json_object_new_array()};
	_cleanup_json_ json_object *list = a.list;

	if (!a.list)
		return NULL;
	stale(&a, report);
	if (member_tri(report, "fresh") == TRI_YES) {
		patch(&a, report);
		vms(&a, report, "stuck");
		exposed(&a, report);
		off(&a, report);
		vms(&a, report, "configured");
		findings(&a, report, GRADE_FAIL);
		findings(&a, report, GRADE_WARN);
	}
	return a.failed ? NULL : TAKE_PTR(list);
}
