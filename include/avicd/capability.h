/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw facts about what this host can do: what the checks of `avicctl host` look at. */
#ifndef AVICD_CAPABILITY_H
#define AVICD_CAPABILITY_H

#include "avicd/host.h"

struct advisory;

struct capability {
	struct host host;
	char version[512];		      /* /proc/version: some distributions tell only there which kernel it is */
	char cmdline[1024];		      /* of the kernel; longer ones are cut */
	char lockdown[24];		      /* "none", "integrity", "confidentiality"; "" unknown */
	unsigned family, model;		      /* of the CPU; family 0: unknown */
	enum tristate svm, vmx, avic, x2avic; /* CPU flags of /proc/cpuinfo */
	enum tristate guest;		      /* flag hypervisor: this host is a VM itself */
	enum tristate cpuid_avic, cpuid_x2avic;			     /* CPUID 0x8000000A EDX 13 and 18 */
	enum tristate hv_in_use_wr;				     /* CPUID 0x8000001F EAX 30, HvInUseWrAllowed */
	enum tristate npt, nested, force_avic, enable_ipiv, sev_snp; /* parameters of the vendor module */
	enum tristate kvm_device; /* the kernel has the device, whether /dev shows it or not */
	enum tristate dev_usable; /* /dev/kvm could be opened; UNKNOWN: no right to */
	const char *looker;	  /* this program, for what it cannot see and others can */
	unsigned ivhd, dmar;	  /* IOMMUs of AMD and of Intel */
	bool has_efr;
	uint64_t efr;		    /* features that all AMD IOMMUs have; bits: IOMMU_… below */
	int max_vcpus, max_vcpu_id; /* KVM_CAP_MAX_VCPUS, KVM_CAP_MAX_VCPU_ID; -1 unknown */
	enum tristate livepatch;
	const struct advisory *advisories; /* known faults to look for (advisory.h); NULL: those that are built in */
};

/* Extended feature register of the AMD IOMMU, as /sys/class/iommu/ivhd0/amd-iommu/features shows it. */
#define IOMMU_XT    (1ULL << 2)
#define IOMMU_GA    (1ULL << 7)
#define IOMMU_VAPIC (1ULL << 21)

/*
 * capability_read() - looks below the system root. Never fails: what cannot be read is unknown. The CPU is asked by its
 * CPUID instruction and KVM by ioctl; below $AVICD_SYSROOT the files /cpuid (lines "LEAF EAX EBX ECX EDX", hexadecimal)
 * and /kvm (lines "max_vcpus N", "max_vcpu_id N") stand for them, and a /dev/kvm there can be opened if it can be read.
 */
void capability_read(struct capability *ret);

#endif
