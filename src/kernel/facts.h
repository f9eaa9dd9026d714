/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of /proc and /sys below the system root: one reader each for host.c and capability.c. */
#ifndef AVICD_KERNEL_FACTS_H
#define AVICD_KERNEL_FACTS_H

#include "avicd/host.h"

/* Of the first processor in /proc/cpuinfo. */
struct facts_cpu {
	char vendor[8];		/* "amd", "intel" or "": whose virtualization it has */
	unsigned family, model; /* 0: unknown */
	enum tristate svm, vmx, avic, x2avic, x2avic_ext;
	enum tristate hypervisor; /* this host is a VM itself */
};

/* facts_look() - 0: @path is there. -EACCES: perhaps, it cannot be seen from here. Else another negative errno. */
int facts_look(const char *path);
/* facts_word() - the first line of a file without blanks around it, cut to @size; @ret stays as it is where there is none. */
void facts_word(const char *path, char *ret, size_t size);
/*
 * facts_parameter() - a switch of a module: Y and N, or 1 and 0 where it is a number (kvm_intel's nested, kvm_amd's old
 * avic). What became of the wish, not the wish: both vendors write that back.
 */
enum tristate facts_parameter(const char *module, const char *name);
/* facts_cpu() - reads no further than the first processor: with 1,000 of them the file has megabytes. Never fails. */
void facts_cpu(struct facts_cpu *ret);
/* facts_host() - host_read() for somebody who has read the CPU. */
void facts_host(const struct facts_cpu *cpu, struct host *ret);

#endif
