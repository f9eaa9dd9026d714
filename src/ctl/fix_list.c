/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicctl fix list, fix show: the catalogue of fixes and risks, and what is known of each on this host. Needs no
 * daemon.
 */
#include <assert.h>
#include <getopt.h>
#include <stdio.h>

#include "avicd/catalogue.h"
#include "avicd/hostcheck.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "ctl/catalogue.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"

/* This host, for both verbs. */
struct here {
	struct catalogue catalogue;
	struct capability c;
	struct advisory_host host;
	json_object *avicd; /* what a running one says of the host, or NULL */
};

static void here_done(struct here *h)
{
	catalogue_done(&h->catalogue);
	json_object_put(h->avicd);
}

static int here_read(struct here *h)
{
	int r = ctl_catalogue(&h->catalogue);

	if (r)
		return r;
	capability_read(&h->c);
	hostcheck_facts(&h->c, &h->host);
	/* none is running, or it does not answer: what only it knows stays open */
	if (client_host(&h->avicd) < 0)
		h->avicd = NULL;
	return CTL_OK;
}

static const char *kernel_word(const struct here *h, const struct advisory *a)
{
	static const char *const words[] = {[TRI_UNKNOWN + 1] = "unknown",
					    [TRI_NO + 1] = "fixed",
					    [TRI_YES + 1] = "affected"};

	return words[advisory_suggests(a, h->c.host.release, h->c.version, &h->host) + 1];
}

/* NULL: no avicd, no probe of this bug, or it has not been probed. */
static const char *probe_word(const struct here *h, const struct advisory *a)
{
	return a->probe ? field_str(field(field(h->avicd, "probe"), a->probe), "result") : NULL;
}

static const char *color_of(const char *word)
{
	if (streq(word, "affected") || streq(word, "vulnerable"))
		return ctl_red();
	return streq(word, "fixed") ? ctl_green() : NULL;
}

static json_object *entry_json(const struct here *h, const struct advisory *a)
{
	const char *file = catalogue_file(&h->catalogue, a), *probe = probe_word(h, a);
	json_object *o = catalogue_json(a), *on = json_object_new_object();
	char remedy[ADVISORY_REMEDY_MAX];

	if (!a->remedy)
		json_object_object_add(o, "remedy", json_object_new_string(advisory_remedy(a, remedy)));
	json_object_object_add(on, "kernel", json_object_new_string(kernel_word(h, a)));
	json_object_object_add(on, "probe", probe ? json_object_new_string(probe) : NULL);
	json_object_object_add(o, "here", on);
	json_object_object_add(o, "file", file ? json_object_new_string(file) : NULL);
	return o;
}

static json_object *document(const struct here *h)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "kernel_release",
			       *h->c.host.release ? json_object_new_string(h->c.host.release) : NULL);
	return o;
}

/* What avicd is there for first, then what may speak against it. */
static const enum advisory_class order[] = {ADVISORY_FIX, ADVISORY_UNSAFE, ADVISORY_NOTE, ADVISORY_LIMIT};
static_assert(ARRAY_SIZE(order) == _ADVISORY_CLASS_MAX, "each class is listed");

static void print_list(const struct here *h)
{
	struct ctl_table *t = ctl_table_new();

	ctl_table_column(t, "ID", CTL_LEFT);
	ctl_table_column(t, "TITLE", CTL_TRUNC);
	ctl_table_column(t, "CLASS", CTL_LEFT);
	ctl_table_column(t, "KERNEL", CTL_LEFT);
	ctl_table_column(t, "PROBE", CTL_LEFT);
	ctl_table_column(t, "LIVEPATCH", CTL_LEFT);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (const struct advisory *a = h->catalogue.list; a->id; a++) {
			const char *kernel = kernel_word(h, a), *probe = probe_word(h, a) ?: "-";

			if (a->cls != order[i])
				continue;
			ctl_table_row(t);
			ctl_table_cell(t, 0, a->id, NULL);
			ctl_table_cell(t, 1, a->title, NULL);
			ctl_table_cell(t, 2, advisory_class_to_string(a->cls), NULL);
			ctl_table_cell(t, 3, kernel, color_of(kernel));
			ctl_table_cell(t, 4, probe, color_of(probe));
			ctl_table_cell(t, 5, a->livepatch ? "yes" : "no", NULL);
		}
	ctl_table_print(t);
	ctl_table_free(t);
}

