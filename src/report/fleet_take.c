/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host report becomes a row of the fleet. */
#include "avicd/hostreport.h"
#include "avicd/text.h"
#include "report/fleet-private.h"

static bool vulnerable(json_object *report, bool *ret_fixed)
{
	json_object *probe = member(report, "probe", json_type_object);
	bool has = false;

	*ret_fixed = true;
	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		const char *result =
			member_word(member(probe, bug_info((enum probe_bug)b)->word, json_type_object), "result");

		has |= streq(result, probe_result_to_string(PROBE_VULNERABLE));
		/* without x2AVIC that of large ids cannot be proved, and no VM meets it */
		*ret_fixed &= b == PROBE_LARGE_ID || streq(result, probe_result_to_string(PROBE_FIXED));
	}
	return has;
}

static enum rollout rollout_of(json_object *report, bool has_bug, bool fixed)
{
	static const struct {
		const char *state;
		enum rollout rollout;
	} states[] = {
		{"verified", ROLLOUT_PATCHED},	{"checking", ROLLOUT_TRYING}, {"loading", ROLLOUT_TRYING},
		{"transition", ROLLOUT_TRYING}, {"probing", ROLLOUT_TRYING},  {"undoing", ROLLOUT_TRYING},
		{"foreign", ROLLOUT_TRYING},	{"failed", ROLLOUT_FAILED},
	};
	json_object *l = member(report, "livepatch", json_type_object);
	const char *state = member_word(l, "state"), *outcome = member_word(l, "outcome");

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (streq(states[i].state, state))
			return states[i].rollout;
	/* none: the last try may have been undone */
	if (has_bug)
		return !*outcome || streq(outcome, "done") ? ROLLOUT_NOT_PATCHED : ROLLOUT_FAILED;
	return fixed ? ROLLOUT_NOT_NEEDED : ROLLOUT_UNKNOWN;
}

static int take_vms(struct fleet *f, struct fleet_host *h, json_object *report)
{
	json_object *vms = member(report, "vms", json_type_array);

	for (size_t i = 0; i < member_len(vms); i++) {
		json_object *vm = member_at(vms, i);
		const char *word = member_word(vm, "condition"), *cause = member_word(vm, "cause");
		enum condition condition = CONDITION_UNKNOWN;
		enum cause of = CAUSE_NONE;
		uint64_t since;

		if (!vm)
			continue;
		for (int c = 0; c < _CONDITION_MAX; c++)
			if (streq(word, condition_to_string((enum condition)c)))
				condition = (enum condition)c;
		for (int c = CAUSE_NONE + 1; c < _CAUSE_MAX; c++)
			if (streq(cause, cause_to_string((enum cause)c)))
				of = (enum cause)c;
		h->counts[h->answering ? condition : CONDITION_UNKNOWN]++;
		if (!h->answering)
			continue;
		h->causes[of]++;
		since = member_time(vm, "stuck_since");
		if (condition == CONDITION_STUCK &&
		    fleet_add_vm(f, h, member_str(vm, "name") ?: "(no domain)", member_word(vm, "uuid"), of,
				 since && since < f->now_us ? f->now_us - since : 0, member_u64(vm, "vcpus")) < 0)
			return -ENOMEM;
	}
	return 0;
}

static const char *silence(const struct fleet *f, const struct fleet_host *h, json_object *report)
{
	if (member_tri(report, "fresh") != TRI_YES)
		return *member_word(report, "health_why") ? member_word(report, "health_why")
							  : "avicd is not heard of there";
	if (!h->written_at || h->written_at + f->max_age_us < f->now_us)
		return "its report is too old";
	return h->written_at > f->now_us + f->max_age_us ? "its report is of the future: the clocks differ" : NULL;
}

static int fill(struct fleet *f, struct fleet_host *h, json_object *report)
{
	const char *why, *health = member_word(report, "health");
	bool fixed = false;

	h->written_at = member_time(report, "written_at");
	why = silence(f, h, report);
	h->answering = !why;
	for (int i = 0; !why && i < _HEALTH_MAX; i++)
		if (streq(health, health_to_string((enum health)i)))
			h->health = (enum health)i;
	/* what was known of a host that is silent may be long past */
	h->exposed = !why && (vulnerable(report, &fixed) || h->health == HEALTH_EXPOSED);
	h->rollout = why ? ROLLOUT_UNKNOWN : rollout_of(report, h->exposed, fixed);
	if (text_clean(member_word(report, "kernel_release"), FLEET_NAME_MAX, &h->kernel) < 0 ||
	    text_clean(member_word(report, "version"), FLEET_NAME_MAX, &h->version) < 0 ||
	    (why && text_clean(why, FLEET_NAME_MAX, &h->why) < 0))
		return -ENOMEM;
	return take_vms(f, h, report);
}

int fleet_add(struct fleet *f, json_object *report)
{
	const char *name = member_word(report, "host");
	struct fleet_host *h;
	bool twice;

	if (!streq(member_word(report, "schema"), HOSTREPORT_SCHEMA) || !*name)
		return -EBADMSG;
	h = fleet_host(f, name);
	if (!h)
		return -ENOMEM;
	twice = h->written_at || h->kernel;
	if (twice && member_time(report, "written_at") <= h->written_at)
		return -EEXIST;
	if (twice)
		fleet_drop_vms(f, h);
	fleet_host_clear(h);
	return fill(f, h, report) ?: (twice ? -EEXIST : 0);
}
