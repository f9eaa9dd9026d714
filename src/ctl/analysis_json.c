/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An analysis for programs. Fields that `avicctl show` has too bear the same names; times are seconds of the
 * recording's clock.
 */
#include <stdio.h>

#include "avicd/report.h"
#include "ctl/analysis.h"

static void add_text(json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, s ? json_object_new_string(s) : NULL);
}

static void add_count(json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void add_seconds(json_object *o, const char *key, uint64_t ns)
{
	char s[40];

	snprintf(s, sizeof(s), "%llu.%09llu", (unsigned long long)(ns / NSEC_PER_SEC),
		 (unsigned long long)(ns % NSEC_PER_SEC));
	json_object_object_add(o, key, json_object_new_double_s((double)ns / 1e9, s));
}

static void add_mask(json_object *o, const struct analysis *a, uint64_t mask)
{
	char hex[24], names[MASK_NAMES_MAX];

	snprintf(hex, sizeof(hex), "%#llx", (unsigned long long)mask);
	add_count(o, "mask", mask);
	add_text(o, "mask_hex", mask ? hex : "0x0");
	add_text(o, "mask_names", mask_names(&a->tracker.numbering, mask, names, sizeof(names)));
}

static json_object *remedies_json(uint32_t set)
{
	json_object *o = json_object_new_array();

	for (int m = 0; m < _REMEDY_MAX; m++)
		if (set >> m & 1)
			json_object_array_add(o, json_object_new_string(remedy_to_string(m)));
	return o;
}

static json_object *reason_json(const struct analysis *a, const struct analysis_vm *v, unsigned bit)
{
	const struct entry_reason *r = &v->entry.reason[bit];
	uint64_t span = a->last_at - v->first_at, ns = vm_inhibited_ns(&v->vm, bit, a->now);
	json_object *o = json_object_new_object();
	char name[BIT_NAME_MAX];

	add_text(o, "name", bit_name(&a->tracker.numbering, bit, name));
	json_object_object_add(o, "bit", json_object_new_int((int)bit));
	json_object_object_add(o, "set", json_object_new_boolean(v->vm.mask >> bit & 1));
	json_object_object_add(o, "held_throughout", json_object_new_boolean(v->held >> bit & 1));
	add_text(o, "class", reason_class_to_string(numbering_class(&a->tracker.numbering, bit)));
	add_count(o, "count", r->count);
	add_seconds(o, "inhibited_seconds", ns);
	json_object_object_add(o, "share", span ? json_object_new_double((double)ns / (double)span) : NULL);
	return o;
}

static json_object *reasons_json(const struct analysis *a, const struct analysis_vm *v)
{
	json_object *o = json_object_new_array();

	for (unsigned bit = 0; bit < REASON_BITS; bit++)
		if (v->entry.reason[bit].count || v->entry.reason[bit].total || v->vm.mask >> bit & 1)
			json_object_array_add(o, reason_json(a, v, bit));
	return o;
}

static json_object *segments_json(const struct analysis *a, const struct analysis_vm *v)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < v->n_segments; i++) {
		const struct analysis_segment *s = &v->segments[i];
		json_object *o = json_object_new_object();

		add_seconds(o, "from", s->from);
		add_seconds(o, "to", s->to);
		add_mask(o, a, s->mask);
		add_count(o, "transient_sets", s->toggles);
		add_count(o, "resets", s->resets);
		json_object_object_add(o, "after_loss", json_object_new_boolean(s->after_loss));
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *vm_json(const struct analysis *a, const struct analysis_vm *v)
{
	_cleanup_free_ char *meaning = NULL, *advice = NULL;
	const struct verdict *d = &v->vm.verdict;
	json_object *o = json_object_new_object();
	char name[BIT_NAME_MAX];

	add_count(o, "pid", (uint32_t)v->key);
	json_object_object_add(o, "pid_is_thread", json_object_new_boolean(!v->by_tgid));
	add_text(o, "comm", v->comm[0] ? v->comm : NULL);
	add_count(o, "threads", v->n_threads);
	add_text(o, "condition", condition_to_string(d->condition));
	add_text(o, "cause", d->cause == CAUSE_NONE ? NULL : cause_to_string(d->cause));
	add_text(o, "why", d->why);
	add_mask(o, a, v->vm.mask);
	add_text(o, "headline", d->headline < 0 ? NULL : bit_name(&a->tracker.numbering, (unsigned)d->headline, name));
	json_object_object_add(o, "remedies", remedies_json(d->remedies));
	json_object_object_add(o, "reasons", reasons_json(a, v));
	add_count(o, "boots", v->vm.boots);
	json_object_object_add(o, "boots_exact", json_object_new_boolean(v->vm.boots_exact));
	add_count(o, "episodes", v->vm.episodes);
	add_count(o, "storms", v->vm.storms);
	add_count(o, "changes_per_second_max", v->max_rate);
	json_object_object_add(o, "ambiguous", json_object_new_boolean(v->vm.ambiguous));
	add_count(o, "events", v->records);
	add_count(o, "changes", v->entry.changes);
	add_count(o, "misfits", v->misfits);
	add_seconds(o, "from", v->first_at);
	add_seconds(o, "to", v->last_at);
	json_object_object_add(o, "timeline", segments_json(a, v));
	add_text(o, "meaning", analysis_meaning(a, v, &meaning) < 0 ? NULL : meaning);
	add_text(o, "advice", analysis_advice(a, v, &advice) < 0 ? NULL : advice);
	return o;
}

static json_object *numbering_json(const struct analysis *a)
{
	json_object *o = json_object_new_object(), *names = json_object_new_object(),
		    *possible = json_object_new_array();

	add_text(o, "origin", a->forced ? "given" : numbering_origin_to_string(a->guess.numbering.origin));
	add_text(o, "line", kernel_line_to_string(a->guess.numbering.line));
	add_text(o, "why", a->guess.why);
	for (int l = 0; l < _LINE_MAX; l++)
		if (a->guess.possible >> l & 1)
			json_object_array_add(possible, json_object_new_string(kernel_line_to_string(l)));
	json_object_object_add(o, "possible", possible);
	for (unsigned bit = 0; bit < REASON_BITS; bit++) {
		char key[8], name[BIT_NAME_MAX];

		snprintf(key, sizeof(key), "%u", bit);
		if (numbering_reason(&a->guess.numbering, bit) != REASON_UNKNOWN)
			add_text(names, key, bit_name(&a->guess.numbering, bit, name));
	}
	json_object_object_add(o, "names", names);
	return o;
}

json_object *analysis_json(const struct analysis *a)
{
	json_object *o = json_object_new_object(), *vms = json_object_new_array(), *notes = json_object_new_array();
	char note[256];

	add_text(o, "schema", REPORT_SCHEMA);
	add_text(o, "file", a->file);
	add_text(o, "format", a->format);
	add_text(o, "kernel_release", a->release[0] ? a->release : NULL);
	json_object_object_add(o, "numbering", numbering_json(a));
	add_count(o, "records", a->records);
	add_count(o, "records_old_event", a->old_records);
	add_count(o, "lost", a->lost);
	add_count(o, "losses", a->losses);
	add_count(o, "skipped", a->skipped);
	add_count(o, "unassigned", a->unassigned);
	json_object_object_add(o, "damaged", json_object_new_boolean(a->damaged));
	add_seconds(o, "from", a->first_at);
	add_seconds(o, "to", a->last_at);
	add_seconds(o, "span_seconds", a->last_at - a->first_at);
	for (int i = 0; analysis_note(a, i, note, sizeof(note)); i++)
		json_object_array_add(notes, json_object_new_string(note));
	json_object_object_add(o, "notes", notes);
	add_count(o, "stuck", analysis_stuck(a));
	for (size_t i = 0; i < a->n_vms; i++)
		json_object_array_add(vms, vm_json(a, a->vms[i]));
	json_object_object_add(o, "vms", vms);
	return o;
}
