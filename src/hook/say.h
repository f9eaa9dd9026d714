/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hook says: on stderr, which libvirt hands to whoever wanted the VM, and in the journal. */
#ifndef HOOK_SAY_H
#define HOOK_SAY_H

#include "avicd/text.h"
#include "hook/decide.h"

#define SAY_TEXT_MAX 1024 /* libvirt puts it into an error message of one line */

struct saying {
	struct text text;     /* for stderr, at most SAY_TEXT_MAX bytes; each line begins with "avicd: " */
	struct text ids;      /* of the findings, "pit,x2avic" */
	struct text causes;   /* one line */
	struct text remedies; /* one line */
	char *name;	      /* of the domain, clean, short */
};

/*
 * say_compose() - why @d was decided. @private_xml: nothing of the XML but the name may be repeated, only our own
 * words. -ENOMEM. The caller calls say_done(), also after a failure.
 */
int say_compose(struct saying *s, enum hook_decision d, const struct domxml_facts *f, const struct findings *findings,
		const struct preflight_prediction *p, const char *subject, bool private_xml);
/* say_send() - to stderr and to the journal. */
void say_send(const struct saying *s, enum hook_decision d, const struct domxml_facts *f, const char *subject,
	      int level);
void say_done(struct saying *s);

#endif
