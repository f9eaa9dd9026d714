/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet report as a page. */
#include <inttypes.h>

#include "avicd/page.h"
#include "avicd/text.h"
#include "report/fleet-private.h"

/* A page of all hosts of a large fleet would be slow to open: the tables before it have the worst. */
#define ROWS_MAX 2000

/* A column of a table: which member of the row, and how it is shown. */
enum show { SHOW_TEXT, SHOW_WORD, SHOW_NUMBER, SHOW_SECONDS };
struct column {
	const char *name, *key;
	enum show show;
};

static void cell(FILE *f, json_object *o, const struct column *c)
{
	const char *s = member_word(o, c->key);
	uint64_t n = member_u64(o, c->key);
	char buf[DURATION_MAX];

	if (c->show == SHOW_TEXT || c->show == SHOW_WORD) {
		page_cell(f, *s ? s : "-", c->show == SHOW_WORD ? s : NULL);
		return;
	}
	if (c->show == SHOW_SECONDS)
		format_duration(MIN(n, (uint64_t)1000000000) * NSEC_PER_SEC, buf, sizeof(buf));
	else
		snprintf(buf, sizeof(buf), "%" PRIu64, n);
	page_number(f, (double)n, buf);
}

static void table(FILE *f, const char *heading, json_object *list, const struct column *columns, size_t n)
{
	const char *names[16] = {NULL};
	char numbers[16][32];

	if (member_len(list) == 0)
		return;
	page_section(f, heading);
	for (size_t i = 0; i < n; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%s%s", columns[i].show >= SHOW_NUMBER ? "#" : "",
			 columns[i].name);
		names[i] = numbers[i];
	}
	page_table_begin(f, names, member_len(list) > 5);
	for (size_t i = 0; i < MIN(member_len(list), (size_t)ROWS_MAX); i++) {
		page_row(f);
		for (size_t k = 0; k < n; k++)
			cell(f, member_at(list, i), &columns[k]);
		fputs("</tr>\n", f);
	}
	page_table_end(f);
	if (member_len(list) > ROWS_MAX)
		page_note(f, "Only the first 2000 are shown: avicctl fleet list has all.");
}

static void bar(FILE *f, json_object *report, const char *key, const char *title, const char *const *order)
{
	json_object *by = member(report, key, json_type_object);
	struct page_part parts[16];
	size_t n = 0;

	for (; order[n]; n++)
		parts[n] = (struct page_part){order[n], member_u64(by, order[n])};
	page_section(f, title);
	page_bar(f, title, parts, n);
}

static void head(FILE *f, json_object *r)
{
	static const struct {
		const char *name, *key, *word;
	} tiles[] = {
		{"hosts answering", "hosts_answering", NULL},
		{"exposed", "hosts_exposed", "exposed"},
		{"VMs", "vms", NULL},
		{"files not usable", "bad_files", "FAIL"},
	};
	_cleanup_free_ char *text = NULL;
	char value[64];

	page_tiles(f, true);
	for (size_t i = 0; i < ARRAY_SIZE(tiles); i++) {
		uint64_t n = member_u64(r, tiles[i].key);

		if (i == 0)
			snprintf(value, sizeof(value), "%" PRIu64 " of %" PRIu64, n, member_u64(r, "hosts_known"));
		else
			snprintf(value, sizeof(value), "%" PRIu64, n);
		page_tile(f, tiles[i].name, value, n ? tiles[i].word : NULL);
	}
	page_tiles(f, false);
	if (asprintf(&text, "Written at %s, from %s.", member_word(r, "written_at"), member_word(r, "source")) < 0)
		text = NULL;
	page_note(f, text);
}

