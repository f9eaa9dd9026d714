/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules of the preflight share: the domain in question, and what follows from several facts. */
#ifndef AVICD_CORE_PREFLIGHT_PRIVATE_H
#define AVICD_CORE_PREFLIGHT_PRIVATE_H

#include "avicd/preflight.h"

struct subject {
	const struct domxml_facts *f;
	const struct preflight_host *h;
	uint32_t vcpus;	   /* maximum; 1 where the XML does not say, as libvirt takes it */
	uint32_t max_id;   /* highest APIC id of all of them */
	uint32_t start_id; /* highest of those that are there from the start, the others being plugged later */
	bool split;	   /* no IOAPIC, hence no PIT, in the kernel */
	enum domxml_mode mode;
	enum grade loss; /* what a loss of AVIC is worth: WARN, FAIL for a large domain or one that requires AVIC */
};
void subject_of(const struct domxml_facts *f, const struct preflight_host *h, struct subject *ret);

/* Facts that a rule and the prediction agree on. */
bool subject_pit_reinjects(const struct subject *s);
bool subject_autoeoi(const struct subject *s); /* the guest is offered SynIC, and is not told to leave AutoEOI alone */
bool subject_sev(const struct subject *s);
enum tristate subject_svm(const struct subject *s); /* UNKNOWN: as the host does by itself */
bool subject_x2apic(const struct subject *s);
enum tristate subject_id_fits(const struct subject *s, uint32_t id); /* AVIC of the host takes that APIC id */
bool subject_amd(const struct subject *s);			     /* or not known */
bool subject_overridden(const struct subject *s,
			const char *word); /* @word is in QEMU's arguments; NULL: any that matters */

struct rule {
	const char *id, *check;
	/* adds one finding, or none where there is nothing to look at */
	void (*look)(const struct subject *s, const struct rule *r, struct findings *to);
};
/* The rules of preflight_setup.c; ends with a zeroed one. */
extern const struct rule preflight_setup_rules[];

#define PASS(...)	findings_add(to, r->id, r->check, GRADE_PASS, __VA_ARGS__)
#define ADD(grade, ...) findings_add(to, r->id, r->check, grade, __VA_ARGS__)

#endif
