/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decides about AVIC in a domain's XML, as facts, and how to read them. The facts need neither libvirt nor expat. */
#ifndef AVICD_DOMXML_H
#define AVICD_DOMXML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "avicd/domain.h"
#include "avicd/policy.h"
#include "avicd/verdict.h"

#define DOMXML_WORD_MAX 64 /* longer words are cut: none of libvirt's that matters here is */

/* A number of the XML: what is not there, and what cannot be believed, are told apart from the value. */
enum domxml_number_state { NUMBER_ABSENT, NUMBER_BAD, NUMBER_GOOD };
struct domxml_number {
	enum domxml_number_state state; /* BAD: negative, too large for 32 bits, or no number */
	uint32_t value;			/* 0 unless GOOD */
};

struct domxml_topology {
	bool given;
	struct domxml_number sockets, dies, clusters, cores, threads;
};

/* The features of <cpu> that matter, with their policy. */
enum domxml_feature { FEATURE_X2APIC, FEATURE_SVM, FEATURE_INVTSC, _FEATURE_MAX };

/* What keeps a VM from live migration, libvirt's qemuMigrationSrcIsAllowed(): a set of BIT64(enum). */
enum domxml_blocker {
	BLOCKER_HOSTDEV,  /* PCI, mdev or SCSI, without a transient teaming; USB is not counted */
	BLOCKER_SHMEM,	  /* with another role than master */
	BLOCKER_VIRTIOFS, /* depends on the versions of virtiofsd, QEMU and libvirt */
	BLOCKER_DISK,	  /* transient */
	BLOCKER_INVTSC,	  /* without the frequency of the TSC */
	_BLOCKER_MAX,
};
const char *domxml_blocker_to_string(enum domxml_blocker b); /* a phrase: "a host device" */

/* avicd's own element in <metadata>; its words are in policy.h. */
#define DOMXML_POLICY_NS "https://avicd.org/domain/1"

/* Words are "" where the XML has none; states of on/off attributes are TRI_UNKNOWN there. All text is clean UTF-8. */
struct domxml_facts {
	char type[DOMXML_WORD_MAX]; /* "kvm" */
	char name[DOMAIN_NAME_MAX];
	char uuid[DOMAIN_UUID_MAX];		   /* lower case, "" when it is none */
	struct domxml_number vcpus, vcpus_current; /* maximum and @current */
	struct domxml_topology topology;
	char machine[DOMXML_WORD_MAX]; /* "pc-q35-9.0" */
	char ioapic[DOMXML_WORD_MAX];  /* driver */
	bool pit;		       /* there is a timer of that name */
	char pit_policy[DOMXML_WORD_MAX];
	bool iommu;
	char iommu_model[DOMXML_WORD_MAX];
	enum tristate intremap, eim, xtsup;
	char cpu_mode[DOMXML_WORD_MAX], cpu_model[DOMXML_WORD_MAX];
	char feature[_FEATURE_MAX][DOMXML_WORD_MAX]; /* policy; "require" where the feature is named without one */
	bool hyperv;
	char hyperv_mode[DOMXML_WORD_MAX];
	enum tristate synic, stimer, hyperv_avic;
	char launch_security[DOMXML_WORD_MAX]; /* type */
	char on_reboot[DOMXML_WORD_MAX];
	bool hostdev;	    /* any host device, USB too */
	uint32_t pinned;    /* of them, those that keep the VM here */
	uint32_t blockers;  /* BLOCKER_INVTSC among them */
	bool tsc_frequency; /* <timer name='tsc' frequency=...> */
	enum domxml_mode mode;
	enum domxml_remedy remedy;
	char remedies[DOMXML_WORD_MAX]; /* as it is written */
	char *qemu_args; /* the arguments of <qemu:commandline>, one a line; NULL: none */
	size_t qemu_args_len;
};

/* domxml_init() - the facts of an empty domain. domxml_done() - frees what they own; also of zeroed ones. */
void domxml_init(struct domxml_facts *f);
void domxml_done(struct domxml_facts *f);
#define _cleanup_domxml_ _cleanup_(domxml_done)

/*
 * domxml_read() - the facts of @xml. It is untrusted: no network, no entities, no DTD. The caller calls domxml_done().
 * -EFBIG: larger than DOMXML_MAX; -EBADMSG: not well-formed, not a domain's XML, or with a DTD; -ENOMEM. *@ret is then untouched.
 */
#define DOMXML_MAX (16U << 20)
int domxml_read(const char *xml, size_t len, struct domxml_facts *ret);

/*
 * domxml_fetch() - the XML of a domain by name or UUID, over a read-only connection to @uri, which must be one of this host. @live: that of
 * the running VM, else that of the next start. *@ret_version: libvirt's, as 9.0.0 is 9000000. The caller frees *@ret_xml and, on failure,
 * *@ret_why, one phrase, which may be NULL. -ENOENT: no such domain; -EINVAL: @uri refused; -ENOTCONN; -EIO; -ENOMEM;
 * -ETIMEDOUT: libvirt gave no answer in @timeout_ns, and a thread that waits for it is left behind: ask no more.
 * The only function here that needs libvirt.
 */
int domxml_fetch(const char *uri, const char *domain, bool live, uint64_t timeout_ns, char **ret_xml, unsigned long *ret_version,
		 char **ret_why);

#endif
