/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host checks over the system roots of tests/data/sysroot, as NAME.host expects them; known faults by version. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "avicd/advisory.h"
#include "avicd/file.h"
#include "avicd/hostcheck.h"
#include "avicd/text.h"

static const char *data(void)
{
	static char dir[4096];

	snprintf(dir, sizeof(dir), "%s/tests/data/sysroot", getenv("top_srcdir") ?: ".");
	return dir;
}

/* Lines "ID GRADE" in the order of the checks. */
static char *outcome(const struct capability *c)
{
	_cleanup_findings_ struct findings f = {0};
	struct text t = {0};
	char *s;

	hostcheck(c, &f);
	assert_int_equal(f.error, 0);
	for (size_t i = 0; i < f.n; i++) {
		text_addf(&t, "%s %s\n", f.list[i].id, grade_to_string(f.list[i].grade));
		if (f.list[i].grade != GRADE_PASS)
			assert_non_null(f.list[i].why);
		/* nobody is told that something is wrong without being told what to do */
		if (f.list[i].grade == GRADE_WARN || f.list[i].grade == GRADE_FAIL)
			assert_non_null(f.list[i].remedy);
	}
	assert_int_equal(text_take(&t, &s), 0);
	return s;
}

static void check_root(const char *name)
{
	_cleanup_free_ char *expected = NULL, *got = NULL;
	_cleanup_text_ struct text plain = {0};
	struct capability c;
	char path[8192];

	snprintf(path, sizeof(path), "%s/%s.host", data(), name);
	assert_int_equal(file_read(path, 65536, &expected, NULL), 0);
	/* lines of comment say why */
	for (char *s = expected, *end; *s; s = end) {
		end = s + strcspn(s, "\n");
		end += *end == '\n';
		if (*s != '#')
			text_addf(&plain, "%.*s", (int)(end - s), s);
	}
	snprintf(path, sizeof(path), "%s/%s", data(), name);
	assert_int_equal(setenv("AVICD_SYSROOT", path, 1), 0);
	capability_read(&c);
	unsetenv("AVICD_SYSROOT");
	got = outcome(&c);
	if (!plain.s || !streq(got, plain.s))
		fail_msg("%s: expected\n%s\ngot\n%s", name, plain.s, got);
}

static void every_root(void **state)
{
	struct dirent *e;
	size_t n = 0;
	DIR *d = opendir(data());

	assert_non_null(d);
	while ((e = readdir(d))) {
		char *dot = strrchr(e->d_name, '.');

		if (!dot || !streq(dot, ".host"))
			continue;
		*dot = '\0';
		check_root(e->d_name);
		n++;
	}
	closedir(d);
	assert_true(n >= 10);
}

/* No fact at all is known: nothing is PASS by itself, and nothing crashes. */
static void nothing_known(void **state)
{
	static const struct capability unknown = {
		.host = {.x2avic = TRI_UNKNOWN, .max_id = -1, .core = {.avic = TRI_UNKNOWN}},
		.svm = TRI_UNKNOWN,
		.vmx = TRI_UNKNOWN,
		.avic = TRI_UNKNOWN,
		.x2avic = TRI_UNKNOWN,
		.guest = TRI_UNKNOWN,
		.cpuid_avic = TRI_UNKNOWN,
		.cpuid_x2avic = TRI_UNKNOWN,
		.hv_in_use_wr = TRI_UNKNOWN,
		.npt = TRI_UNKNOWN,
		.nested = TRI_UNKNOWN,
		.force_avic = TRI_UNKNOWN,
		.enable_ipiv = TRI_UNKNOWN,
		.sev_snp = TRI_UNKNOWN,
		.kvm_device = TRI_UNKNOWN,
		.dev_usable = TRI_UNKNOWN,
		.looker = "avicd",
		.max_vcpus = -1,
		.max_vcpu_id = -1,
		.livepatch = TRI_UNKNOWN,
	};
	_cleanup_free_ char *got = outcome(&unknown);

	assert_null(strstr(got, "PASS"));
	assert_non_null(strstr(got, "advisories UNKNOWN\n"));
	assert_non_null(strstr(got, "virtualization UNKNOWN\n"));
}

