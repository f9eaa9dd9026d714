/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Will AVIC work for a domain, by its XML and its host? Pure: rules over facts. */
#ifndef AVICD_PREFLIGHT_H
#define AVICD_PREFLIGHT_H

#include "avicd/domxml.h"
#include "avicd/finding.h"
#include "avicd/reasons.h"
#include "avicd/verdict.h"

/* From this many vCPUs on a domain is large: without AVIC it suffers most, so that WARN becomes FAIL. */
#define PREFLIGHT_LARGE_VCPUS 128

/* The host, as far as it is known. */
struct preflight_host {
	enum tristate avic;    /* enable_apicv */
	enum tristate x2avic;  /* the CPU's flag */
	int max_id;	       /* highest vCPU id of AVIC, -1 unknown or without limit (Intel) */
	char vendor[8];	       /* "amd", "intel", "" unknown: judged as AMD */
	enum kernel_line line; /* LINE_NONE: unknown, judged as 6.0 or newer */
	unsigned long libvirt; /* 9.0.0 is 9000000; 0 unknown */
	unsigned large_vcpus;  /* 0: PREFLIGHT_LARGE_VCPUS */
	enum domxml_mode mode; /* of this domain by avicd.conf; its own metadata go before it */
};
/* preflight_host_unknown() - nothing is known. */
void preflight_host_unknown(struct preflight_host *h);

enum preflight_verdict {
	PREFLIGHT_WORKS,
	PREFLIGHT_DEPENDS, /* on what the guest does */
	PREFLIGHT_UNKNOWN,
	PREFLIGHT_FAILS,
	PREFLIGHT_NOT_KVM, /* AVIC does not apply */
	_PREFLIGHT_MAX,
};
/* preflight_verdict_to_string() - for programs: "works". preflight_verdict_phrase() - to stand behind "AVIC": "will work"; never NULL. */
const char *preflight_verdict_to_string(enum preflight_verdict v);
const char *preflight_verdict_phrase(enum preflight_verdict v);

/* Sets of BIT64(enum reason) that this XML keeps set on that host, for as long as the VM lives. */
struct preflight_prediction {
	uint32_t sure;
	/* set once the guest uses what it is offered: HYPERV, NESTED; or a vCPU is plugged: PHYSICAL_ID_TOO_BIG */
	uint32_t guest;
	bool overridden; /* <qemu:commandline> may change all that */
};

/* preflight_check() - one finding a rule, in the order of the rules; of a domain without KVM only one. The caller calls findings_done(). */
void preflight_check(const struct domxml_facts *f, const struct preflight_host *h, struct findings *ret);
void preflight_predict(const struct domxml_facts *f, const struct preflight_host *h, struct preflight_prediction *ret);
/* preflight_verdict() - of what the two above made of @f. */
enum preflight_verdict preflight_verdict(const struct domxml_facts *f, const struct findings *findings,
					 const struct preflight_prediction *p);

/*
 * apicid_max() - the highest APIC id of @vcpus vCPUs: an id packs thread, core, cluster, die and socket, each in the bits that its number
 * needs (QEMU's include/hw/i386/topology.h; libvirt hands the topology on as it is). Without a topology ids are dense. UINT32_MAX: 2^32 - 1 or more.
 * Numbers of the topology that are 0 or bad count as 1, as libvirt refuses them anyway. 0 vCPUs: 0.
 */
uint32_t apicid_max(uint32_t vcpus, const struct domxml_topology *t);

#endif
