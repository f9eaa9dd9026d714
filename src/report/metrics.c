/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text exposition format: families in the order of the table, samples with their labels. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/metric.h"

/* A name is 255 bytes at most; each may need a backslash. */
#define VALUE_MAX     (2 * DOMAIN_NAME_MAX)
/* avicd_up, avicd_build_info */
#define ROWS_OF_AVICD 2

static const struct metric_row *row(size_t i)
{
	for (const struct metric_row *r = metric_host_rows; r->family.name; r++)
		if (!i--)
			return r;
	for (const struct metric_row *r = metric_vm_rows; r->family.name; r++)
		if (!i--)
			return r;
	return NULL;
}

const struct metric_family *metrics_family(size_t i)
{
	const struct metric_row *r = row(i);

	return r ? &r->family : NULL;
}

/* One label, its value escaped, and made UTF-8 where it is not; @comma behind those that are there already. */
static void add_label(struct text *t, bool comma, const char *name, const char *value)
{
	char clean[VALUE_MAX];

	snprintf(clean, sizeof(clean), "%s", value);
	text_clean_inplace(clean);
	text_addf(t, "%s%s=\"", comma ? "," : "", name);
	for (const char *s = clean; *s; s++) {
		if (*s == '\\' || *s == '"')
			text_addn(t, "\\", 1);
		text_addn(t, s, 1);
	}
	text_addn(t, "\"", 1);
}

static void begin(struct metric_out *o, const char *label, const char *value)
{
	bool labels = *o->vm_labels || label;

	text_add(o->t, o->name);
	if (labels)
		text_addn(o->t, "{", 1);
	text_add(o->t, o->vm_labels);
	if (label)
		add_label(o->t, *o->vm_labels, label, value);
	if (labels)
		text_addn(o->t, "}", 1);
}

void metric_u64(struct metric_out *o, const char *label, const char *value, uint64_t n)
{
	begin(o, label, value);
	text_addf(o->t, " %" PRIu64 "\n", n);
}

/* Not by double: of a counter that has run for a year no microsecond is lost. */
static void add_micros(struct text *t, uint64_t us)
{
	text_addf(t, " %llu.%06llu\n", us / USEC_PER_SEC, us % USEC_PER_SEC);
}

void metric_seconds(struct metric_out *o, const char *label, const char *value, uint64_t ns)
{
	begin(o, label, value);
	add_micros(o->t, ns / NSEC_PER_USEC);
}

void metric_time(struct metric_out *o, uint64_t us)
{
	begin(o, NULL, NULL);
	add_micros(o->t, us);
}

void metric_set(struct metric_out *o, const char *label, const char *(*word)(int), int n, int is)
{
	for (int i = 0; i < n; i++)
		metric_u64(o, label, word(i), i == is);
}

void metric_labels(struct metric_out *o, uint64_t n, const char *const *labels)
{
	text_addf(o->t, "%s{%s", o->name, o->vm_labels);
	for (size_t i = 0; labels[i]; i += 2)
		add_label(o->t, *o->vm_labels || i, labels[i], labels[i + 1]);
	text_addf(o->t, "} %" PRIu64 "\n", n);
}

/* A VM without domain is named by its process, so that no two of them are one series. */
static int labels_of(const struct vm *vm, char **ret)
{
	_cleanup_text_ struct text t = {0};
	char pid[24];

	snprintf(pid, sizeof(pid), "pid-%" PRId32, vm->id.tgid);
	add_label(&t, false, "domain", vm->managed ? vm->domain.name : "");
	add_label(&t, true, "uuid", vm->managed && vm->domain.uuid[0] ? vm->domain.uuid : pid);
	return text_take(&t, ret);
}

static void print(struct metric_out *o, const struct metric_row *r, char *const *labels)
{
	o->name = r->family.name;
	o->vm_labels = "";
	text_addf(o->t, "# HELP %s %s\n# TYPE %s %s\n", r->family.name, r->family.help, r->family.name,
		  r->family.type == METRIC_COUNTER ? "counter" : "gauge");
	if (r->host)
		r->host(o);
	for (size_t i = 0; r->vm && i < o->n_vms; i++) {
		o->vm_labels = labels[i];
		r->vm(o, o->vms[i]);
	}
}

void metrics_text(struct text *t, const struct tracker *tracker, const struct report_host *h,
		  const struct metrics_extra *x, uint64_t now)
{
	struct metric_out o = {.t = t, .tracker = tracker, .host = h, .x = x, .now = now};
	_cleanup_free_ struct vm **vms = NULL;
	char **labels;

	if (tracker_sorted(tracker, &vms, &o.n_vms) < 0) {
		t->error = -ENOMEM;
		return;
	}
	o.vms = vms;
	o.n_vms = MIN(o.n_vms, (size_t)METRICS_VMS_MAX);
	labels = calloc(o.n_vms + 1, sizeof(*labels));
	for (size_t i = 0; labels && i < o.n_vms; i++)
		if (labels_of(vms[i], &labels[i]) < 0)
			t->error = -ENOMEM;
	if (!labels)
		t->error = -ENOMEM;
	/* of a host that is not watched any more nothing is known but that */
	for (size_t i = 0; !t->error && row(i) && (x->up || i < ROWS_OF_AVICD); i++)
		print(&o, row(i), labels);
	for (size_t i = 0; labels && i < o.n_vms; i++)
		free(labels[i]);
	free(labels);
}
