/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - facts about the host kernel: which KVM runs here, and whether it uses AVIC. */
#include <cpuid.h>
#include <dirent.h>
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/text.h"
#include "kernel/facts.h"

#define MODULES "/sys/module/"
#define EVENT	"/events/kvm/kvm_apicv_inhibit_changed"

/* AVIC's tables: AVIC_MAX_PHYSICAL_ID, X2AVIC_MAX_PHYSICAL_ID, X2AVIC_4K_MAX_PHYSICAL_ID */
#define MAX_ID_AVIC	 254
#define MAX_ID_X2AVIC	 511
#define MAX_ID_X2AVIC_4K 4095

/*
 * The kernel does not list this flag in cpuinfo, so the CPU is asked; below a system root that would be the wrong CPU.
 */
static enum tristate ask_x2avic_ext(void)
{
	unsigned a, b, c, d;

	if (getenv("AVICD_SYSROOT") || !__get_cpuid(0x8000000a, &a, &b, &c, &d))
		return TRI_UNKNOWN;
	return c >> 6 & 1;
}

static int max_id(const struct facts_cpu *cpu, const char *vendor, const char *release)
{
	enum tristate ext = cpu->x2avic_ext;

	if (!streq(vendor, "amd") || cpu->x2avic == TRI_UNKNOWN || kernel_line_of(release) == LINE_NONE)
		return -1;
	if (cpu->x2avic == TRI_NO || !release_at_least(release, 6, 0))
		return MAX_ID_AVIC;
	if (!release_at_least(release, 6, 19))
		return MAX_ID_X2AVIC;
	if (ext == TRI_UNKNOWN)
		ext = ask_x2avic_ext();
	return ext == TRI_UNKNOWN ? -1 : ext ? MAX_ID_X2AVIC_4K : MAX_ID_X2AVIC;
}

/* kvm_amd or kvm_intel; else the first of the other kvm_* in the order of their names. */
static void find_vendor_module(char *ret, size_t size)
{
	_cleanup_free_ char *path = NULL;
	struct dirent *e;
	DIR *d;

	if (facts_look(MODULES "kvm_amd") == 0 || facts_look(MODULES "kvm_intel") == 0) {
		snprintf(ret, size, "%s", facts_look(MODULES "kvm_amd") == 0 ? "kvm_amd" : "kvm_intel");
		return;
	}
	if (sysroot_path(MODULES, &path) < 0)
		return;
	d = opendir(path);
	if (!d)
		return;
	while ((e = readdir(d)))
		if (startswith(e->d_name, "kvm_") && strlen(e->d_name) < size && (!*ret || strcmp(e->d_name, ret) < 0))
			memcpy(ret, e->d_name, strlen(e->d_name) + 1);
	closedir(d);
}

static void read_avic(const struct facts_cpu *cpu, struct host *h)
{
	if (!h->kvm_loaded) {
		h->avic_why = "kvm is not loaded";
	} else if (streq(h->vendor_module, "kvm_amd")) {
		h->core.avic = facts_parameter("kvm_amd", "avic");
		if (h->core.avic == TRI_YES)
			h->avic_why = "kvm_amd runs with avic=Y";
		else if (h->core.avic == TRI_UNKNOWN)
			h->avic_why = "kvm_amd does not show its parameter avic";
		else if (cpu->avic == TRI_NO)
			h->avic_why = "kvm_amd runs with avic=N, and the CPU offers no AVIC: enable it in the firmware";
		else
			h->avic_why = "kvm_amd runs with avic=N: load it with avic=1 while no VM runs";
	} else if (streq(h->vendor_module, "kvm_intel")) {
		h->core.avic = facts_parameter("kvm_intel", "enable_apicv");
		if (h->core.avic == TRI_YES)
			h->avic_why = "kvm_intel runs with enable_apicv=Y";
		else if (h->core.avic == TRI_UNKNOWN)
			h->avic_why = "kvm_intel does not show its parameter enable_apicv";
		else
			h->avic_why = "kvm_intel runs with enable_apicv=N: the CPU lacks APICv, or load it with "
				      "enable_apicv=1 while no VM runs";
	} else if (*h->vendor_module) {
		h->avic_why = "neither kvm_amd nor kvm_intel runs here: only the mask of a VM can tell";
	} else {
		h->avic_why = "kvm is loaded without kvm_amd or kvm_intel";
	}
}