/* What the fixtures do not have, one change to a good host each. */
static void one_fact_each(void **state)
{
	struct capability good, c;
	char path[8192];

	snprintf(path, sizeof(path), "%s/zen4", data());
	assert_int_equal(setenv("AVICD_SYSROOT", path, 1), 0);
	capability_read(&good);
	unsetenv("AVICD_SYSROOT");
#define EXPECT(line, ...)                                                    \
	do {                                                                 \
		_cleanup_free_ char *got = NULL;                             \
		c = good;                                                    \
		__VA_ARGS__;                                                 \
		got = outcome(&c);                                           \
		if (!strstr(got, line "\n"))                                 \
			fail_msg("%d: no '%s' in\n%s", __LINE__, line, got); \
	} while (0)
	EXPECT("npt FAIL", c.npt = TRI_NO);
	EXPECT("force-avic WARN", c.force_avic = TRI_YES);
	EXPECT("ipiv INFO", c.enable_ipiv = TRI_NO);
	EXPECT("snp PASS", c.sev_snp = TRI_YES, c.hv_in_use_wr = TRI_YES);
	EXPECT("snp UNKNOWN", c.sev_snp = TRI_YES, c.hv_in_use_wr = TRI_UNKNOWN);
	EXPECT("iommu-vapic INFO", c.sev_snp = TRI_YES, c.ivhd = 1, c.has_efr = true, c.efr = ~0ULL);
	EXPECT("iommu-vapic PASS", c.ivhd = 1, c.has_efr = true, c.efr = ~0ULL);
	EXPECT("iommu-ga UNKNOWN", c.ivhd = 1, c.has_efr = false);
	EXPECT("dev-kvm PASS", );
	EXPECT("dev-kvm FAIL", c.dev_usable = TRI_NO);
	EXPECT("dev-kvm FAIL", c.host.dev_kvm = false);
	/* what a sandbox hides was not looked at */
	EXPECT("dev-kvm UNKNOWN", c.host.dev_kvm = false, c.kvm_device = TRI_YES, c.dev_usable = TRI_NO);
	EXPECT("dev-kvm UNKNOWN", c.dev_usable = TRI_UNKNOWN);
	EXPECT("erratum-1235 WARN", c.family = 0x17);
	EXPECT("erratum-1235 WARN", c.family = 0x18, c.enable_ipiv = TRI_YES);
	EXPECT("erratum-1235 INFO", c.family = 0x17, c.enable_ipiv = TRI_NO);
	EXPECT("erratum-1235 INFO", c.family = 0x17, c.host.core.avic = TRI_NO);
	EXPECT("nested WARN", c.nested = TRI_YES, strcpy(c.host.release, "5.15.0"));
	EXPECT("x2avic WARN", strcpy(c.host.release, "5.19.17"));
	EXPECT("x2avic PASS", strcpy(c.host.release, "6.0.0"));
	/* CPUID counts more than the kernel's flags */
	EXPECT("avic FAIL", c.cpuid_avic = TRI_NO);
	EXPECT("cve-2023-5090 FAIL", strcpy(c.host.release, "6.1.61"));
	EXPECT("reboot-bug WARN", strcpy(c.host.release, "6.1.3"));
	/* SEV-SNP, and what its kernel does about it */
	EXPECT("snp-avic FAIL", strcpy(c.host.release, "6.14.4"), c.sev_snp = TRI_YES, c.hv_in_use_wr = TRI_NO);
	EXPECT("advisories PASS", strcpy(c.host.release, "7.2.0"), c.sev_snp = TRI_YES, c.hv_in_use_wr = TRI_NO);
	/* a vendor's kernel: its number says nothing, but that somebody should look */
	EXPECT("cve-2023-5090 WARN", strcpy(c.host.release, "5.14.0-427.13.1.el9_4.x86_64"));
	EXPECT("cve-2026-74516 WARN", strcpy(c.host.release, "6.8.0-60-generic"), c.nested = TRI_YES);
	EXPECT("livepatch INFO\nadvisories INFO", strcpy(c.host.release, "6.8.0-60-generic"), c.nested = TRI_NO);
	EXPECT("livepatch INFO\nadvisories INFO", strcpy(c.host.release, "5.14.0-427.13.1.el9_4.x86_64"),
	       c.x2avic = TRI_NO);
	EXPECT("cmdline WARN", strcpy(c.cmdline, "amd_iommu=off quiet"));
	EXPECT("cmdline WARN", strcpy(c.cmdline, "quiet intremap=off"));
	EXPECT("watch FAIL", strcpy(c.lockdown, "confidentiality"));
	EXPECT("virtualization FAIL", c.svm = TRI_NO, c.guest = TRI_NO);
	EXPECT("npt WARN", strcpy(c.host.core.vendor, "intel"), strcpy(c.host.vendor_module, "kvm_intel"),
	       c.npt = TRI_NO);
	EXPECT("enabled FAIL", strcpy(c.host.core.vendor, "intel"), strcpy(c.host.vendor_module, "kvm_intel"),
	       c.host.core.avic = TRI_NO);
#undef EXPECT
}

