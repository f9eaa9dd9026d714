/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl explain: what an inhibit reason means on this kernel or another. Needs no daemon. */
#include <getopt.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "avicd/btf.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/ctl.h"

/* The kernel whose numbers are meant. */
struct kernel {
	struct numbering numbering;
	char release[65 + 1];
	bool guessed; /* this kernel does not tell: the newest is shown */
};

static int kernel_of(const char *release, struct kernel *k)
{
	struct utsname u;
	enum kernel_line line;
	int r;

	if (release) {
		line = kernel_line_of(release);
		if (line == LINE_NONE)
			return ctl_usage(
				"explain",
				"--kernel=%s: not a kernel release of 5.6 or later, for example 6.1 or 6.12.9-amd64",
				release);
		snprintf(k->release, sizeof(k->release), "%s", release);
		numbering_from_line(line, &k->numbering);
		return CTL_OK;
	}
	if (uname(&u) < 0)
		u.release[0] = '\0';
	snprintf(k->release, sizeof(k->release), "%s", u.release);
	r = kernel_numbering(&k->numbering);
	if (r >= 0)
		return CTL_OK;
	line = kernel_line_of(u.release);
	k->guessed = line == LINE_NONE;
	numbering_from_line(k->guessed ? LINE_7_1 : line, &k->numbering);
	return CTL_OK;
}

static int bit_of(const struct kernel *k, enum reason r)
{
	return k->numbering.bit[r];
}

static void remedies_text(uint32_t set, const char *none, struct text *t)
{
	for (int m = 0; m < _REMEDY_MAX; m++)
		if (set >> m & 1)
			text_addf(t, "%s%s", t->len ? "," : "", remedy_to_string(m));
	if (t->len == 0)
		text_add(t, none);
}

static const char *vendors_text(enum reason r)
{
	bool amd = reason_vendor(r, "amd"), intel = reason_vendor(r, "intel");

	return amd && intel ? "both" : amd ? "AMD" : intel ? "Intel" : "-";
}

static json_object *reason_json(const struct kernel *k, enum reason r)
{
	const struct reason_info *info = reason_info(r);
	json_object *o = json_object_new_object(), *remedies = json_object_new_array();
	int bit = bit_of(k, r);

	json_object_object_add(o, "name", json_object_new_string(info->name));
	json_object_object_add(o, "bit", bit >= 0 ? json_object_new_int(bit) : NULL);
	json_object_object_add(o, "class", json_object_new_string(reason_class_to_string(info->cls)));
	json_object_object_add(o, "cause", json_object_new_string(cause_to_string(info->cause)));
	json_object_object_add(o, "amd", json_object_new_boolean(reason_vendor(r, "amd")));
	json_object_object_add(o, "intel", json_object_new_boolean(reason_vendor(r, "intel")));
	json_object_object_add(o, "what", json_object_new_string(info->what));
	json_object_object_add(o, "set_by", json_object_new_string(info->set_by));
	json_object_object_add(o, "cleared_by", json_object_new_string(info->cleared_by));
	json_object_object_add(o, "lifetime", json_object_new_string(reason_lifetime(r, k->numbering.line)));
	json_object_object_add(o, "remedy", json_object_new_string(info->remedy));
	for (int m = 0; m < _REMEDY_MAX; m++)
		if (info->remedies >> m & 1)
			json_object_array_add(remedies, json_object_new_string(remedy_to_string(m)));
	json_object_object_add(o, "remedies", remedies);
	return o;
}

static void print_json(const struct kernel *k, const enum reason *reasons, size_t n)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	json_object *list = json_object_new_array();

	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "kernel_release", json_object_new_string(k->release));
	json_object_object_add(o, "line", json_object_new_string(kernel_line_to_string(k->numbering.line)));
	json_object_object_add(o, "origin", json_object_new_string(numbering_origin_to_string(k->numbering.origin)));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, reason_json(k, reasons[i]));
	json_object_object_add(o, "reasons", list);
	ctl_print_json(o);
}

/* Whose numbers these are: nobody should take those of one kernel for those of another. */
static void print_origin(const struct kernel *k)
{
	if (k->guessed)
		printf("\nThis kernel (%s) does not tell its numbers: those of %s are shown.\n", k->release,
		       kernel_line_to_string(k->numbering.line));
	else
		printf("\nNumbers of kernel %s (line %s), from %s.\n", k->release,
		       kernel_line_to_string(k->numbering.line), numbering_origin_to_string(k->numbering.origin));
}

