/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of one host as a page. */
#include <inttypes.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/page.h"
#include "avicd/text.h"
#include "report/hostreport-private.h"

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

static void head(FILE *f, json_object *r)
{
	json_object *avic = member(r, "avic", json_type_object), *patch = member(r, "livepatch", json_type_object);
	const enum tristate effective = member_tri(avic, "effective");
	const char *health = member_word(r, "health");
	const bool fresh = member_tri(r, "fresh") == TRI_YES;

	page_tiles(f, true);
	page_tile(f, "health", or_dash(health), health);
	page_tile(f, "AVIC in use",
		  effective == TRI_YES	? "yes"
		  : effective == TRI_NO ? "no"
					: "unknown",
		  !fresh		 ? "stale"
		  : effective == TRI_YES ? "ok"
					 : "unknown");
	page_tile(f, "livepatch", or_dash(member_word(patch, "state")), fresh ? member_word(patch, "state") : "stale");
	page_tile(f, "kernel", or_dash(member_word(r, "kernel_release")), NULL);
	page_tile(f, "avicd", or_dash(member_word(r, "version")), NULL);
	page_tile(f, "written", or_dash(member_word(r, "written_at")), fresh ? NULL : "stale");
	page_tiles(f, false);
	if (*member_word(r, "health_why"))
		page_note(f, member_word(r, "health_why"));
}

static void advice(FILE *f, json_object *r)
{
	json_object *list = member(r, "advice", json_type_array);

	if (member_len(list) == 0)
		return;
	page_section(f, "What to do first");
	page_list(f, true);
	for (size_t i = 0; i < member_len(list); i++) {
		json_object *s = json_object_array_get_idx(list, i);

		if (s && json_object_is_type(s, json_type_string))
			page_item(f, json_object_get_string(s));
	}
	page_list(f, false);
}

static void counts(FILE *f, json_object *r)
{
	/* from worst to best, as the bar is read */
	static const enum condition order[] = {CONDITION_STUCK, CONDITION_CONFIGURED, CONDITION_UNKNOWN,
					       CONDITION_OFF,	CONDITION_SETTLING,   CONDITION_TRANSIENT,
					       CONDITION_ACTIVE};
	struct page_part parts[ARRAY_SIZE(order)], causes[_CAUSE_MAX];
	json_object *by = member(r, "counts", json_type_object);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		parts[i].word = condition_to_string(order[i]);
		parts[i].n = member_u64(by, parts[i].word);
	}
	page_bar(f, "VMs by condition", parts, ARRAY_SIZE(parts));
	by = member(r, "causes", json_type_object);
	for (int c = CAUSE_NONE + 1; c < _CAUSE_MAX; c++) {
		causes[n].word = cause_to_string((enum cause)c);
		causes[n].n = member_u64(by, causes[n].word);
		n++;
	}
	page_bar(f, "VMs without AVIC by cause", causes, n);
}

/* The strings of @array with ", " between, into a cell. */
static void cell_of_words(FILE *f, json_object *array)
{
	_cleanup_text_ struct text t = {0};

	for (size_t i = 0; i < member_len(array); i++) {
		json_object *v = json_object_array_get_idx(array, i);

		if (!v || !json_object_is_type(v, json_type_string))
			continue;
		if (t.len)
			text_add(&t, ", ");
		text_add(&t, json_object_get_string(v));
	}
	page_cell(f, t.s ?: "", NULL);
}

static void cell_of_number(FILE *f, json_object *o, const char *key)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRIu64, member_u64(o, key));
	page_number(f, (double)member_u64(o, key), member(o, key, json_type_int) ? buf : "-");
}

static void cell_of_share(FILE *f, json_object *vm)
{
	double share = member_double(vm, "availability");
	char buf[24] = "-";

	/* cut, not rounded: 99.999 % is not all of the time */
	if (share >= 0 && share <= 1)
		snprintf(buf, sizeof(buf), "%.2f %%", (double)(int)(share * 10000) / 100);
	page_number(f, share, buf);
}