/* Why avic=N: what was asked for and what stands in the way decide the remedy. */
static void remedies_of_off(void **state)
{
	static const struct {
		const char *cmdline;
		enum tristate cpu, npt;
		const char *why, *remedy;
	} rows[] = {
		{"quiet", TRI_YES, TRI_YES, "avic=N", "options kvm_amd avic=1"},
		{"kvm_amd.avic=1", TRI_YES, TRI_YES, "in spite of kvm_amd.avic=1", "dmesg"},
		{"kvm_amd.avic=1 kvm_amd.avic=0", TRI_YES, TRI_YES, "by kvm_amd.avic=0", "kvm_amd.avic=1 on"},
		{"kvm_amd.avic=N", TRI_YES, TRI_YES, "by kvm_amd.avic=N", "kvm_amd.avic=1 on"},
		{"kvm_amd.avic=1", TRI_YES, TRI_NO, "in spite of", "nested page tables"},
		{"kvm_amd.avic=1", TRI_NO, TRI_YES, "in spite of", "the CPU must"},
		{"xkvm_amd.avic=1 kvm_amd.avicx=1", TRI_YES, TRI_YES, "avic=N", "options kvm_amd avic=1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_findings_ struct findings f = {0};
		struct capability c = {
			.host = {.vendor_module = "kvm_amd", .core = {.vendor = "amd", .avic = TRI_NO}},
			.cpuid_avic = rows[i].cpu,
			.npt = rows[i].npt,
		};
		size_t n = 0;

		strcpy(c.cmdline, rows[i].cmdline);
		hostcheck(&c, &f);
		while (n < f.n && !streq(f.list[n].id, "enabled"))
			n++;
		assert_true(n < f.n);
		if (!strstr(f.list[n].why, rows[i].why) || !strstr(f.list[n].remedy, rows[i].remedy))
			fail_msg("row %zu: '%s', '%s'", i, f.list[n].why, f.list[n].remedy);
	}
}

#define DEBIAN(v)                                                                                                   \
	"Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, " \
	"GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian " v " (2026-10-01)"

static void versions(void **state)
{
	static const struct {
		const char *release, *version;
		int r;
		struct kernel_version v;
	} rows[] = {
		{"6.1.61", NULL, 0, {6, 1, 61}},
		{"6.18", NULL, 0, {6, 18, 0}},
		{"7.0.0", "", 0, {7, 0, 0}},
		{"6.12.95+deb12-amd64", NULL, 0, {6, 12, 95}},
		{"6.9.7-arch1-1", NULL, 0, {6, 9, 7}},
		{"6.8.5-301.fc40.x86_64", NULL, 0, {6, 8, 5}},
		{"6.1.0-56-amd64", DEBIAN("6.1.192-2"), 0, {6, 1, 192}},
		{"6.1.0-56-amd64", DEBIAN("6.1.192-2~bpo11+1"), 0, {6, 1, 192}},
		/* Debian's release without Debian's version, of another kernel, of a candidate, of nothing */
		{"6.1.0-56-amd64", NULL, -EOPNOTSUPP, {0}},
		{"6.1.0-56-amd64", DEBIAN("6.12.90-1"), -EOPNOTSUPP, {0}},
		{"6.1.0-56-amd64", DEBIAN("6.1~rc6-1~exp1"), -EOPNOTSUPP, {0}},
		{"6.1.0-56-amd64", DEBIAN("rubbish"), -EOPNOTSUPP, {0}},
		/* its own kernel, built with Debian's compiler */
		{"6.1.61", "Linux version 6.1.61 (me@host) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP", 0, {6, 1, 61}},
		{"6.6.0-0.rc1.20230913git3669558bdf35.13.fc40.x86_64", NULL, -EOPNOTSUPP, {0}},
		{"6.1.0-rc3", NULL, -EOPNOTSUPP, {0}},
		{"5.14.0-427.13.1.el9_4.x86_64", NULL, -EOPNOTSUPP, {0}},
		{"6.12.0-100.28.2.el9uek.x86_64", NULL, -EOPNOTSUPP, {0}},
		{"6.4.0-150600.23.47-default", NULL, -EOPNOTSUPP, {0}},
		{"6.8.0-60-generic", NULL, -EOPNOTSUPP, {0}},
		{"6.0.0-1016-oem", NULL, -EOPNOTSUPP, {0}},
		{"6.1.12345", NULL, -EINVAL, {0}},
		{"6.1.", NULL, -EINVAL, {0}},
		{"6.", NULL, -EINVAL, {0}},
		{"6", NULL, -EINVAL, {0}},
		{"6.-1", NULL, -EINVAL, {0}},
		{"6. 1", NULL, -EINVAL, {0}},
		{"+6.1", NULL, -EINVAL, {0}},
		{"rubbish", NULL, -EINVAL, {0}},
		{"rubbish", DEBIAN("6.1.192-2"), -EINVAL, {0}},
		{"", NULL, -EINVAL, {0}},
		{"99999999999999999999.1", NULL, -EINVAL, {0}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kernel_version v = {0};
		int r = kernel_version_of(rows[i].release, rows[i].version, &v);

		if (r != rows[i].r || (r != -EOPNOTSUPP && memcmp(&v, &rows[i].v, sizeof(v)) != 0))
			fail_msg("'%s': %d, %u.%u.%u", rows[i].release, r, v.major, v.minor, v.patch);
		/* the number is told all the same, for what to look at in a changelog */
		assert_true(r == -EINVAL || (v.major >= 5 && (r == 0 || v.patch == 0)));
	}
}

static const struct advisory *find(const char *id)
{
	const struct advisory *a = advisory_find(id);

	assert_non_null(a);
	return a;
}

/* Both sides of each boundary: a version that has the fault, and the first that has it no longer. */
static void boundaries(void **state)
{
	static const struct {
		const char *id, *release;
		enum tristate expected;
	} rows[] = {
		{"cve-2023-5090", "5.19.17", TRI_NO},
		{"cve-2023-5090", "6.0.0", TRI_YES},
		{"cve-2023-5090", "6.0.19", TRI_YES},
		{"cve-2023-5090", "6.1.61", TRI_YES},
		{"cve-2023-5090", "6.1.62", TRI_NO},
		{"cve-2023-5090", "6.2.16", TRI_YES},
		{"cve-2023-5090", "6.4.16", TRI_YES},
		{"cve-2023-5090", "6.5.8", TRI_YES},
		{"cve-2023-5090", "6.5.9", TRI_NO},
		{"cve-2023-5090", "6.6.0", TRI_NO},
		{"cve-2026-74516", "5.19.17", TRI_NO},
		{"cve-2026-74516", "6.0.0", TRI_YES},
		{"cve-2026-74516", "6.1.182", TRI_YES},
		{"cve-2026-74516", "6.1.183", TRI_NO},
		{"cve-2026-74516", "6.5.9", TRI_YES},
		{"cve-2026-74516", "6.6.150", TRI_YES},
		{"cve-2026-74516", "6.6.151", TRI_NO},
		{"cve-2026-74516", "6.12.102", TRI_YES},
		{"cve-2026-74516", "6.12.103", TRI_NO},
		{"cve-2026-74516", "6.17.13", TRI_YES},
		{"cve-2026-74516", "6.18.43", TRI_YES},
		{"cve-2026-74516", "6.18.44", TRI_NO},
		{"cve-2026-74516", "7.0.14", TRI_YES},
		{"cve-2026-74516", "7.1.7", TRI_YES},
		{"cve-2026-74516", "7.1.8", TRI_NO},
		{"cve-2026-74516", "7.2.0", TRI_NO},
		{"snp-avic", "6.10.14", TRI_NO},
		{"snp-avic", "6.11.0", TRI_YES},
		{"snp-avic", "6.12.25", TRI_YES},
		{"snp-avic", "6.12.26", TRI_NO},
		{"snp-avic", "6.13.12", TRI_YES},
		{"snp-avic", "6.14.4", TRI_YES},
		{"snp-avic", "6.14.5", TRI_NO},
		{"snp-avic", "6.15.0", TRI_NO},
		{"reboot-bug", "5.18.19", TRI_NO},
		{"reboot-bug", "5.19.0", TRI_YES},
		{"reboot-bug", "5.19.17", TRI_YES},
		{"reboot-bug", "6.0.17", TRI_YES},
		{"reboot-bug", "6.0.18", TRI_NO},
		{"reboot-bug", "6.1.3", TRI_YES},
		{"reboot-bug", "6.1.4", TRI_NO},
		{"reboot-bug", "6.2.0", TRI_NO},
		{"wide-id", "5.18.19", TRI_NO},
		{"wide-id", "5.19.0", TRI_YES},
		{"wide-id", "6.0.19", TRI_YES},
		{"wide-id", "6.1.15", TRI_YES},
		{"wide-id", "6.1.16", TRI_NO},
		{"wide-id", "6.2.2", TRI_YES},
		{"wide-id", "6.2.3", TRI_NO},
		{"wide-id", "6.3.0", TRI_NO},
		{"ga-tag", "5.19.17", TRI_NO},
		{"ga-tag", "6.0.19", TRI_YES},
		{"ga-tag", "6.1.20", TRI_YES},
		{"ga-tag", "6.1.21", TRI_NO},
		{"ga-tag", "6.2.7", TRI_YES},
		{"ga-tag", "6.2.8", TRI_NO},
		{"ga-tag", "6.3.0", TRI_NO},
		{"leave-nested", "5.17.15", TRI_NO},
		{"leave-nested", "5.18.0", TRI_YES},
		{"leave-nested", "6.1.59", TRI_YES},
		{"leave-nested", "6.1.60", TRI_NO},
		{"leave-nested", "6.4.16", TRI_YES},
		{"leave-nested", "6.5.8", TRI_YES},
		{"leave-nested", "6.5.9", TRI_NO},
		{"leave-nested", "6.6.0", TRI_NO},
		{"disabled-apic", "5.18.19", TRI_NO},
		{"disabled-apic", "5.19.0", TRI_YES},
		{"disabled-apic", "6.1.15", TRI_YES},
		{"disabled-apic", "6.1.16", TRI_NO},
		{"disabled-apic", "6.2.2", TRI_YES},
		{"disabled-apic", "6.2.3", TRI_NO},
		{"disabled-apic", "6.3.0", TRI_NO},
		{"sticky-id", "5.18.19", TRI_NO},
		{"sticky-id", "5.19.0", TRI_YES},
		{"sticky-id", "6.1.192", TRI_YES},
		{"sticky-id", "6.2.16", TRI_YES},
		{"sticky-id", "6.3.0", TRI_NO},
		{"irq-window", "5.4.1", TRI_NO},
		{"irq-window", "5.6.0", TRI_YES},
		{"irq-window", "6.12.117", TRI_YES},
		{"irq-window", "7.0.14", TRI_YES},
		{"irq-window", "7.1.0", TRI_NO},
		{"lost-irq", "5.16.20", TRI_NO},
		{"lost-irq", "5.17.0", TRI_YES},
		{"lost-irq", "6.1.118", TRI_YES},
		{"lost-irq", "6.1.119", TRI_NO},
		{"lost-irq", "6.6.62", TRI_YES},
		{"lost-irq", "6.6.63", TRI_NO},
		{"lost-irq", "6.10.14", TRI_YES},
		{"lost-irq", "6.11.9", TRI_YES},
		{"lost-irq", "6.11.10", TRI_NO},
		{"lost-irq", "6.12.0", TRI_NO},
		{"x2apic-icr", "5.19.17", TRI_NO},
		{"x2apic-icr", "6.0.0", TRI_YES},
		{"x2apic-icr", "6.1.148", TRI_YES},
		{"x2apic-icr", "6.1.149", TRI_NO},
		{"x2apic-icr", "6.6.77", TRI_YES},
		{"x2apic-icr", "6.6.78", TRI_NO},
		{"x2apic-icr", "6.11.1", TRI_YES},
		{"x2apic-icr", "6.11.2", TRI_NO},
		{"x2apic-icr", "6.12.0", TRI_NO},
		{"tpr-sync", "5.10.244", TRI_YES},
		{"tpr-sync", "5.10.245", TRI_NO},
		{"tpr-sync", "5.15.193", TRI_YES},
		{"tpr-sync", "5.15.194", TRI_NO},
		{"tpr-sync", "6.1.153", TRI_YES},
		{"tpr-sync", "6.1.154", TRI_NO},
		{"tpr-sync", "6.6.107", TRI_YES},
		{"tpr-sync", "6.6.108", TRI_NO},
		{"tpr-sync", "6.12.48", TRI_YES},
		{"tpr-sync", "6.12.49", TRI_NO},
		{"tpr-sync", "6.16.8", TRI_YES},
		{"tpr-sync", "6.16.9", TRI_NO},
		{"tpr-sync", "6.17.0", TRI_NO},
		{"cr8-intercept", "5.15.210", TRI_UNKNOWN},
		{"cr8-intercept", "6.1.166", TRI_YES},
		{"cr8-intercept", "6.1.167", TRI_NO},
		{"cr8-intercept", "6.6.129", TRI_YES},
		{"cr8-intercept", "6.6.130", TRI_NO},
		{"cr8-intercept", "6.12.77", TRI_YES},
		{"cr8-intercept", "6.12.78", TRI_NO},
		{"cr8-intercept", "6.17.13", TRI_YES},
		{"cr8-intercept", "6.18.18", TRI_YES},
		{"cr8-intercept", "6.18.19", TRI_NO},
		{"cr8-intercept", "6.19.9", TRI_YES},
		{"cr8-intercept", "6.19.10", TRI_NO},
		{"cr8-intercept", "7.0.0", TRI_NO},
		{"nested-restore", "5.17.15", TRI_NO},
		{"nested-restore", "6.1.174", TRI_YES},
		{"nested-restore", "6.1.175", TRI_NO},
		{"nested-restore", "6.6.139", TRI_YES},
		{"nested-restore", "6.6.140", TRI_NO},
		{"nested-restore", "6.12.85", TRI_YES},
		{"nested-restore", "6.12.86", TRI_NO},
		{"nested-restore", "6.18.26", TRI_YES},
		{"nested-restore", "6.18.27", TRI_NO},
		{"nested-restore", "6.19.14", TRI_YES},
		{"nested-restore", "7.0.3", TRI_YES},
		{"nested-restore", "7.0.4", TRI_NO},
		{"nested-restore", "7.1.0", TRI_NO},
		{"stale-tlb", "5.19.17", TRI_NO},
		{"stale-tlb", "6.0.0", TRI_YES},
		{"stale-tlb", "6.1.192", TRI_UNKNOWN},
		{"stale-tlb", "6.6.142", TRI_YES},
		{"stale-tlb", "6.6.143", TRI_NO},
		{"stale-tlb", "6.12.92", TRI_YES},
		{"stale-tlb", "6.12.93", TRI_NO},
		{"stale-tlb", "6.18.34", TRI_YES},
		{"stale-tlb", "6.18.35", TRI_NO},
		{"stale-tlb", "7.0.11", TRI_YES},
		{"stale-tlb", "7.0.12", TRI_NO},
		{"stale-tlb", "7.1.0", TRI_NO},
		{"intel-eoi", "6.1.192", TRI_UNKNOWN},
		{"intel-eoi", "6.6.143", TRI_UNKNOWN},
		{"intel-eoi", "6.12.93", TRI_YES},
		{"intel-eoi", "6.12.94", TRI_NO},
		{"intel-eoi", "6.17.13", TRI_YES},
		{"intel-eoi", "6.18.35", TRI_YES},
		{"intel-eoi", "6.18.36", TRI_NO},
		{"intel-eoi", "6.19.0", TRI_NO},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct advisory *a = find(rows[i].id);
		struct kernel_version v;
		enum tristate got;

		assert_int_equal(kernel_version_of(rows[i].release, NULL, &v), 0);
		got = advisory_applies(a, &v, &(struct advisory_host){a->vendor ?: "amd", TRI_YES, TRI_YES, TRI_YES});
		if (got != rows[i].expected)
			fail_msg("%s on %s: %d", rows[i].id, rows[i].release, got);
	}
	for (const struct advisory *a = advisories; a->id; a++) {
		size_t n = 0;

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			n += streq(rows[i].id, a->id);
		/* a new row of the table needs rows here */
		if (n < 3)
			fail_msg("%s is not tested", a->id);
		assert_true(a->title && a->effect && a->source && a->mainline.major);
		/* a word of a command line: "--accept-risk=cve-2023-5090" */
		assert_int_equal(strspn(a->id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(a->id));
		assert_ptr_equal(advisory_find(a->id), a);
	}
}

/* A fault of the other vendor or of x2AVIC does not concern a host without it; what is not known stays open. */
static void facts_decide(void **state)
{
	static const struct {
		const char *id, *vendor;
		enum tristate x2avic, nested, snp, expected;
	} rows[] = {
		{"cve-2023-5090", "amd", TRI_NO, TRI_YES, TRI_YES, TRI_NO},
		{"cve-2023-5090", "amd", TRI_UNKNOWN, TRI_YES, TRI_YES, TRI_UNKNOWN},
		{"cve-2023-5090", "amd", TRI_YES, TRI_NO, TRI_NO, TRI_YES},
		{"cve-2023-5090", "intel", TRI_YES, TRI_YES, TRI_YES, TRI_NO},
		{"cve-2023-5090", "", TRI_YES, TRI_YES, TRI_YES, TRI_UNKNOWN},
		{"cve-2023-5090", "", TRI_NO, TRI_YES, TRI_YES, TRI_NO},
		{"cve-2026-74516", "amd", TRI_YES, TRI_YES, TRI_NO, TRI_YES},
		{"cve-2026-74516", "amd", TRI_YES, TRI_NO, TRI_NO, TRI_NO},
		{"cve-2026-74516", "amd", TRI_UNKNOWN, TRI_NO, TRI_NO, TRI_NO},
		{"cve-2026-74516", "amd", TRI_YES, TRI_UNKNOWN, TRI_NO, TRI_UNKNOWN},
		{"leave-nested", "amd", TRI_NO, TRI_NO, TRI_NO, TRI_NO},
		{"leave-nested", "amd", TRI_NO, TRI_YES, TRI_NO, TRI_NO}, /* 6.1.61 has the fix */
		{"nested-restore", "amd", TRI_NO, TRI_YES, TRI_NO, TRI_YES},
		{"intel-eoi", "amd", TRI_YES, TRI_YES, TRI_YES, TRI_NO},
		{"lost-irq", "", TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN, TRI_YES},
	};
	const struct kernel_version old = {6, 1, 61}, rhel = {5, 14, 0}, snp = {6, 11, 0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct advisory_host h = {rows[i].vendor, rows[i].x2avic, rows[i].nested, rows[i].snp};

		if (advisory_applies(find(rows[i].id), &old, &h) != rows[i].expected)
			fail_msg("row %zu, %s", i, rows[i].id);
	}
	for (int t = TRI_UNKNOWN; t <= TRI_YES; t++) {
		const struct advisory_host h = {"amd", (enum tristate)t, TRI_NO, (enum tristate)t};

		assert_int_equal(advisory_applies(find("snp-avic"), &snp, &h), t);
		/* a vendor's old number says nothing, the facts do */
		assert_int_equal(advisory_concerns(find("cve-2023-5090"), &rhel, &h), t);
		assert_int_equal(advisory_applies(find("cve-2023-5090"), &rhel, &h), TRI_NO);
	}
	assert_null(advisory_find("CVE-2023-5090"));
	assert_null(advisory_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_root),	   cmocka_unit_test(nothing_known), cmocka_unit_test(one_fact_each),
		cmocka_unit_test(remedies_of_off), cmocka_unit_test(versions),	    cmocka_unit_test(boundaries),
		cmocka_unit_test(facts_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
