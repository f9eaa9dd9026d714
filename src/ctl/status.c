/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl status: the health of this host, and the VMs that need attention. */
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/vmtable.h"

static const struct {
	const char *word;
	int exit;
} healths[] = {
	{"unknown", CTL_UNKNOWN},   {"off", CTL_OK}, {"degraded", CTL_ATTENTION},
	{"exposed", CTL_ATTENTION}, {"ok", CTL_OK},
};

/* A health that this program does not know is not known. */
int ctl_exit_of_health(const char *health)
{
	for (size_t i = 0; i < ARRAY_SIZE(healths); i++)
		if (streq(healths[i].word, health))
			return healths[i].exit;
	return CTL_UNKNOWN;
}

/* Nobody wants to hear of a thousand VMs in good condition here. */
static bool needs_attention(json_object *vm, const void *userdata)
{
	const char *condition = field_text(vm, "condition");

	return streq(condition, "stuck") || streq(condition, "configured") || streq(condition, "unknown") ||
	       field_bool(vm, "storm") || field_bool(vm, "ambiguous");
}

static void print_health(json_object *state)
{
	const char *health = field_text(state, "health"), *why = field_str(state, "health_why");
	const char *color = ctl_color_of(health);
	bool dim = streq(health, "unknown") || streq(health, "off");
	_cleanup_text_ struct text t = {0};

	printf("%s%s%s ", color, !ctl_utf8() ? "*" : dim ? "○" : "●", ctl_normal());
	text_addf(&t, "Host health: %s%s%s%s%s", color, health, ctl_normal(), why && *why ? " - " : "", why ?: "");
	ctl_wrap(stdout, t.s ?: "", 2, 2, ctl_width());
}

static void print_kernel(json_object *state)
{
	json_object *numbering = field(state, "numbering");

	ctl_field("Kernel", "%s; reason numbers of %s, from %s", field_text(state, "kernel_release"),
		  field_text(numbering, "line"), field_text(numbering, "origin"));
}

static void print_trace(json_object *state)
{
	json_object *events = field(state, "events");
	const char *why = field_str(state, "trace_why");

	ctl_field("Trace", "%s%s%s%s; %lld events, %lld lost, %lld wake-ups", field_text(state, "trace_source"),
		  why ? " (" : "", why ?: "", why ? ")" : "", (long long)field_int(events, "seen"),
		  (long long)field_int(events, "lost"), (long long)field_int(events, "wakeups"));
}

static void print_avic(json_object *state)
{
	json_object *avic = field(state, "avic");
	enum tristate on = field_tri(avic, "effective"), x2 = field_tri(avic, "x2avic");
	const char *why = field_str(avic, "why"), *vendor = field_text(avic, "vendor");
	_cleanup_text_ struct text t = {0};

	text_addf(&t, "%s", on == TRI_YES ? "in use" : on == TRI_NO ? "not in use" : "not known");
	if (why && *why)
		text_addf(&t, " (%s)", why);
	if (on == TRI_YES && x2 != TRI_UNKNOWN)
		text_addf(&t, "; %s x2AVIC", x2 == TRI_YES ? "with" : "without");
	if (on == TRI_YES && field(avic, "max_id"))
		text_addf(&t, "; vCPU ids up to %lld", (long long)field_int(avic, "max_id"));
	ctl_field(streq(vendor, "intel") ? "APICv" : "AVIC", "%s", t.s ?: "");
}

/* What avicd has looked at as `avicctl host` does. */
static void print_checks(json_object *state)
{
	json_object *checks = field(state, "checks");
	_cleanup_text_ struct text t = {0};

	for (int g = _GRADE_MAX - 1; g > GRADE_INFO; g--) {
		int64_t n = field_int(checks, grade_to_string(g));

		if (n > 0)
			text_addf(&t, "%s%lld %s", t.len ? ", " : "", (long long)n, grade_to_string(g));
	}
	if (!checks)
		return;
	if (t.len)
		text_addf(&t, "; see: avicctl host");
	ctl_field("Checks", "%s", t.s ?: "nothing to do");
}

static void print_libvirt(json_object *state)
{
	json_object *list = field_array(state, "libvirt");

	if (field_len(list) == 0)
		ctl_field("libvirt", "not asked for");
	for (size_t i = 0; i < field_len(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		const char *why = field_str(o, "why");

		ctl_field(i == 0 ? "libvirt" : "", "%s: %s%s%s", field_text(o, "uri"),
			  field_bool(o, "connected") ? "connected" : "not connected", why ? ", " : "", why ?: "");
	}
}

static void print_counts(json_object *state)
{
	json_object *counts = field(state, "counts");
	size_t n = field_len(field_array(state, "vms"));
	_cleanup_text_ struct text t = {0};

	for (int c = 0; c < _CONDITION_MAX; c++) {
		int64_t k = field_int(counts, condition_to_string(c));

		if (k > 0)
			text_addf(&t, "%s%lld %s", t.len ? ", " : "", (long long)k, condition_to_string(c));
	}
	ctl_field("VMs", "%zu%s%s", n, t.len ? ": " : "", t.s ?: "");
}

static void print_attention(json_object *vms)
{
	bool any = false;

	for (size_t i = 0; i < field_len(vms) && !any; i++)
		any = needs_attention(json_object_array_get_idx(vms, i), NULL);
	if (!any)
		return;
	putchar('\n');
	vmtable_print(vms, needs_attention, NULL);
	if (!ctl_options.no_legend)
		printf("\nWhat to do about one of them: avicctl show NAME\n");
}

int verb_status(int argc, char *argv[])
{
	_cleanup_json_ json_object *state = NULL;
	int r;

	r = client_get_state(&state);
	if (r)
		return r;
	if (ctl_options.json) {
		ctl_print_json(state);
		return ctl_exit_of_health(field_text(state, "health"));
	}
	ctl_pager();
	print_health(state);
	print_kernel(state);
	print_trace(state);
	print_avic(state);
	print_checks(state);
	print_libvirt(state);
	print_counts(state);
	ctl_field("avicd", "%s", field_text(state, "version"));
	print_attention(field_array(state, "vms"));
	return ctl_exit_of_health(field_text(state, "health"));
}