static void kernels(FILE *f, json_object *r)
{
	const char *columns[_ROLLOUT_MAX + 5] = {"kernel", "#hosts", "#exposed", "#VMs stuck"};
	char names[_ROLLOUT_MAX][24];
	json_object *list = member(r, "kernels", json_type_array);

	for (int i = 0; i < _ROLLOUT_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "#%s", rollout_to_string((enum rollout)i));
		columns[4 + i] = names[i];
	}
	page_section(f, "Kernels, and how far the livepatch is");
	page_table_begin(f, columns, member_len(list) > 5);
	for (size_t i = 0; i < MIN(member_len(list), (size_t)ROWS_MAX); i++) {
		json_object *k = member_at(list, i), *rollout = member(k, "rollout", json_type_object);

		page_row(f);
		page_cell(f, member_word(k, "kernel_release"), NULL);
		cell(f, k, &(struct column){NULL, "hosts", SHOW_NUMBER});
		cell(f, k, &(struct column){NULL, "exposed", SHOW_NUMBER});
		cell(f, k, &(struct column){NULL, "stuck", SHOW_NUMBER});
		for (int j = 0; j < _ROLLOUT_MAX; j++)
			cell(f, rollout, &(struct column){NULL, rollout_to_string((enum rollout)j), SHOW_NUMBER});
		fputs("</tr>\n", f);
	}
	page_table_end(f);
}

static void changes(FILE *f, json_object *r)
{
	static const struct column columns[] = {{"host", "host", SHOW_TEXT}, {"change", "text", SHOW_TEXT}};
	static const char *const kinds[][2] = {{"worse", "What got worse"},
					       {"better", "What got better"},
					       {"new", "New hosts"},
					       {"gone", "Hosts that are gone"}};
	json_object *diff = member(r, "diff", json_type_object);

	for (size_t i = 0; diff && i < ARRAY_SIZE(kinds); i++)
		table(f, kinds[i][1], member(diff, kinds[i][0], json_type_array), columns, ARRAY_SIZE(columns));
}

int fleet_html(json_object *r, FILE *f)
{
	static const char *const health[] = {"degraded", "exposed", "unknown", "off", "ok", NULL};
	static const char *const counts[] = {"stuck",	 "configured", "unknown", "off",
					     "settling", "transient",  "active",  NULL};
	static const char *const causes[] = {"kernel-bug", "guest",   "vm-config", "host-config",
					     "debugger",   "unknown", NULL};
	static const char *const rollout[] = {"failed",	 "not patched", "trying", "unknown",
					      "patched", "not needed",	NULL};
	static const struct column silent[] = {{"host", "host", SHOW_TEXT}, {"why", "why", SHOW_TEXT}};
	static const struct column bad[] = {{"file", "file", SHOW_TEXT}, {"why", "why", SHOW_TEXT}};
	static const struct column longest[] = {{"host", "host", SHOW_TEXT},
						{"VM", "name", SHOW_TEXT},
						{"cause", "cause", SHOW_TEXT},
						{"stuck for", "stuck_seconds", SHOW_SECONDS},
						{"vCPUs", "vcpus", SHOW_NUMBER}};
	static const struct column hosts[] = {{"host", "host", SHOW_TEXT},
					      {"health", "health", SHOW_WORD},
					      {"kernel", "kernel_release", SHOW_TEXT},
					      {"livepatch", "rollout", SHOW_WORD},
					      {"VMs", "vms", SHOW_NUMBER},
					      {"stuck", "stuck", SHOW_NUMBER},
					      {"configured", "configured", SHOW_NUMBER},
					      {"written", "written_at", SHOW_TEXT}};

	page_begin(f, "AVIC in the fleet");
	head(f, r);
	bar(f, r, "health", "Hosts by health", health);
	bar(f, r, "counts", "VMs by condition", counts);
	bar(f, r, "causes", "VMs without AVIC by cause", causes);
	changes(f, r);
	bar(f, r, "rollout", "Hosts by livepatch", rollout);
	kernels(f, r);
	table(f, "VMs stuck longest", member(r, "longest", json_type_array), longest, ARRAY_SIZE(longest));
	table(f, "The ten worst hosts", member(r, "worst", json_type_array), hosts, ARRAY_SIZE(hosts));
	table(f, "Hosts that do not answer", member(r, "silent", json_type_array), silent, ARRAY_SIZE(silent));
	table(f, "Files that could not be used", member(r, "bad", json_type_array), bad, ARRAY_SIZE(bad));
	table(f, "All hosts", member(r, "hosts", json_type_array), hosts, ARRAY_SIZE(hosts));
	return page_end(f);
}
