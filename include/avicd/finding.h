/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was looked at, of a host or of a domain's XML, one finding a check. */
#ifndef AVICD_FINDING_H
#define AVICD_FINDING_H

#include <stddef.h>

#include "avicd/util.h"

/* The words are virt-host-validate's: PASS, WARN, FAIL; INFO is neither good nor bad, but good to know. UNKNOWN: it could not be looked at. */
enum grade { GRADE_PASS, GRADE_INFO, GRADE_WARN, GRADE_UNKNOWN, GRADE_FAIL, _GRADE_MAX };

struct finding {
	const char *id;	   /* for programs, static, for ever: "pit", "x2avic" */
	const char *check; /* what was looked for, static: "for x2AVIC", "if lost PIT ticks are discarded" */
	enum grade grade;
	char *why;    /* one phrase without full stop; NULL where PASS says it all */
	char *remedy; /* what to change, to the letter: XML, a line of modprobe.d; NULL where there is nothing */
};

struct findings {
	struct finding *list;
	size_t n;
	int error; /* 0 or -ENOMEM: then some are missing, and the whole must not be believed */
};

/* grade_to_string() - "PASS". grade_from_string() - -EINVAL */
const char *grade_to_string(enum grade g);
int grade_from_string(const char *s);

/* findings_add() - @why as printf; NULL for none. findings_remedy() - of the one added last. */
void findings_add(struct findings *f, const char *id, const char *check, enum grade g, const char *why, ...)
	_printf_(5, 6);
void findings_remedy(struct findings *f, const char *remedy, ...) _printf_(2, 3);
/* findings_worst() - the worst grade of all, in the order of the enum; PASS of none. */
enum grade findings_worst(const struct findings *f);
void findings_done(struct findings *f);
#define _cleanup_findings_ _cleanup_(findings_done)

#endif