static void print_table(const struct kernel *k)
{
	struct ctl_table *t = ctl_table_new();

	ctl_table_column(t, "REASON", CTL_LEFT);
	ctl_table_column(t, "BIT", CTL_RIGHT);
	ctl_table_column(t, "CLASS", CTL_LEFT);
	ctl_table_column(t, "CAUSE", CTL_LEFT);
	ctl_table_column(t, "REMEDIES", CTL_TRUNC);
	for (int r = 0; r < _REASON_MAX; r++) {
		const struct reason_info *info = reason_info(r);
		_cleanup_text_ struct text remedies = {0};
		int bit = bit_of(k, r);
		char number[16];

		snprintf(number, sizeof(number), "%d", bit);
		remedies_text(info->remedies, "-", &remedies);
		ctl_table_row(t);
		ctl_table_cell(t, 0, info->name, NULL);
		ctl_table_cell(t, 1, bit >= 0 ? number : "-", NULL);
		ctl_table_cell(t, 2, reason_class_to_string(info->cls), NULL);
		ctl_table_cell(t, 3, info->cause == CAUSE_NONE ? "-" : cause_to_string(info->cause), NULL);
		ctl_table_cell(t, 4, remedies.s ?: "-", NULL);
	}
	ctl_table_print(t);
	ctl_table_free(t);
	if (!ctl_options.no_legend)
		print_origin(k);
}

static void print_reason(const struct kernel *k, enum reason r)
{
	const struct reason_info *info = reason_info(r);
	_cleanup_text_ struct text remedies = {0};
	int bit = bit_of(k, r);

	printf("%s%s%s\n", ctl_bold(), info->name, ctl_normal());
	ctl_field("Meaning", "%s", info->what);
	if (bit >= 0)
		ctl_field("Bit", "%d (mask 0x%llx)", bit, 1ULL << bit);
	else
		ctl_field("Bit", "none: this kernel lacks this reason");
	ctl_field("Class", "%s", reason_class_to_string(info->cls));
	if (info->cause != CAUSE_NONE)
		ctl_field("Cause", "%s", cause_to_string(info->cause));
	ctl_field("Vendor", "%s", vendors_text(r));
	ctl_field("Set by", "%s", info->set_by);
	ctl_field("Cleared by", "%s", info->cleared_by);
	ctl_field("Lifetime", "%s", reason_lifetime(r, k->numbering.line));
	ctl_field("Remedy", "%s", info->remedy);
	remedies_text(info->remedies, "none", &remedies);
	ctl_field("Remedies", "%s", remedies.s ?: "");
}

/* Names or bits to reasons. Returns CTL_*; *@ret_n of @ret were set, *@unknown are the bits without a name. */
static int look_up(const struct kernel *k, const char *arg, enum reason *ret, size_t *ret_n, uint64_t *unknown)
{
	enum reason r = reason_from_name(arg);
	unsigned bit;
	uint64_t mask;
	int end = 0;

	*ret_n = 0;
	*unknown = 0;
	if (r != REASON_UNKNOWN) {
		ret[(*ret_n)++] = r;
		return CTL_OK;
	}
	if (parse_u64(arg, &mask) >= 0) {
		bool is_mask = startswith(arg, "0x") || startswith(arg, "0X");

		if (!is_mask && mask > 63)
			return ctl_usage("explain", "bit %s: bits are 0 to 63; a mask is hexadecimal, like 0x120", arg);
		if (!is_mask)
			mask = BIT64(mask);
	} else if (sscanf(arg, "BIT(%u)%n", &bit, &end) == 1 && !arg[end] && bit < 64) {
		mask = BIT64(bit);
	} else {
		return ctl_usage("explain", "'%s' is no inhibit reason, bit or mask; 'avicctl explain' lists them",
				 arg);
	}
	if (mask == 0)
		return ctl_usage("explain", "no bit is set in the mask %s: nothing is inhibited", arg);
	for (bit = 0; bit < 64; bit++) {
		if (!(mask & BIT64(bit)))
			continue;
		r = numbering_reason(&k->numbering, bit);
		if (r == REASON_UNKNOWN)
			*unknown |= BIT64(bit);
		else
			ret[(*ret_n)++] = r;
	}
	return CTL_OK;
}

int verb_explain(int argc, char *argv[])
{
	static const struct option options[] = {{"kernel", required_argument, NULL, 'k'}, {0}};
	enum reason reasons[_REASON_MAX];
	const char *release = NULL;
	struct kernel k = {0};
	uint64_t unknown = 0;
	size_t n = 0;
	int c;

	while (getopt_long(argc, argv, "", options, NULL) != -1)
		release = optarg;
	c = kernel_of(release, &k);
	if (c)
		return c;
	if (optind < argc) {
		c = look_up(&k, argv[optind], reasons, &n, &unknown);
		if (c)
			return c;
		if (n == 0)
			return ctl_error("kernel %s names no reason for '%s'; see: avicctl explain", k.release,
					 argv[optind]);
	} else {
		while (n < _REASON_MAX) {
			reasons[n] = n;
			n++;
		}
	}
	if (ctl_options.json) {
		print_json(&k, reasons, n);
		return CTL_OK;
	}
	ctl_pager();
	if (optind >= argc) {
		print_table(&k);
		return CTL_OK;
	}
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			putchar('\n');
		print_reason(&k, reasons[i]);
	}
	if (unknown)
		printf("\nThis kernel names no reason for 0x%llx.\n", (unsigned long long)unknown);
	if (!ctl_options.no_legend)
		print_origin(&k);
	return CTL_OK;
}
