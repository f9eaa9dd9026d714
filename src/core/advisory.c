/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known faults of KVM's AVIC and APICv by kernel version. Sources: commits of Linux, stable numbers of Debian changelogs. */
#include "avicd/advisory.h"

#include <stdio.h>

/* the line ended without the fix */
#define NEVER 9999

const struct advisory advisories[] = {
	{"cve-2023-5090",
	 "x2AVIC leaves the host's x2APIC registers open (CVE-2023-5090)",
	 "a guest can reach x2APIC registers of the host while AVIC is inhibited",
	 "CVE-2023-5090",
	 "amd",
	 true,
	 GRADE_FAIL,
	 {6, 0, 0},
	 {{6, 1, 62}, {6, 5, 8}},
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

/* Returns the characters read, 0: there is no version. */
static int scan(const char *s, struct kernel_version *ret)
{
	struct kernel_version v = {0};
	int n = 0, more = 0;

	if (*s < '0' || *s > '9' || sscanf(s, "%3u.%3u%n", &v.major, &v.minor, &n) < 2)
		return 0;
	if (s[n] == '.' && s[n + 1] >= '0' && s[n + 1] <= '9' && sscanf(s + n, ".%4u%n", &v.patch, &more) == 1)
		n += more;
	*ret = v;
	return n;
}

int kernel_version_of(const char *release, const char *version, struct kernel_version *ret)
{
	/* what follows the version in kernels that follow stable: upstream's own, Debian's since 6.12, Arch, Fedora */
	static const char *const follows[] = {"+deb", "-arch"};
	const char *debian = version ? strstr(version, " Debian ") : NULL;
	struct kernel_version v;
	int n;

	if (debian && scan(debian + strlen(" Debian "), &v) > 0) {
		*ret = v;
		return 0;
	}
	n = scan(release, &v);
	if (n == 0)
		return -EINVAL;
	if (release[n] != '\0' && !strstr(release + n, ".fc")) {
		size_t i = 0;

		while (i < ARRAY_SIZE(follows) && !startswith(release + n, follows[i]))
			i++;
		if (i == ARRAY_SIZE(follows))
			return -EOPNOTSUPP;
	}
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
