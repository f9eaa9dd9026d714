/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel's version suggests of a bug: an explanation for people, proof of nothing. */
#include <stdio.h>

#include "avicd/advisory.h"
#include "avicd/probe.h"

char *probe_version_says(enum probe_bug b, const struct host *host, const char *version,
			 char buf[static PROBE_SAYS_MAX])
{
	const struct advisory *a = advisory_of_probe(bug_info(b)->word);
	const struct advisory_host h = {host->core.vendor, host->x2avic, TRI_UNKNOWN, TRI_UNKNOWN};
	struct kernel_version v;
	const char *says;
	int r = kernel_version_of(host->release, version, &v);

	buf[0] = '\0';
	if (!a || (r < 0 && r != -EOPNOTSUPP))
		return buf;
	if (r == -EOPNOTSUPP) {
		snprintf(buf, PROBE_SAYS_MAX,
			 "the version suggests nothing: the kernel is not a stable one of kernel.org");
		return buf;
	}
	switch (advisory_applies(a, &v, &h)) {
	case TRI_YES:
		says = "vulnerable";
		break;
	case TRI_NO:
		says = "fixed, or never had it";
		break;
	default:
		says = "nothing";
		break;
	}
	snprintf(buf, PROBE_SAYS_MAX, "version %u.%u.%u suggests: %s", v.major, v.minor, v.patch, says);
	return buf;
}
