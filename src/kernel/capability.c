/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw facts about what this host can do, from /proc, /sys, CPUID and /dev/kvm. */
#include "avicd/capability.h"

#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "avicd/file.h"
#include "avicd/text.h"
#include "kernel/facts.h"

/* What stands for CPUID below a system root; -ENOENT: nothing does. */
static int cpuid_of_file(unsigned leaf, unsigned reg[4])
{
	_cleanup_free_ char *buf = NULL;
	unsigned at, r[4];
	int n;

	if (sysroot_read("/cpuid", 65536, &buf, NULL) < 0)
		return -ENOENT;
	for (const char *s = buf; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL) {
		n = sscanf(s, "%x %x %x %x %x", &at, &r[0], &r[1], &r[2], &r[3]);
		if (n == 5 && at == leaf) {
			memcpy(reg, r, sizeof(r));
			return 0;
		}
	}
	return -ENOENT;
}

static int ask_cpu(unsigned leaf, unsigned reg[4])
{
	if (getenv("AVICD_SYSROOT"))
		return cpuid_of_file(leaf, reg);
	return __get_cpuid(leaf, &reg[0], &reg[1], &reg[2], &reg[3]) ? 0 : -ENOENT;
}

static void read_cpuid(struct capability *c)
{
	unsigned reg[4];

	/* these leaves mean something else, or nothing, on other CPUs */
	if (!streq(c->host.core.vendor, "amd"))
		return;
	if (ask_cpu(0x8000000a, reg) == 0) {
		c->cpuid_avic = reg[3] >> 13 & 1;
		c->cpuid_x2avic = reg[3] >> 18 & 1;
	}
	if (ask_cpu(0x8000001f, reg) == 0)
		c->hv_in_use_wr = reg[0] >> 30 & 1;
}

/* "EFR2:EFR" from 6.1 on, "EFR" before. */
static int parse_efr(char *line, uint64_t *ret)
{
	char *s = strrchr(line, ':'), *end;

	s = strip(s ? s + 1 : line);
	errno = 0;
	*ret = strtoull(s, &end, 16);
	return *s == '\0' || *end != '\0' || errno ? -EINVAL : 0;
}

static void read_iommu(struct capability *c)
{
	_cleanup_free_ char *path = NULL;
	uint64_t all = ~0ULL, efr;
	bool complete = true;
	struct dirent *e;
	DIR *d;

	if (sysroot_path("/sys/class/iommu", &path) < 0)
		return;
	d = opendir(path);
	if (!d)
		return;
	while ((e = readdir(d))) {
		_cleanup_free_ char *line = NULL;
		char file[320];

		c->dmar += startswith(e->d_name, "dmar");
		if (!startswith(e->d_name, "ivhd"))
			continue;
		c->ivhd++;
		snprintf(file, sizeof(file), "/sys/class/iommu/%s/amd-iommu/features", e->d_name);
		/* a VM's device may be behind any of them: what one lacks, the host lacks */
		if (sysroot_read_line(file, &line) == 0 && parse_efr(line, &efr) == 0)
			all &= efr;
		else
			complete = false;
	}
	closedir(d);
	c->has_efr = c->ivhd && complete;
	c->efr = c->has_efr ? all : 0;
}

static void read_kvm_file(struct capability *c)
{
	_cleanup_free_ char *buf = NULL;

	if (sysroot_read("/kvm", 4096, &buf, NULL) < 0)
		return;
	for (const char *s = buf; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL) {
		int n;

		if (sscanf(s, "max_vcpus %d", &n) == 1 && n > 0)
			c->max_vcpus = n;
		else if (sscanf(s, "max_vcpu_id %d", &n) == 1 && n > 0)
			c->max_vcpu_id = n;
	}
}

static void read_kvm(struct capability *c)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	bool real = !getenv("AVICD_SYSROOT");
	int n;

	if (sysroot_path("/dev/kvm", &path) < 0)
		return;
	/* a plain file stands for the device below a system root */
	fd = open(path, (real ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0 && errno != EACCES && errno != EPERM)
		c->dev_usable = TRI_NO;
	else if (fd >= 0)
		c->dev_usable = TRI_YES;
	if (!real) {
		read_kvm_file(c);
		return;
	}
	if (fd < 0)
		return;
	n = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	c->max_vcpus = n > 0 ? n : -1;
	n = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPU_ID);
	c->max_vcpu_id = n > 0 ? n : -1;
}

/* "none [integrity] confidentiality": the one in brackets is in force. */
static void read_lockdown(struct capability *c)
{
	_cleanup_free_ char *line = NULL;
	char *s, *end;

	if (sysroot_read_line("/sys/kernel/security/lockdown", &line) < 0)
		return;
	s = strchr(line, '[');
	end = s ? strchr(s, ']') : NULL;
	if (end && (size_t)(end - s) < sizeof(c->lockdown))
		snprintf(c->lockdown, sizeof(c->lockdown), "%.*s", (int)(end - s - 1), s + 1);
}

void capability_read(struct capability *ret)
{
	struct capability c = {
		.cpuid_avic = TRI_UNKNOWN,
		.cpuid_x2avic = TRI_UNKNOWN,
		.hv_in_use_wr = TRI_UNKNOWN,
		.dev_usable = TRI_UNKNOWN,
		.looker = program_invocation_short_name,
		.max_vcpus = -1,
		.max_vcpu_id = -1,
	};
	struct facts_cpu cpu;
	const char *module;

	facts_cpu(&cpu);
	facts_host(&cpu, &c.host);
	module = c.host.vendor_module;
	facts_word("/proc/version", c.version, sizeof(c.version));
	facts_word("/proc/cmdline", c.cmdline, sizeof(c.cmdline));
	c.family = cpu.family;
	c.model = cpu.model;
	c.svm = cpu.svm;
	c.vmx = cpu.vmx;
	c.avic = cpu.avic;
	c.x2avic = cpu.x2avic;
	c.guest = cpu.hypervisor;
	read_cpuid(&c);
	c.npt = facts_parameter(module, streq(module, "kvm_intel") ? "ept" : "npt");
	c.nested = facts_parameter(module, "nested");
	c.force_avic = facts_parameter(module, "force_avic");
	c.enable_ipiv = facts_parameter(module, "enable_ipiv");
	c.sev_snp = facts_parameter(module, "sev_snp");
	read_iommu(&c);
	c.kvm_device = facts_look("/sys/class/misc/kvm") == 0;
	read_kvm(&c);
	read_lockdown(&c);
	c.livepatch = *c.host.release ? facts_look("/sys/kernel/livepatch") == 0 : TRI_UNKNOWN;
	*ret = c;
}
