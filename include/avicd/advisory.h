/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known faults of KVM's AVIC and APICv by kernel version: a version suggests, it does not prove. */
#ifndef AVICD_ADVISORY_H
#define AVICD_ADVISORY_H

#include "avicd/finding.h"
#include "avicd/verdict.h"

struct kernel_version {
	unsigned major, minor, patch;
};

/* What a fault needs of a host, beside its vendor. */
#define ADVISORY_X2AVIC 1u /* x2AVIC */
#define ADVISORY_NESTED 2u /* guests that have VMs themselves: parameter nested */
#define ADVISORY_SNP	4u /* SEV-SNP on, and a CPU without HvInUseWrAllowed */

#define ADVISORY_FIXES 8
struct advisory {
	const char *id; /* for command lines and programs, for ever: "cve-2023-5090" */
	const char *title, *effect;
	const char *source;	    /* commit of Linux, or CVE */
	const char *vendor;	    /* "amd", "intel", or NULL: both */
	unsigned needs;		    /* ADVISORY_… */
	bool unsafe;		    /* it harms the host, not the VM alone: where it applies nobody should run AVIC */
	struct kernel_version from; /* the first that has it */
	struct kernel_version fixed[ADVISORY_FIXES]; /* of stable lines */
	struct kernel_version mainline;		     /* from here on nothing has it */
};
extern const struct advisory advisories[]; /* ends with a zeroed one */

/* The facts about a host that decide which faults concern it. */
struct advisory_host {
	const char *vendor; /* "amd", "intel" or "": unknown */
	enum tristate x2avic, nested, snp;
};

/* advisory_find() - by id; NULL: there is none. */
const struct advisory *advisory_find(const char *id);
/*
 * kernel_version_of() - the upstream version that the kernel follows. @release: uname -r; @version: /proc/version or
 * NULL, where Debian tells it when the release does not. -EINVAL: no version; -EOPNOTSUPP: the vendor's kernel has fixes
 * of later versions, so that its number says nothing about fixes; @ret then is the version in its release.
 */
int kernel_version_of(const char *release, const char *version, struct kernel_version *ret);
/*
 * advisory_applies() - UNKNOWN: a fact that decides is not known, or the line is a longterm one older than the fix for
 * which no fixed version is recorded. Of other lines without one it is known that they ended before.
 */
enum tristate advisory_applies(const struct advisory *a, const struct kernel_version *v, const struct advisory_host *h);
/*
 * advisory_concerns() - the same for a vendor's kernel that follows @v in its own way: NO where its number is of a
 * mainline that never had the fault, or the host has not what it needs; else YES means that only the vendor knows.
 */
enum tristate advisory_concerns(const struct advisory *a, const struct kernel_version *v,
				const struct advisory_host *h);

#endif