int fix_list(const struct fix_request *rq _unused_)
{
	_cleanup_(here_done) struct here h = {0};
	int r = here_read(&h);

	if (r)
		return r;
	if (ctl_options.json) {
		_cleanup_json_ json_object *o = document(&h);
		json_object *list = json_object_new_array();

		for (const struct advisory *a = h.catalogue.list; a->id; a++)
			json_object_array_add(list, entry_json(&h, a));
		json_object_object_add(o, "fixes", list);
		ctl_print_json(o);
		return CTL_OK;
	}
	ctl_pager();
	print_list(&h);
	if (!ctl_options.no_legend)
		printf("\nKERNEL is what the version of the kernel suggests, PROBE what avicd has proved.\n"
		       "All of one: avicctl fix show ID\n");
	return CTL_OK;
}

static void print_kernels(const struct advisory *a)
{
	_cleanup_text_ struct text t = {0};

	ctl_field("Kernels", "%u.%u.%u and later", a->from.major, a->from.minor, a->from.patch);
	for (size_t i = 0; i < ADVISORY_FIXES && a->fixed[i].major; i++) {
		const struct kernel_version *v = &a->fixed[i];

		text_addf(&t, "%s%u.%u.%u", t.len ? ", " : "", v->major, v->minor, v->patch);
		if (a->commits[i])
			text_addf(&t, " (commit %.12s)", a->commits[i]);
	}
	if (a->mainline.major)
		text_addf(&t, "%s%u.%u and later", t.len ? ", " : "", a->mainline.major, a->mainline.minor);
	ctl_field("Fixed in", "%s", t.s ?: "no release of Linux");
}

static void print_needs(const struct advisory *a)
{
	static const char *const phrases[] = {"x2AVIC", "guests that run VMs themselves", "SEV-SNP on"};
	_cleanup_text_ struct text t = {0};

	text_add(&t, !a->vendor ? "AMD and Intel" : streq(a->vendor, "amd") ? "AMD" : "Intel");
	for (unsigned i = 0; advisory_need(i); i++)
		if (a->needs >> i & 1)
			text_addf(&t, ", with %s", i < ARRAY_SIZE(phrases) ? phrases[i] : advisory_need(i));
	ctl_field("Hosts", "%s", t.s ?: "");
}

static void print_one(const struct here *h, const struct advisory *a)
{
	const char *file = catalogue_file(&h->catalogue, a), *kernel = kernel_word(h, a), *probe = probe_word(h, a);
	char remedy[ADVISORY_REMEDY_MAX];

	printf("%s%s%s\n", ctl_bold(), a->id, ctl_normal());
	ctl_field("Title", "%s", a->title);
	ctl_field("Class", "%s", advisory_class_to_string(a->cls));
	ctl_field("Effect", "%s", a->effect);
	print_needs(a);
	print_kernels(a);
	if (a->commit)
		ctl_field("Commit", "%s", a->commit);
	ctl_field("Source", "%s", a->source);
	ctl_field("Kernel", "%s%s%s%s%s", color_of(kernel) ?: "", kernel, color_of(kernel) ? ctl_normal() : "",
		  *h->c.host.release ? ", by the version of " : "", h->c.host.release);
	if (!a->probe)
		ctl_field("Probe", "none: what the kernel does not show, its version or changelog tells");
	else if (probe)
		ctl_field("Probe", "%s, by the bug '%s'", probe, a->probe);
	else
		ctl_field("Probe", "not known here; to prove it: avicctl fix probe (bug '%s')", a->probe);
	ctl_field("Livepatch", "%s", a->livepatch ?: "none");
	ctl_field("Remedy", "%s", advisory_remedy(a, remedy));
	ctl_field("From", "%s", file ?: "avicd itself");
}

int fix_show(const struct fix_request *rq)
{
	_cleanup_(here_done) struct here h = {0};
	const char *id = rq->arg;
	const struct advisory *a;
	int r;

	r = here_read(&h);
	if (r)
		return r;
	a = advisory_in(h.catalogue.list, id);
	if (!a)
		return ctl_error("the catalogue has no fix or risk '%s'; see: avicctl fix list", id);
	if (ctl_options.json) {
		_cleanup_json_ json_object *o = document(&h);

		json_object_object_add(o, "fix", entry_json(&h, a));
		ctl_print_json(o);
		return CTL_OK;
	}
	ctl_pager();
	print_one(&h, a);
	return CTL_OK;
}
