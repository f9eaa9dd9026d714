/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corrections of a domain's XML, as edits of its text at byte offsets: what is not edited stays as its author wrote it. */
#ifndef AVICD_DOMFIX_H
#define AVICD_DOMFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "avicd/util.h"

/* What can be corrected, by the finding that asks for it. */
enum domfix {
	DOMFIX_PIT,    /* tickpolicy='discard' */
	DOMFIX_IOMMU,  /* split I/O APIC, an IOMMU with extended interrupts */
	DOMFIX_HYPERV, /* <avic state='on'/> */
	DOMFIX_X2APIC, /* the feature that disables it goes */
	_DOMFIX_MAX,
};
const char *domfix_to_string(enum domfix fix); /* the finding's id: "pit" */

/* @removed bytes from @at on become @text. */
struct domfix_edit {
	size_t at, removed;
	char *text;
};
#define DOMFIX_EDITS_MAX 64
struct domfix_edits {
	struct domfix_edit list[DOMFIX_EDITS_MAX]; /* rising by @at, without overlap */
	size_t n;
};
void domfix_done(struct domfix_edits *e);
#define _cleanup_domfix_ _cleanup_(domfix_done)

/*
 * domfix_plan() - the edits that @fixes, a set of BIT64(enum domfix), need in @xml, which domxml_read() has accepted. It may be none where the XML
 * does not allow it: check the result of domfix_apply() again. -ENOTSUP: text that cannot be edited by bytes, as UTF-16; -E2BIG: too many
 * places; -ENOMEM. *@ret is untouched then.
 */
int domfix_plan(const char *xml, size_t len, uint32_t fixes, struct domfix_edits *ret);
/* domfix_apply() - @xml after the edits, NUL appended; the caller frees it. -ENOMEM. */
int domfix_apply(const char *xml, size_t len, const struct domfix_edits *e, char **ret, size_t *ret_len);
/* domfix_diff() - the edits as a unified diff with three lines of context, from @from to @to; "" of none. The caller frees it. -ENOMEM. */
int domfix_diff(const char *xml, size_t len, const struct domfix_edits *e, const char *from, const char *to,
		char **ret);

#endif
