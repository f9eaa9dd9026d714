/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known faults of KVM's AVIC and APICv by kernel version: a version suggests, it does not prove.
 *
 * advisories[] is the one table of them. It is compiled in, as `avicctl host`, the probe's explanations and the list
 * of risks before a change of the kernel must not lose a fault with a file. catalogue.h adds what files say; those
 * that are shipped, conf/fixes.d, say the same as this table, and test-catalogue compares them.
 */
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

/* What a fault is to us. */
enum advisory_class {
	ADVISORY_NOTE,	 /* it harms a VM with AVIC */
	ADVISORY_UNSAFE, /* it harms the host: where it applies nobody should run AVIC */
	ADVISORY_FIX,	 /* it inhibits a VM with which nothing is wrong: what avicd is there for */
	ADVISORY_LIMIT,	 /* what later kernels do better, and no stable line will: no fault of a host, and `host` is silent */
	_ADVISORY_CLASS_MAX
};

#define ADVISORY_FIXES	8
#define ADVISORY_ID_MAX 40 /* bytes of an id, at most */
struct advisory {
	const char *id; /* for command lines and programs, for ever: "cve-2023-5090" */
	enum advisory_class cls;
	const char *title, *effect;
	const char *source;	    /* commit of Linux, or CVE, as a sentence names it */
	const char *commit;	    /* of the fix in mainline, 12 to 40 hexadecimal digits; NULL: not known */
	const char *vendor;	    /* "amd", "intel", or NULL: both */
	unsigned needs;		    /* ADVISORY_… */
	struct kernel_version from; /* the first that has it */
	struct kernel_version fixed[ADVISORY_FIXES]; /* of stable lines, at most one of each */
	const char *commits[ADVISORY_FIXES];	     /* that of fixed[i] in its line; NULL: not known */
	struct kernel_version mainline;		     /* from here on nothing has it; zeroed: no mainline has the fix */
	const char *probe;     /* word of the bug that the probe proves (bugs.h); NULL: behaviour does not show it */
	const char *livepatch; /* module that cures it, "avicd_livepatch"; NULL: there is none */
	const char *remedy;    /* a phrase; NULL: advisory_remedy() makes one */
};
extern const struct advisory advisories[]; /* ends with a zeroed one */

/* The facts about a host that decide which faults concern it. */
struct advisory_host {
	const char *vendor; /* "amd", "intel" or "": unknown */
	enum tristate x2avic, nested, snp;
};

/* advisory_class_to_string() - "fix". advisory_class_from_string() - -EINVAL */
const char *advisory_class_to_string(enum advisory_class c);
int advisory_class_from_string(const char *s);
/* advisory_need() - the word of need @i, "x2avic"; NULL behind the last. Need @i is bit @i. */
const char *advisory_need(unsigned i);
/* advisory_in() - by id, in @list, which ends with a zeroed one; NULL: there is none. advisory_find(): built in. */
const struct advisory *advisory_in(const struct advisory *list, const char *id);
const struct advisory *advisory_find(const char *id);
/* advisory_of_probe() - the built-in one of a bug's word; NULL: there is none. */
const struct advisory *advisory_of_probe(const char *word);
/* advisory_remedy() - what to do about @a, in @buf, cut if need be; returns buf. */
#define ADVISORY_REMEDY_MAX 512
char *advisory_remedy(const struct advisory *a, char buf[static ADVISORY_REMEDY_MAX]);

/* kernel_version_parse() - "6.1.4" or "6.2" and nothing else, else -EINVAL. */
int kernel_version_parse(const char *s, struct kernel_version *ret);
/* kernel_version_compare() - below, at or above 0, as strcmp(). */
int kernel_version_compare(const struct kernel_version *a, const struct kernel_version *b);
/*
 * kernel_version_of() - the upstream version that the kernel follows. @release: uname -r; @version: /proc/version or
 * NULL, where Debian tells it when the release does not. -EINVAL: no version; -EOPNOTSUPP: the vendor's kernel has
 * fixes of later versions, so that its number says nothing about fixes; @ret then is the version in its release.
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
/*
 * advisory_suggests() - all of the above: has the kernel of @release and @version, as kernel_version_of() takes
 * them, the fault on the host @h? YES and NO are what its version suggests; UNKNOWN also of a vendor's kernel that
 * may have it, and of a release without a version.
 */
enum tristate advisory_suggests(const struct advisory *a, const char *release, const char *version,
				const struct advisory_host *h);

#endif
