/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An analysis for a person: 80 columns. */
#include <stdio.h>

#include "avicd/text.h"
#include "ctl/analysis.h"
#include "ctl/ctl.h"

/* Stretches printed at each end of a long story. */
#define SHOWN 8

static size_t width(void)
{
	return MIN(ctl_width(), 80U);
}

static char *duration(uint64_t ns, char buf[static DURATION_MAX])
{
	return format_duration(ns, buf, DURATION_MAX);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_head(const struct analysis *a)
{
	uint64_t n = a->records + a->old_records;
	char d[DURATION_MAX], note[256];
	_cleanup_free_ char *line = NULL;

	if (!a->n_vms) {
		if (asprintf(&line, "%s: %s%s%s, %llu record%s in %s", a->file, a->format,
			     a->release[0] ? " of kernel " : "", a->release, (unsigned long long)n, plural(n),
			     duration(a->last_at - a->first_at, d)) < 0)
			return;
	} else if (asprintf(&line, "%s: %s%s%s, %llu record%s of %zu VM%s in %s", a->file, a->format,
			    a->release[0] ? " of kernel " : "", a->release, (unsigned long long)n, plural(n), a->n_vms,
			    plural(a->n_vms), duration(a->last_at - a->first_at, d)) < 0)
		return;
	ctl_wrap(stdout, line, 0, 2, width());
	fputs("Numbering: ", stdout);
	free(line);
	line = NULL;
	if (asprintf(&line, "that of %s, %s: %s", analysis_numbers(a),
		     a->forced ? "given" : numbering_origin_to_string(a->guess.numbering.origin), a->guess.why) < 0)
		return;
	ctl_wrap(stdout, line, strlen("Numbering: "), 2, width());
	for (int i = 0; analysis_note(a, i, note, sizeof(note)); i++) {
		fputs("Note: ", stdout);
		ctl_wrap(stdout, note, strlen("Note: "), 2, width());
	}
}

static void print_reasons(const struct analysis *a, const struct analysis_vm *v)
{
	uint64_t span = a->last_at - v->first_at;
	struct ctl_table *t = ctl_table_new();
	static const char *const heads[] = {"  REASON", "CLASS", "SET", "INHIBITED", "SHARE", "AT THE END"};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		ctl_table_column(t, heads[i], i >= 2 && i <= 4 ? CTL_RIGHT : CTL_LEFT);
	for (unsigned bit = 0; bit < REASON_BITS; bit++) {
		const struct entry_reason *r = &v->entry.reason[bit];
		uint64_t ns = vm_inhibited_ns(&v->vm, bit, a->now);
		bool held = v->held >> bit & 1;
		char name[BIT_NAME_MAX], label[BIT_NAME_MAX + 2], count[24], d[DURATION_MAX], share[16];

		if (!r->count && !r->total && !(v->vm.mask >> bit & 1))
			continue;
		any = true;
		snprintf(label, sizeof(label), "  %s", bit_name(&a->tracker.numbering, bit, name));
		snprintf(count, sizeof(count), "%llu", (unsigned long long)r->count);
		snprintf(share, sizeof(share), "%.1f%%", span ? 100.0 * (double)ns / (double)span : 0.0);
		ctl_table_row(t);
		ctl_table_cell(t, 0, label, NULL);
		ctl_table_cell(t, 1, reason_class_to_string(numbering_class(&a->tracker.numbering, bit)), NULL);
		ctl_table_cell(t, 2, count, NULL);
		ctl_table_cell(t, 3, duration(ns, d), NULL);
		ctl_table_cell(t, 4, share, NULL);
		ctl_table_cell(t, 5, held ? "held throughout" : v->vm.mask >> bit & 1 ? "set" : "-", NULL);
	}
	if (any)
		ctl_table_print(t);
	ctl_table_free(t);
}

static void print_segment(const struct analysis *a, const struct analysis_segment *s)
{
	char names[MASK_NAMES_MAX], d[DURATION_MAX];
	_cleanup_text_ struct text t = {};

	printf("  %13.6f  ", (double)s->from / 1e9);
	text_add(&t, mask_names(&a->tracker.numbering, s->mask, names, sizeof(names)));
	text_addf(&t, " for %s", duration(s->to - s->from, d));
	if (s->toggles)
		text_addf(&t, ", transient reasons set %llu time%s", (unsigned long long)s->toggles,
			  plural(s->toggles));
	if (s->resets)
		text_addf(&t, ", %llu guest reset%s", (unsigned long long)s->resets, plural(s->resets));
	if (s->after_loss)
		text_add(&t, ", records missing before it");
	if (!t.error)
		ctl_wrap(stdout, t.s, 17, 17, width());
}

static void print_segments(const struct analysis *a, const struct analysis_vm *v)
{
	size_t hidden = v->n_segments > 2 * SHOWN + 1 ? v->n_segments - 2 * SHOWN : 0;

	for (size_t i = 0; i < v->n_segments; i++) {
		if (hidden && i == SHOWN) {
			printf("  %13s  %zu more\n", "...", hidden + v->cut_segments);
			i += hidden;
		}
		print_segment(a, &v->segments[i]);
	}
}

static void print_paragraph(const char *head, const char *text)
{
	printf("\n  %s\n    ", head);
	ctl_wrap(stdout, text, 4, 4, width());
}

static void print_vm(const struct analysis *a, const struct analysis_vm *v)
{
	const struct verdict *d = &v->vm.verdict;
	_cleanup_free_ char *meaning = NULL, *advice = NULL;
	_cleanup_text_ struct text t = {};
	char label[ANALYSIS_LABEL_MAX], name[BIT_NAME_MAX], dur[DURATION_MAX];

	printf("\n%s%s%s: %s%s%s", ctl_bold(), analysis_label(v, label), ctl_normal(),
	       ctl_color_of(condition_to_string(d->condition)), condition_to_string(d->condition), ctl_normal());
	if (d->headline >= 0)
		printf(": %s", bit_name(&a->tracker.numbering, (unsigned)d->headline, name));
	if (d->condition == CONDITION_STUCK || d->condition == CONDITION_CONFIGURED)
		printf("; cause %s", cause_to_string(d->cause));
	text_addf(&t, "%llu records of %zu thread%s in %s, %llu changes of the mask; ", (unsigned long long)v->records,
		  v->n_threads, plural(v->n_threads), duration(v->last_at - v->first_at, dur),
		  (unsigned long long)v->entry.changes);
	if (v->entry.resets)
		text_addf(&t, "%u guest reset%s seen; ", v->entry.resets, plural(v->entry.resets));
	else
		text_add(&t, "no guest reset seen; ");
	if (v->vm.storms)
		text_addf(&t, "%llu storm%s, ", (unsigned long long)v->vm.storms, plural(v->vm.storms));
	text_addf(&t, "%s %llu changes a second", v->vm.storms ? "up to" : "no storm: at most",
		  (unsigned long long)v->max_rate);
	printf("\n  ");
	if (!t.error)
		ctl_wrap(stdout, t.s, 2, 2, width());
	putchar('\n');
	print_reasons(a, v);
	putchar('\n');
	print_segments(a, v);
	if (analysis_meaning(a, v, &meaning) < 0 || analysis_advice(a, v, &advice) < 0)
		return;
	print_paragraph("What it means", meaning);
	print_paragraph("What to do", advice);
}

/* Kernels of 5.17 and older: what little their event says. */
static void print_old(const struct analysis *a)
{
	printf("\n%llu records of kvm_apicv_update_request, the event of 5.17 and older:\n",
	       (unsigned long long)a->old_records);
	for (unsigned bit = 0; bit < 64; bit++) {
		char name[BIT_NAME_MAX];

		if (a->old_set[bit] || a->old_cleared[bit])
			printf("  %-20s AVIC off %llu time%s, on again %llu time%s\n",
			       bit_name(&a->tracker.numbering, bit, name), (unsigned long long)a->old_set[bit],
			       plural(a->old_set[bit]), (unsigned long long)a->old_cleared[bit],
			       plural(a->old_cleared[bit]));
	}
	ctl_wrap(stdout,
		 "It shows when a VM's AVIC goes off and on as a whole, but no mask and no second reason, so there is "
		 "no verdict. Kernels "
		 "of 5.18 and later record kvm_apicv_inhibit_changed.",
		 0, 0, width());
}

void analysis_print(const struct analysis *a)
{
	print_head(a);
	for (size_t i = 0; i < a->n_vms; i++)
		print_vm(a, a->vms[i]);
	if (a->old_records)
		print_old(a);
}
