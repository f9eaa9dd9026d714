/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known faults of KVM's AVIC and APICv by kernel version: a version suggests, it does not prove. */
#ifndef AVICD_ADVISORY_H
#define AVICD_ADVISORY_H

#include "avicd/finding.h"
#include "avicd/verdict.h"

struct kernel_version {
	unsigned major, minor, patch;
};

#define ADVISORY_FIXES 6
struct advisory {
	const char *id, *title, *effect;
	const char *source;			     /* commit or CVE */
	const char *vendor;			     /* "amd", "intel", or NULL: both */
	bool x2avic;				     /* only with x2AVIC */
	enum grade grade;			     /* where it applies */
	struct kernel_version from;		     /* the first that has it */
	struct kernel_version fixed[ADVISORY_FIXES]; /* of stable lines */
	struct kernel_version mainline;		     /* from here on nothing has it */
};
extern const struct advisory advisories[]; /* ends with a zeroed one */

/*
 * kernel_version_of() - the upstream version that the kernel follows. @release: uname -r; @version: /proc/version or
 * NULL, where Debian tells it when the release does not. -EINVAL: no version; -EOPNOTSUPP: the vendor's kernel has fixes
 * of later versions, so that its number says nothing.
 */
int kernel_version_of(const char *release, const char *version, struct kernel_version *ret);
/*
 * advisory_applies() - @vendor: "amd", "intel" or "". UNKNOWN: the line is older than the fix, and no number of a fixed
 * stable version is recorded for it, or a fact that decides is not known.
 */
enum tristate advisory_applies(const struct advisory *a, const struct kernel_version *v, const char *vendor,
			       enum tristate x2avic);

#endif
