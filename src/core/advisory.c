/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which known faults of KVM's AVIC and APICv a kernel has by its version. */
#include <assert.h>
#include <stdio.h>

#include "avicd/advisory.h"

static const char *const classes[] = {
	[ADVISORY_NOTE] = "note",
	[ADVISORY_UNSAFE] = "unsafe",
	[ADVISORY_FIX] = "fix",
	[ADVISORY_LIMIT] = "limit",
};
static_assert(ARRAY_SIZE(classes) == _ADVISORY_CLASS_MAX, "a word for each class");

static const char *const need_words[] = {"x2avic", "nested", "snp"};
static_assert(ADVISORY_SNP == 1u << (ARRAY_SIZE(need_words) - 1), "a word for each need");

const char *advisory_class_to_string(enum advisory_class c)
{
	return (unsigned)c < _ADVISORY_CLASS_MAX ? classes[c] : NULL;
}

int advisory_class_from_string(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (streq(classes[i], s))
			return (int)i;
	return -EINVAL;
}

const char *advisory_need(unsigned i)
{
	return i < ARRAY_SIZE(need_words) ? need_words[i] : NULL;
}

int kernel_version_compare(const struct kernel_version *a, const struct kernel_version *b)
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

int kernel_version_parse(const char *s, struct kernel_version *ret)
{
	struct kernel_version v;
	const char *rest = scan(s, &v);

	if (!rest || *rest)
		return -EINVAL;
	*ret = v;
	return 0;
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

const struct advisory *advisory_in(const struct advisory *list, const char *id)
{
	for (const struct advisory *a = list; a->id; a++)
		if (streq(a->id, id))
			return a;
	return NULL;
}

const struct advisory *advisory_find(const char *id)
{
	return advisory_in(advisories, id);
}

const struct advisory *advisory_of_probe(const char *word)
{
	for (const struct advisory *a = advisories; a->id; a++)
		if (a->probe && streq(a->probe, word))
			return a;
	return NULL;
}

char *advisory_remedy(const struct advisory *a, char buf[static ADVISORY_REMEDY_MAX])
{
	if (a->remedy)
		snprintf(buf, ADVISORY_REMEDY_MAX, "%s", a->remedy);
	else if (a->mainline.major)
		snprintf(buf, ADVISORY_REMEDY_MAX,
			 "update the kernel to one with the fix (%s), shut VMs down or migrate them, reboot",
			 a->source);
	else
		snprintf(buf, ADVISORY_REMEDY_MAX,
			 "no release of Linux has a fix (%s): ask whoever makes this kernel, or do without AVIC",
			 a->source);
	return buf;
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

/* Is @v of a mainline with the fix? */
static bool is_later(const struct advisory *a, const struct kernel_version *v)
{
	return a->mainline.major && kernel_version_compare(v, &a->mainline) >= 0;
}

enum tristate advisory_applies(const struct advisory *a, const struct kernel_version *v, const struct advisory_host *h)
{
	enum tristate facts = fits(a, h);

	if (facts == TRI_NO || kernel_version_compare(v, &a->from) < 0 || is_later(a, v))
		return TRI_NO;
	for (size_t i = 0; i < ADVISORY_FIXES && a->fixed[i].major; i++)
		if (v->major == a->fixed[i].major && v->minor == a->fixed[i].minor)
			return v->patch >= a->fixed[i].patch ? TRI_NO : facts;
	/* the version that began with the fault has it without doubt, and what has no fix anywhere, or in no line, all have */
	return a->mainline.major && a->cls != ADVISORY_LIMIT && is_longterm(v) &&
			       kernel_version_compare(v, &a->from) != 0
		       ? TRI_UNKNOWN
		       : facts;
}

enum tristate advisory_concerns(const struct advisory *a, const struct kernel_version *v, const struct advisory_host *h)
{
	/* not @a->from: vendors take new features into old kernels, and faults with them */
	return is_later(a, v) ? TRI_NO : fits(a, h);
}

enum tristate advisory_suggests(const struct advisory *a, const char *release, const char *version,
				const struct advisory_host *h)
{
	struct kernel_version v;
	int r = kernel_version_of(release, version, &v);

	if (r == 0)
		return advisory_applies(a, &v, h);
	if (r == -EOPNOTSUPP && advisory_concerns(a, &v, h) == TRI_NO)
		return TRI_NO;
	/* with no version at all the host's facts still speak */
	return fits(a, h) == TRI_NO ? TRI_NO : TRI_UNKNOWN;
}
