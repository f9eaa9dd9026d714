/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the host kernel that the watch needs. The whole capability report comes with `avicctl host`. */
#ifndef AVICD_HOST_H
#define AVICD_HOST_H

#include "avicd/verdict.h"

struct host {
	char release[128];      /* uname -r */
	char boot_id[37];
	char kvm_build_id[41];  /* hex GNU build id of kvm.ko, or of vmlinux when built in; "" unknown */
	char vendor_module[32]; /* kvm_amd, kvm_intel, other kvm_* or "" */
	bool kvm_loaded;        /* /sys/module/kvm */
	bool dev_kvm;
	bool has_btf;
	bool has_tracefs; /* mounted, though perhaps closed to us */
	bool has_event;   /* the kernel has kvm_apicv_inhibit_changed now, whether tracefs shows it or not */
	enum tristate x2avic;   /* CPU flag */
	int max_id;             /* highest vCPU id that AVIC takes: 254, 511, 4095; -1 unknown or without limit (Intel) */
	struct host_facts_core core;
	const char *avic_why;   /* why core.avic is what it is, static */
};

/* host_read() - looks at /proc and /sys below the sysroot; what cannot be read is unknown. Never fails. */
void host_read(struct host *ret);

/* host_build_id() - the GNU build id in ELF notes of @len bytes, as hex into @ret; where there is none, @ret stays as it is. */
void host_build_id(const char *notes, size_t len, char *ret, size_t size);

/*
 * host_livepatches() - the livepatches that are switched on, by name, "a b~"; one with '~' is on its way in or out. "" none. What does not fit
 * is left out.
 */
void host_livepatches(char *buf, size_t size);

#endif