static void vms(FILE *f, json_object *r)
{
	static const char *const columns[] = {"name",	"condition", "cause",	   "reasons",  "stuck since", "#vCPUs",
					      "#boots", "#episodes", "#with AVIC", "remedies", "#pid",	      NULL};
	json_object *list = member(r, "vms", json_type_array);

	page_section(f, "VMs");
	if (member_len(list) == 0) {
		page_note(f, "None.");
		return;
	}
	counts(f, r);
	page_table_begin(f, columns, true);
	for (size_t i = 0; i < member_len(list); i++) {
		json_object *vm = member_at(list, i);

		if (!vm)
			continue;
		page_row(f);
		page_cell(f, member_str(vm, "name") ?: "(no domain)", NULL);
		page_cell(f, or_dash(member_word(vm, "condition")), member_word(vm, "condition"));
		page_cell(f, member_word(vm, "cause"), NULL);
		cell_of_words(f, member(vm, "reasons", json_type_array));
		page_cell(f, member_word(vm, "stuck_since"), NULL);
		cell_of_number(f, vm, "vcpus");
		cell_of_number(f, vm, "boots");
		cell_of_number(f, vm, "episodes");
		cell_of_share(f, vm);
		cell_of_words(f, member(vm, "remedies", json_type_array));
		cell_of_number(f, vm, "pid");
		fputs("</tr>\n", f);
	}
	page_table_end(f);
}

static void probe(FILE *f, json_object *r)
{
	static const char *const columns[] = {"bug", "result", "why", "at", NULL};
	json_object *all = member(r, "probe", json_type_object);

	page_section(f, "Bugs of the kernel");
	page_table_begin(f, columns, false);
	for (int i = 0; i < _PROBE_BUG_MAX; i++) {
		const struct bug_info *bug = bug_info((enum probe_bug)i);
		json_object *p = member(all, bug->word, json_type_object);

		page_row(f);
		page_cell(f, bug->name, NULL);
		/* what was proved once says nothing of a host that is not heard of */
		page_cell(f, or_dash(member_word(p, "result")),
			  member_tri(r, "fresh") == TRI_YES ? member_word(p, "result") : "stale");
		page_cell(f, member_word(p, "why"), NULL);
		page_cell(f, member_word(p, "at"), NULL);
		fputs("</tr>\n", f);
	}
	page_table_end(f);
}

static void findings(FILE *f, json_object *r)
{
	static const char *const columns[] = {"check", "grade", "why", "remedy", NULL};
	json_object *list = member(r, "findings", json_type_array);

	if (member_len(list) == 0)
		return;
	page_section(f, "Checks of the host");
	page_table_begin(f, columns, false);
	for (size_t i = 0; i < member_len(list); i++) {
		json_object *o = member_at(list, i);

		if (!o)
			continue;
		page_row(f);
		page_cell(f, member_word(o, "check"), NULL);
		page_cell(f, member_word(o, "grade"), member_word(o, "grade"));
		page_cell(f, member_word(o, "why"), NULL);
		page_cell(f, member_word(o, "remedy"), NULL);
		fputs("</tr>\n", f);
	}
	page_table_end(f);
}

static void history(FILE *f, json_object *r)
{
	static const char *const columns[] = {"at", "event", "text", NULL};
	json_object *h = member(r, "history", json_type_object), *list = member(h, "actions", json_type_array);

	if (!h)
		return;
	page_section(f, "What was done");
	page_table_begin(f, columns, true);
	for (size_t i = 0; i < member_len(list); i++) {
		json_object *o = member_at(list, i);

		if (!o)
			continue;
		page_row(f);
		for (const char *const *c = columns; *c; c++)
			page_cell(f, member_word(o, *c), NULL);
		fputs("</tr>\n", f);
	}
	page_table_end(f);
}

int hostreport_html(json_object *report, FILE *out)
{
	_cleanup_free_ char *title = NULL;

	if (!report || !streq(member_word(report, "schema"), HOSTREPORT_SCHEMA))
		return -EBADMSG;
	if (asprintf(&title, "AVIC on %s", or_dash(member_word(report, "host"))) < 0) {
		title = NULL;
		return -ENOMEM;
	}
	page_begin(out, title);
	head(out, report);
	advice(out, report);
	vms(out, report);
	probe(out, report);
	findings(out, report);
	history(out, report);
	return page_end(out);
}
