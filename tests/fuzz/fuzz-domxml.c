/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain XML through the reader, the rules and the prediction, for a host that is known and one that is not. */
#include <assert.h>

#include "avicd/domfix.h"
#include "avicd/domxml.h"
#include "avicd/preflight.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "fuzz.h"

/* Every correction at once. What is XML stays XML, as long as its bytes are characters. */
static void correct(const char *xml, size_t len)
{
	_cleanup_domfix_ struct domfix_edits e = {0};
	_cleanup_domxml_ struct domxml_facts after = {0};
	_cleanup_free_ char *fixed = NULL, *diff = NULL;
	size_t n;

	if (domfix_plan(xml, len, (1U << _DOMFIX_MAX) - 1, &e) < 0)
		return;
	for (size_t i = 1; i < e.n; i++)
		assert(e.list[i].at >= e.list[i - 1].at + e.list[i - 1].removed);
	assert(domfix_apply(xml, len, &e, &fixed, &n) == 0);
	assert(domfix_diff(xml, len, &e, "a", "b", &diff) == 0);
	if (!memmem(xml, len, "encoding", 8))
		assert(domxml_read(fixed, n, &after) == 0 || n > DOMXML_MAX);
}

static void look(const struct domxml_facts *f, const struct preflight_host *h)
{
	_cleanup_findings_ struct findings found = {0};
	struct preflight_prediction p;

	preflight_check(f, h, &found);
	preflight_predict(f, h, &p);
	assert(found.n > 0 && found.error == 0);
	assert((p.sure & p.guest) == 0);
	assert(preflight_verdict_phrase(preflight_verdict(f, &found, &p)));
	for (size_t i = 0; i < found.n; i++)
		assert(!found.list[i].why || text_is_utf8(found.list[i].why, strlen(found.list[i].why)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct preflight_host known = {TRI_YES, TRI_NO, 254, "amd", LINE_5_16, 12002000, 0, MODE_NONE};
	_cleanup_domxml_ struct domxml_facts f = {0};
	struct preflight_host unknown;
	int r = domxml_read((const char *)data, size, &f);

	assert(r == 0 || r == -EFBIG || r == -EBADMSG || r == -ENOMEM);
	if (r < 0)
		return 0;
	preflight_host_unknown(&unknown);
	look(&f, &unknown);
	look(&f, &known);
	correct((const char *)data, size);
	return 0;
}
