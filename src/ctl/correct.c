/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl check --fix: the XML of a domain with all that can be corrected. Nothing else in the text is touched. */
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/domfix.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/check.h"
#include "ctl/ctl.h"
#include "ctl/findings.h"

static bool is_bad(const struct finding *f)
{
	return f->grade == GRADE_WARN || f->grade == GRADE_FAIL;
}

static bool has_bad(const struct findings *list, const char *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->list[i].id, id) && is_bad(&list->list[i]))
			return true;
	return false;
}

static uint32_t wanted(const struct findings *list)
{
	uint32_t set = 0;

	for (int i = 0; i < _DOMFIX_MAX; i++)
		if (has_bad(list, domfix_to_string(i)))
			set |= (uint32_t)BIT64(i);
	/* with the split I/O APIC there is no PIT in the kernel any more */
	if (set >> DOMFIX_IOMMU & 1)
		set &= ~(uint32_t)BIT64(DOMFIX_PIT);
	return set;
}

static int plan(const struct checked *c, uint32_t fixes, const struct preflight_host *host,
		struct domfix_edits *ret_edits, struct checked *ret)
{
	int r;

	ret->sections = c->sections;
	r = domfix_plan(c->xml, c->len, fixes, ret_edits);

	if (r == 0)
		r = domfix_apply(c->xml, c->len, ret_edits, &ret->xml, &ret->len);
	return r < 0 ? r : checked_read(ret, host);
}

/* What was planned for a finding and does not cure it is not done at all. */
static int plan_useful(const struct checked *c, const struct preflight_host *host, struct domfix_edits *ret_edits,
		       struct checked *ret)
{
	uint32_t fixes = wanted(&c->findings), useful = fixes;
	int r = plan(c, fixes, host, ret_edits, ret);

	for (int i = 0; r == 0 && i < _DOMFIX_MAX; i++)
		if ((fixes >> i & 1) && has_bad(&ret->findings, domfix_to_string(i)))
			useful &= ~(uint32_t)BIT64(i);
	if (r < 0 || useful == fixes)
		return r;
	if ((fixes >> DOMFIX_IOMMU & 1) && !(useful >> DOMFIX_IOMMU & 1) && has_bad(&c->findings, "pit"))
		useful |= (uint32_t)BIT64(DOMFIX_PIT);
	domfix_done(ret_edits);
	checked_done(ret);
	*ret = (struct checked){0};
	return plan(c, useful, host, ret_edits, ret);
}

static void print_rest(const struct checked *after, const char *name)
{
	const char *separator = ": not corrected: ";

	for (size_t i = 0; i < after->findings.n; i++) {
		if (!is_bad(&after->findings.list[i]))
			continue;
		if (*separator == ':') {
			fputs("avicctl: ", stderr);
			ctl_puts_clean(name, stderr);
		}
		fprintf(stderr, "%s%s", separator, after->findings.list[i].id);
		separator = ", ";
	}
	if (*separator != ':')
		fputs("; see: avicctl check\n", stderr);
}

static int print_diff(const struct checked *c, const struct domfix_edits *edits, const char *source)
{
	_cleanup_free_ char *name = NULL, *diff = NULL;
	int r;

	/* "-" is the XML of nobody's file: patch(1) is told which one by its argument */
	r = text_clean(streq(source, "-") ? "domain.xml" : source, 4096, &name);
	if (r == 0)
		r = domfix_diff(c->xml, c->len, edits, name, name, &diff);
	if (r < 0)
		return ctl_error("%s: %s", source, strerror(-r));
	fputs(diff, stdout);
	return CTL_OK;
}

/* An existing file keeps its mode; a new one is the owner's alone, as a domain's XML may hold secrets. */
static int write_output(const struct checked *after, const char *output)
{
	struct stat st;
	mode_t mode = stat(output, &st) == 0 ? st.st_mode & 0777 : 0600;
	int r = file_write_atomic(output, after->xml, after->len, mode, true);

	if (r < 0)
		return ctl_error("%s: %s; name a file in a folder that you may write to", output, strerror(-r));
	return CTL_OK;
}

int check_correct(const struct checked *c, const struct preflight_host *host, const char *source, const char *output)
{
	_cleanup_(checked_done) struct checked after = {0};
	_cleanup_domfix_ struct domfix_edits edits = {0};
	int r = plan_useful(c, host, &edits, &after);

	if (r == -ENOTSUP)
		return ctl_error("%s: its encoding is not one that --fix edits; convert it to UTF-8", source);
	if (r == -E2BIG)
		return ctl_error("%s: too many places to correct; follow avicctl check by hand", source);
	if (r < 0)
		return ctl_error("%s: the correction failed: %s; follow avicctl check by hand", source, strerror(-r));
	r = output ? write_output(&after, output) : print_diff(c, &edits, source);
	if (r)
		return r;
	print_rest(&after, *c->f.name ? c->f.name : source);
	return findings_exit(&after.findings);
}
