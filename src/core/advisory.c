/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known faults of KVM's AVIC and APICv by version. Sources: commits of Linux, stable numbers of Debian changelogs. */
#include "avicd/advisory.h"

#include <stdlib.h>
#include <string.h>

/* the line ended without the fix */
#define NEVER 10000

const struct advisory advisories[] = {
	{"cve-2023-5090",
	 "x2AVIC leaves the host's x2APIC registers open (CVE-2023-5090)",
	 "a guest can reach x2APIC registers of the host while AVIC is inhibited",
	 "CVE-2023-5090",
	 "amd",
	 true,
	 GRADE_FAIL,
	 {6, 0, 0},
	 {{6, 0, NEVER}, {6, 1, 62}, {6, 2, NEVER}, {6, 3, NEVER}, {6, 4, NEVER}, {6, 5, 8}},
	 {6, 6, 0}},
	{"reboot-bug",
	 "the reboot bug",
	 "a guest reboot may inhibit AVIC or APICv for the rest of the VM's life",
	 "ef40757743b4",
	 NULL,
	 false,
	 GRADE_WARN,
	 {5, 19, 0},
	 {{5, 19, NEVER}, {6, 0, 18}, {6, 1, 4}},
	 {6, 2, 0}},
	{"wide-id",
	 "wrong inhibit of vCPU ids above 255",
	 "VMs with more than 256 vCPUs are inhibited from the first boot",
	 "f651a0089548",
	 NULL,
	 false,
	 GRADE_WARN,
	 {5, 19, 0},
	 {{5, 19, NEVER}, {6, 0, NEVER}, {6, 1, 16}, {6, 2, 3}},
	 {6, 3, 0}},
	{"lost-irq",
	 "lost interrupts when an inhibit comes and goes",
	 "a guest may miss an interrupt and hang",
	 "stable 6.1.119",
	 NULL,
	 false,
	 GRADE_WARN,
	 {5, 6, 0},
	 {{6, 1, 119}},
	 {6, 12, 0}},
	{"tpr-sync",
	 "TPR not kept while AVIC is active",
	 "Windows guests may hang after a restore or an inhibit",
	 "stable 6.1.154, 6.12.49",
	 "amd",
	 false,
	 GRADE_WARN,
	 {5, 6, 0},
	 {{6, 1, 154}, {6, 12, 49}},
	 {6, 17, 0}},
	{"cr8-intercept",
	 "CR8 intercept wrong after an inhibit",
	 "Windows guests may lose interrupts",
	 "stable 6.1.167, 6.12.78",
	 "amd",
	 false,
	 GRADE_WARN,
	 {5, 6, 0},
	 {{6, 1, 167}, {6, 12, 78}},
	 {7, 0, 0}},
	{"intel-eoi",
	 "EOI lost when APICv comes back",
	 "a guest may miss interrupts after an inhibit ended",
	 "stable 6.12.94",
	 "intel",
	 false,
	 GRADE_WARN,
	 {5, 6, 0},
	 {{6, 12, 94}},
	 {7, 0, 0}},
	{0},
};

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
	if (!same)
		return -EOPNOTSUPP;
	*ret = v;
	return 0;
}

enum tristate advisory_applies(const struct advisory *a, const struct kernel_version *v, const char *vendor,
			       enum tristate x2avic)
{
	enum tristate facts = TRI_YES;

	if (compare(v, &a->from) < 0 || compare(v, &a->mainline) >= 0)
		return TRI_NO;
	if (a->vendor && !*vendor)
		facts = TRI_UNKNOWN;
	else if (a->vendor && !streq(vendor, a->vendor))
		return TRI_NO;
	if (a->x2avic && x2avic == TRI_NO)
		return TRI_NO;
	if (a->x2avic && x2avic == TRI_UNKNOWN)
		facts = TRI_UNKNOWN;
	for (size_t i = 0; i < ADVISORY_FIXES && a->fixed[i].major; i++)
		if (v->major == a->fixed[i].major && v->minor == a->fixed[i].minor)
			return v->patch >= a->fixed[i].patch ? TRI_NO : facts;
	/* the versions that began with the fault have it without doubt; later unlisted lines may have had a fix */
	return compare(v, &a->from) == 0 ? facts : TRI_UNKNOWN;
}
