/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain XML through the reader, the rules and the prediction, for a host that is known and one that is not. */
#include <assert.h>

#include "avicd/domxml.h"
#include "avicd/preflight.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "fuzz.h"

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
	static const struct preflight_host known = {TRI_YES, TRI_NO, 254, "amd", LINE_5_16, 12002000, 0};
	_cleanup_domxml_ struct domxml_facts f = {0};
	struct preflight_host unknown;
	int r = domxml_read((const char *)data, size, &f);

	assert(r == 0 || r == -EFBIG || r == -EBADMSG || r == -ENOMEM);
	if (r < 0)
		return 0;
	preflight_host_unknown(&unknown);
	look(&f, &unknown);
	look(&f, &known);
	return 0;
}
