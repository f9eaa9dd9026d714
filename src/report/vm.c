/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One VM as JSON. Members that are there in one VM are there in all: what is not known is null. */
#include <stdio.h>

#include "report/json.h"
#include "report/words.h"

static json_object *remedy_words(uint32_t set)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (unsigned r = 0; a && r < _REMEDY_MAX; r++)
		if (set >> r & 1 && json_push(a, json_object_new_string(remedy_to_string(r))) < 0)
			return NULL;
	return TAKE_PTR(a);
}

static const struct reason_verdict *verdict_of_bit(const struct verdict *v, unsigned bit)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->reasons[i].bit == bit)
			return &v->reasons[i];
	return NULL;
}

/* @judged: NULL when the bit is not set now; its row of the table speaks then, and there is no cause to tell. */
static json_object *reason_json(const struct tracker *t, const struct vm *vm, unsigned bit,
				const struct reason_verdict *judged, uint64_t now)
{
	const struct reason_stats *st = &vm->reason[bit];
	const enum reason reason = numbering_reason(&t->numbering, bit);
	const struct reason_info *info = reason_info(reason);
	const struct reason_verdict idle = {
		.bit = bit,
		.reason = reason,
		.cls = numbering_class(&t->numbering, bit),
		.cause = CAUSE_NONE,
		.remedies = info ? info->remedies : 0,
	};
	const struct reason_verdict *r = judged ? judged : &idle;
	const bool set = vm->mask >> bit & 1;
	struct json_build b = json_build_begin();
	char name[BIT_NAME_MAX];

	json_add_word(&b, "name", bit_name(&t->numbering, bit, name));
	json_add_u64(&b, "bit", bit);
	json_add_bool(&b, "set", set);
	json_add_word(&b, "class", reason_class_to_string(r->cls));
	json_add_word(&b, "cause", r->cause == CAUSE_NONE ? NULL : cause_to_string(r->cause));
	json_add_time(&b, "since", set ? st->since : 0);
	json_add_bool(&b, "since_exact", set && st->since_exact);
	json_add_seconds(&b, "seconds", set && st->since && now > st->since ? now - st->since : 0);
	json_add_u64(&b, "count", st->count);
	json_add_seconds(&b, "inhibited_seconds", vm_inhibited_ns(vm, bit, now));
	json_add_object(&b, "remedies", remedy_words(r->remedies));
	json_add_word(&b, "remedy", words_remedy(t, r));
	json_add_word(&b, "lifetime", reason_lifetime(reason, t->numbering.line));
	return json_build_end(&b);
}

