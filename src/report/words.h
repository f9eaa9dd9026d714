/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phrases that sentences, journal fields and JSON share. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "avicd/report.h"

/* words_name() - a name from outside, clean, in quotes when it is more than a plain word. Cut at @size, 4 at least. */
char *words_name(const char *name, char *buf, size_t size);
/* words_short_name() - "big", or "VM 4711", for lists. */
char *words_short_name(const struct vm *vm, char *buf, size_t size);

/* words_feature() - "AVIC", or "APICv" on an Intel host. */
const char *words_feature(const struct tracker *t);
/* words_remedy() - what cures one inhibit, exactly; never NULL. */
const char *words_remedy(const struct tracker *t, const struct reason_verdict *r);
/* words_host_remedy() - how the host is made to use the feature. */
const char *words_host_remedy(const struct tracker *t);

/* words_old_condition() - of an action that has one, else NULL. words_has_duration() - is action.duration set? */
const char *words_old_condition(const struct action *a);
bool words_has_duration(const struct action *a);
/* words_reason() - the reason that the action is about, or NULL; @buf of BIT_NAME_MAX. */
const char *words_reason(const struct tracker *t, const struct action *a, char *buf);

#endif
