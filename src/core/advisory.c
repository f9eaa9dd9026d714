/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which known faults of KVM's AVIC and APICv a kernel has by its version. */
#include "avicd/advisory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare(const struct kernel_version *a, const struct kernel_version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return a->patch < b->patch ? -1 : a->patch > b->patch;
}

/* Up to four digits; the end of them, or NULL. */
static const char *number(const char *s, unsigned *ret)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 4)
		return NULL;
	*ret = strtoul(s, NULL, 10);
	return s + n;
}

/* Returns what follows the version, NULL: there is none. */
static const char *scan(const char *s, struct kernel_version *ret)
{
	struct kernel_version v = {0};

	s = number(s, &v.major);
	s = s && *s == '.' ? number(s + 1, &v.minor) : NULL;
	if (s && *s == '.')
		s = number(s + 1, &v.patch);
	*ret = v;
	return s;
}

/* "… SMP Debian 6.1.192-2 (2026-…)"; "6.12~rc6-1~exp1" is none. The compiler's is in parentheses. */
static bool debian_version(const char *version, const struct kernel_version *release, struct kernel_version *ret)
{
	static const char word[] = " Debian ";
	const char *s = version ? strstr(version, word) : NULL;
	const char *rest = s ? scan(s + strlen(word), ret) : NULL;

	return rest && *rest == '-' && ret->major == release->major && ret->minor == release->minor;
}

int kernel_version_of(const char *release, const char *version, struct kernel_version *ret)
{
	/* what follows the version in kernels that follow stable: upstream's own, Debian's since 6.12, Arch, Fedora */
	static const char *const follows[] = {"+deb", "-arch"};
	struct kernel_version v, debian;
	const char *rest = scan(release, &v);
	bool same;

	if (!rest)
		return -EINVAL;
	if (debian_version(version, &v, &debian)) {
		*ret = debian;
		return 0;
	}
	/* a release candidate has fixes that its number does not tell: "6.6.0-0.rc1.20230913git.fc40" */
	same = *rest == '\0' || (strstr(rest, ".fc") && !strstr(rest, "rc"));
	for (size_t i = 0; i < ARRAY_SIZE(follows); i++)
		same |= startswith(rest, follows[i]);
	*ret = v;
	return same ? 0 : -EOPNOTSUPP;
}

const struct advisory *advisory_find(const char *id)
{
	for (const struct advisory *a = advisories; a->id; a++)
		if (streq(a->id, id))
			return a;
	return NULL;
}

/* Lines that get fixes for years: what they have got since this was written is not known. */
static bool is_longterm(const struct kernel_version *v)
{
	static const struct kernel_version lines[] = {{5, 4, 0}, {5, 10, 0}, {5, 15, 0}, {6, 1, 0},
						      {6, 6, 0}, {6, 12, 0}, {6, 18, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (v->major == lines[i].major && v->minor == lines[i].minor)
			return true;
	return false;
}

/* Is the host one that the fault concerns, whatever its kernel? */
static enum tristate fits(const struct advisory *a, const struct advisory_host *h)
{
	const struct {
		unsigned need;
		enum tristate has;
	} needs[] = {{ADVISORY_X2AVIC, h->x2avic}, {ADVISORY_NESTED, h->nested}, {ADVISORY_SNP, h->snp}};
	enum tristate r = TRI_YES;

	if (a->vendor && *h->vendor && !streq(h->vendor, a->vendor))
		return TRI_NO;
	if (a->vendor && !*h->vendor)
		r = TRI_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (!(a->needs & needs[i].need))
			continue;
		if (needs[i].has == TRI_NO)
			return TRI_NO;
		if (needs[i].has == TRI_UNKNOWN)
			r = TRI_UNKNOWN;
	}
	return r;
}

enum tristate advisory_applies(const struct advisory *a, const struct kernel_version *v, const struct advisory_host *h)
{
	enum tristate facts = fits(a, h);

	if (facts == TRI_NO || compare(v, &a->from) < 0 || compare(v, &a->mainline) >= 0)
		return TRI_NO;
	for (size_t i = 0; i < ADVISORY_FIXES && a->fixed[i].major; i++)
		if (v->major == a->fixed[i].major && v->minor == a->fixed[i].minor)
			return v->patch >= a->fixed[i].patch ? TRI_NO : facts;
	/* the version that began with the fault has it without doubt */
	return is_longterm(v) && compare(v, &a->from) != 0 ? TRI_UNKNOWN : facts;
}

enum tristate advisory_concerns(const struct advisory *a, const struct kernel_version *v, const struct advisory_host *h)
{
	/* not @a->from: vendors take new features into old kernels, and faults with them */
	return compare(v, &a->mainline) >= 0 ? TRI_NO : fits(a, h);
}