static void read_trace(struct host *h)
{
	static const struct {
		const char *events, *event;
	} mounts[] = {
		{"/sys/kernel/tracing/events", "/sys/kernel/tracing" EVENT},
		{"/sys/kernel/debug/tracing/events", "/sys/kernel/debug/tracing" EVENT},
	};
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		r = facts_look(mounts[i].events);
		/* A mounted tracefs may be closed to us (0700), an empty mount point is open. */
		if (r == 0 || r == -EACCES)
			h->has_tracefs = true;
		if (r == 0) {
			h->has_event = facts_look(mounts[i].event) == 0;
			return;
		}
	}
	/* BPF needs no tracefs: where the events cannot be listed, kernel and module tell. */
	h->has_event = h->kvm_loaded && kernel_line_of(h->release) >= LINE_5_18;
}

void host_build_id(const char *buf, size_t len, char *ret, size_t size)
{
	size_t pos = 0, i;

	while (len - pos >= 12) {
		uint32_t head[3]; /* size of name, size of descriptor, type */
		uint64_t name, desc, next;

		memcpy(head, buf + pos, sizeof(head));
		name = pos + 12;
		desc = name + (((uint64_t)head[0] + 3) & ~3ULL);
		next = desc + (((uint64_t)head[1] + 3) & ~3ULL);
		if (desc + head[1] > len)
			return;
		if (head[2] == 3 && head[0] == 4 && memcmp(buf + name, "GNU", 4) == 0 && head[1] > 0 &&
		    (size_t)head[1] * 2 < size) {
			for (i = 0; i < head[1]; i++)
				snprintf(ret + 2 * i, 3, "%02x", (unsigned char)buf[desc + i]);
			return;
		}
		if (next > len)
			return;
		pos = next;
	}
}

static void read_build_id(struct host *h)
{
	/* A module that was loaded has a state, one that is built in has none: then the id is the kernel's. */
	bool module = facts_look(MODULES "kvm/initstate") == 0;
	const char *path = module ? MODULES "kvm/notes/.note.gnu.build-id" : "/sys/kernel/notes";
	_cleanup_free_ char *buf = NULL;
	size_t len;

	if (h->kvm_loaded && sysroot_read(path, 65536, &buf, &len) == 0)
		host_build_id(buf, len, h->kvm_build_id, sizeof(h->kvm_build_id));
}

void facts_host(const struct facts_cpu *cpu, struct host *ret)
{
	struct host h = {
		.x2avic = TRI_UNKNOWN,
		.max_id = -1,
		.core = {.avic = TRI_UNKNOWN},
	};

	facts_word("/proc/sys/kernel/osrelease", h.release, sizeof(h.release));
	facts_word("/proc/sys/kernel/random/boot_id", h.boot_id, sizeof(h.boot_id));
	h.kvm_loaded = facts_look(MODULES "kvm") == 0;
	h.dev_kvm = facts_look("/dev/kvm") == 0;
	h.has_btf = facts_look("/sys/kernel/btf/vmlinux") == 0;
	find_vendor_module(h.vendor_module, sizeof(h.vendor_module));
	if (streq(h.vendor_module, "kvm_amd"))
		memcpy(h.core.vendor, "amd", 4);
	else if (streq(h.vendor_module, "kvm_intel"))
		memcpy(h.core.vendor, "intel", 6);
	else
		memcpy(h.core.vendor, cpu->vendor, sizeof(h.core.vendor));
	h.x2avic = cpu->x2avic;
	h.max_id = max_id(cpu, h.core.vendor, h.release);
	read_avic(cpu, &h);
	read_trace(&h);
	read_build_id(&h);
	*ret = h;
}

void host_read(struct host *ret)
{
	struct facts_cpu cpu;

	facts_cpu(&cpu);
	facts_host(&cpu, ret);
}