static json_object *reasons_json(const struct tracker *t, const struct vm *vm, uint64_t now)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (unsigned bit = 0; a && bit < REASON_BITS; bit++) {
		if (!(vm->mask >> bit & 1) && !vm->reason[bit].count)
			continue;
		if (json_push(a, reason_json(t, vm, bit, verdict_of_bit(&vm->verdict, bit), now)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static void add_mask(struct json_build *b, const struct tracker *t, const struct vm *vm)
{
	char hex[24], names[MASK_NAMES_MAX];

	snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)vm->mask);
	json_add_u64(b, "mask", vm->mask);
	json_add_word(b, "mask_hex", hex);
	json_add_word(b, "mask_names",
		      vm->mask_seen ? mask_names(&t->numbering, vm->mask, names, sizeof(names)) : "unknown");
}

json_object *report_vm(const struct tracker *t, const struct vm *vm, uint64_t now)
{
	const struct verdict *v = &vm->verdict;
	struct json_build b = json_build_begin();
	char name[BIT_NAME_MAX];

	json_add_text(&b, "name", vm->domain.name);
	json_add_text(&b, "uuid", vm->domain.uuid);
	json_add_object(&b, "pid", json_object_new_int(vm->id.tgid));
	json_add_text(&b, "comm", vm->comm[0] ? vm->comm : "?");
	json_add_text(&b, "uri", vm->domain.uri);
	json_add_bool(&b, "managed", vm->managed);
	json_add_bool(&b, "running", vm->running);
	json_add_word(&b, "condition", condition_to_string(v->condition));
	json_add_time(&b, "condition_since", vm->condition_at ? vm->condition_at : vm->seen_at);
	json_add_seconds(&b, "condition_seconds", now > vm->condition_at ? now - vm->condition_at : 0);
	json_add_word(&b, "cause", v->cause == CAUSE_NONE ? NULL : cause_to_string(v->cause));
	json_add_word(&b, "why", v->why);
	add_mask(&b, t, vm);
	json_add_word(&b, "headline", v->headline < 0 ? NULL : bit_name(&t->numbering, (unsigned)v->headline, name));
	json_add_object(&b, "remedies", remedy_words(v->remedies));
	json_add_object(&b, "reasons", reasons_json(t, vm, now));
	json_add_u64(&b, "boots", vm->boots);
	json_add_bool(&b, "boots_exact", vm->boots_exact);
	json_add_time(&b, "boot_since", vm->boot_at);
	json_add_time(&b, "episode_since", vm->episode_at);
	json_add_u64(&b, "episodes", vm->episodes);
	json_add_seconds(&b, "watched_seconds", vm_known_ns(vm, now));
	json_add_seconds(&b, "inhibited_seconds", vm_episodes_ns(vm, now));
	json_add_bool(&b, "storm", vm->storm);
	json_add_u64(&b, "storms", vm->storms);
	json_add_u64(&b, "events", vm->events);
	json_add_u64(&b, "changes", vm->changes);
	json_add_bool(&b, "ambiguous", vm->ambiguous);
	json_add_u64(&b, "kvms", vm->n_kvms);
	if (vm->created_vcpus)
		json_add_u64(&b, "vcpus_created", vm->created_vcpus);
	else
		json_add_null(&b, "vcpus_created");
	json_add_time(&b, "seen_since", vm->seen_at);
	json_add_time(&b, "created_at", vm->created_at);
	return json_build_end(&b);
}

/* The few members by which a signal names its VM; who wants more asks for it. */
static json_object *vm_brief(const struct tracker *t, const struct vm *vm)
{
	struct json_build b = json_build_begin();
	char hex[24], names[MASK_NAMES_MAX];

	snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)vm->mask);
	json_add_text(&b, "name", vm->domain.name);
	json_add_text(&b, "uuid", vm->domain.uuid);
	json_add_object(&b, "pid", json_object_new_int(vm->id.tgid));
	json_add_word(&b, "condition", condition_to_string(vm->verdict.condition));
	json_add_word(&b, "cause", vm->verdict.cause == CAUSE_NONE ? NULL : cause_to_string(vm->verdict.cause));
	json_add_word(&b, "mask_hex", hex);
	json_add_word(&b, "mask_names",
		      vm->mask_seen ? mask_names(&t->numbering, vm->mask, names, sizeof(names)) : "unknown");
	json_add_u64(&b, "boots", vm->boots);
	return json_build_end(&b);
}

json_object *report_action(const struct tracker *t, const struct action *a, const char *sentence, uint64_t now)
{
	struct json_build b = json_build_begin();
	char name[BIT_NAME_MAX];

	json_add_word(&b, "event", event_desc(a->event)->word);
	json_add_time(&b, "at", now);
	json_add_text(&b, "sentence", sentence);
	if (a->vm)
		json_add_object(&b, "vm", vm_brief(t, a->vm));
	else
		json_add_null(&b, "vm");
	json_add_word(&b, "old_condition", words_old_condition(a));
	if (words_has_duration(a))
		json_add_seconds(&b, "duration_seconds", a->duration);
	else
		json_add_null(&b, "duration_seconds");
	json_add_word(&b, "reason", words_reason(t, a, name));
	return json_build_end(&b);
}
