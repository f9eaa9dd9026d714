/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet report as text of 80 columns. */
#include <inttypes.h>
#include <stdio.h>

#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fleet.h"

/* Rows of a table in the report; `list` and --json have all. */
#define ROWS 10

static void table_p(struct ctl_table **t)
{
	ctl_table_free(*t);
}

enum kind { TEXT, WORD, NUMBER, SECONDS };
struct column {
	const char *name, *key;
	enum kind kind;
	const char *in; /* the member that @key is in, or NULL */
};

static void cell(struct ctl_table *t, size_t i, json_object *o, const struct column *c)
{
	char buf[DURATION_MAX];

	if (c->in)
		o = field(o, c->in);
	if (c->kind == NUMBER)
		snprintf(buf, sizeof(buf), "%" PRId64, field_int(o, c->key));
	if (c->kind == SECONDS)
		field_duration(o, c->key, buf);
	if (c->kind == NUMBER || c->kind == SECONDS)
		ctl_table_cell(t, i, buf, NULL);
	else
		ctl_table_cell(t, i, field_text(o, c->key),
			       c->kind == WORD ? ctl_color_of(field_text(o, c->key)) : NULL);
}

static void table(const char *heading, json_object *list, const struct column *columns, size_t n, size_t rows)
{
	_cleanup_(table_p) struct ctl_table *t = NULL;
	const size_t len = field_len(list), shown = rows && len > rows ? rows : len;

	if (len == 0)
		return;
	t = ctl_table_new();
	if (!t)
		return;
	if (heading && !ctl_options.no_legend)
		printf("\n%s%s%s\n", ctl_bold(), heading, ctl_normal());
	for (size_t i = 0; i < n; i++)
		ctl_table_column(t, columns[i].name,
				 columns[i].kind >= NUMBER	     ? CTL_RIGHT
				 : i == 0 || columns[i].kind == TEXT ? CTL_TRUNC
								     : 0);
	for (size_t row = 0; row < shown; row++) {
		ctl_table_row(t);
		for (size_t i = 0; i < n; i++)
			cell(t, i, json_object_array_get_idx(list, row), &columns[i]);
	}
	ctl_table_print(t);
	if (shown < len && !ctl_options.no_legend)
		printf("and %zu more; --json has all\n", len - shown);
}

/* "3 stuck, 2 configured" of what is not 0. */
static void sums(const char *label, json_object *report, const char *key)
{
	_cleanup_text_ struct text t = {0};
	json_object *o = field(report, key);

	if (!o || !json_object_is_type(o, json_type_object))
		return;
	json_object_object_foreach(o, word, v)
	{
		if (v && json_object_get_int64(v) > 0)
			text_addf(&t, "%s%" PRId64 " %s", t.len ? ", " : "", json_object_get_int64(v), word);
	}
	ctl_field(label, "%s", t.len ? t.s : "none");
}

static void head(json_object *r)
{
	ctl_field("Hosts", "%" PRId64 " of %" PRId64 " answer%s", field_int(r, "hosts_answering"),
		  field_int(r, "hosts_known"), field_int(r, "bad_files") ? "; some files could not be used" : "");
	sums("Health", r, "health");
	ctl_field("Exposed", "%" PRId64 " host%s", field_int(r, "hosts_exposed"),
		  field_int(r, "hosts_exposed") == 1 ? "" : "s");
	sums("Livepatch", r, "rollout");
	sums("VMs", r, "counts");
	sums("Causes", r, "causes");
}

static const struct column kernels[] = {
	{"KERNEL", "kernel_release", TEXT, NULL},  {"HOSTS", "hosts", NUMBER, NULL},
	{"EXPOSED", "exposed", NUMBER, NULL},	   {"STUCK", "stuck", NUMBER, NULL},
	{"PATCHED", "patched", NUMBER, "rollout"}, {"NOT", "not patched", NUMBER, "rollout"},
	{"TRYING", "trying", NUMBER, "rollout"},   {"FAILED", "failed", NUMBER, "rollout"},
};
static const struct column hosts[] = {
	{"HOST", "host", TEXT, NULL},
	{"HEALTH", "health", WORD, NULL},
	{"KERNEL", "kernel_release", TEXT, NULL},
	{"LIVEPATCH", "rollout", WORD, NULL},
	{"VMS", "vms", NUMBER, NULL},
	{"STUCK", "stuck", NUMBER, NULL},
	{"CONFIGURED", "configured", NUMBER, NULL},
};
static const struct column longest[] = {
	{"HOST", "host", TEXT, NULL},	  {"VM", "name", TEXT, NULL},
	{"CAUSE", "cause", WORD, NULL},	  {"STUCK FOR", "stuck_seconds", SECONDS, NULL},
	{"VCPUS", "vcpus", NUMBER, NULL},
};
static const struct column silent[] = {{"HOST", "host", TEXT, NULL}, {"WHY", "why", TEXT, NULL}};
static const struct column bad[] = {{"FILE", "file", TEXT, NULL}, {"WHY", "why", TEXT, NULL}};
static const struct column changes[] = {{"HOST", "host", TEXT, NULL}, {"CHANGE", "text", TEXT, NULL}};

static void diff(json_object *r)
{
	static const char *const kinds[][2] = {{"worse", "Worse than before"},
					       {"better", "Better than before"},
					       {"new", "New hosts"},
					       {"gone", "Gone"}};
	json_object *d = field(r, "diff");

	for (size_t i = 0; d && i < ARRAY_SIZE(kinds); i++)
		table(kinds[i][1], field_array(d, kinds[i][0]), changes, ARRAY_SIZE(changes), ROWS);
}

void fleet_print(json_object *r, const char *word)
{
	if (streq(word, "list")) {
		table(NULL, field_array(r, "hosts"), hosts, ARRAY_SIZE(hosts), 0);
		return;
	}
	if (streq(word, "report")) {
		head(r);
		diff(r);
		table("Kernels", field_array(r, "kernels"), kernels, ARRAY_SIZE(kernels), 2 * ROWS);
	}
	table("VMs stuck longest", field_array(r, "longest"), longest, ARRAY_SIZE(longest), ROWS);
	table("Worst hosts", field_array(r, "worst"), hosts, ARRAY_SIZE(hosts), ROWS);
	if (streq(word, "top"))
		return;
	table("Hosts that do not answer", field_array(r, "silent"), silent, ARRAY_SIZE(silent), ROWS);
	table("Files that could not be used", field_array(r, "bad"), bad, ARRAY_SIZE(bad), ROWS);
}
