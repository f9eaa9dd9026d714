/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the host's health is what it is, in one phrase. */
#include <stdio.h>

#include "report/words.h"

/* More names than this do not help in one line; `avicctl list` has them all. */
#define NAMES_MAX 5

/* "2 of 512 VMs stuck: big, db3" of the VMs whose condition is @c; with @name for it. False when there is none. */
static bool list_vms(const struct tracker *t, enum condition c, const char *what, char *buf, size_t size)
{
	_cleanup_free_ struct vm **vms = NULL;
	char name[DOMAIN_NAME_MAX + 3];
	size_t n = 0, total = t->vms.n, named = 0, len, i;

	HASH_FOREACH (&t->vms, slot)
		n += ((struct vm *)slot->value)->verdict.condition == c;
	if (!n)
		return false;
	len = (size_t)snprintf(buf, size, "%zu of %zu VM%s %s", n, total, total == 1 ? "" : "s", what);
	/* the count alone is an answer, when there is no memory for the names */
	if (len >= size || tracker_sorted(t, &vms, &total) < 0)
		return true;
	for (i = 0; i < total && named < NAMES_MAX; i++) {
		int added;

		if (vms[i]->verdict.condition != c)
			continue;
		added = snprintf(buf + len, size - len, "%s%s", named ? ", " : ": ",
				 words_short_name(vms[i], name, sizeof(name)));
		/* room is left for the phrase below, so that a name is never cut */
		if (added < 0 || len + (size_t)added + sizeof(" and 18446744073709551615 more") > size) {
			buf[len] = '\0';
			break;
		}
		len += (size_t)added;
		named++;
	}
	if (named < n && named)
		snprintf(buf + len, size - len, " and %zu more", n - named);
	return true;
}

/* The sentence of trace_open() ends with a full stop, a phrase does not. */
static void say_no_source(const struct report_host *h, char *buf, size_t size)
{
	size_t len;

	if (h && h->trace_why && *h->trace_why)
		snprintf(buf, size, "no trace source: %s", h->trace_why);
	else
		snprintf(buf, size, "no trace source");
	len = strlen(buf);
	if (len && buf[len - 1] == '.')
		buf[len - 1] = '\0';
}

static void say_unknown(const struct tracker *t, const struct report_host *h, char *buf, size_t size)
{
	if (!t->watching)
		say_no_source(h, buf, size);
	else if (list_vms(t, CONDITION_UNKNOWN, "not known", buf, size))
		return;
	else if (t->host.avic != TRI_UNKNOWN)
		snprintf(buf, size, "no VM was looked at yet");
	else if (h && h->host && h->host->avic_why)
		snprintf(buf, size, "%s", h->host->avic_why);
	else
		snprintf(buf, size, "it cannot be read whether AVIC is in use");
}

/* The first bug, which is the one that most guests meet; and that there are others. */
static void say_exposed(const struct tracker *t, char *buf, size_t size)
{
	const struct bug_info *first = NULL;
	unsigned n = 0;

	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		if (t->host.probe[b].result != PROBE_VULNERABLE)
			continue;
		if (!first)
			first = bug_info((enum probe_bug)b);
		n++;
	}
	if (!first)
		snprintf(buf, size, "the kernel has a bug and no patch");
	else if (n > 1)
		snprintf(buf, size, "the kernel has %s and %u more, and no patch: %s", first->name, n - 1, first->effect);
	else
		snprintf(buf, size, "the kernel has %s and no patch: %s", first->name, first->effect);
}

char *report_health_why(const struct tracker *t, const struct report_host *h, char *buf, size_t size)
{
	switch (t->health) {
	case HEALTH_OFF:
		if (h && h->host && h->host->avic_why)
			snprintf(buf, size, "%s", h->host->avic_why);
		else
			snprintf(buf, size, "%s is not in use on this host", words_feature(t));
		break;
	case HEALTH_DEGRADED:
		if (!list_vms(t, CONDITION_STUCK, "stuck", buf, size))
			snprintf(buf, size, "a VM is stuck");
		break;
	case HEALTH_EXPOSED:
		say_exposed(t, buf, size);
		break;
	case HEALTH_OK:
		/* the bug that every guest can meet; without its proof only what was seen is good */
		snprintf(buf, size, "%zu VM%s watched, none stuck%s", t->vms.n, t->vms.n == 1 ? "" : "s",
			 t->host.probe[PROBE_REBOOT].result == PROBE_UNPROVABLE
				 ? "; whether the kernel has the reboot bug is not proved"
				 : "");
		break;
	default:
		say_unknown(t, h, buf, size);
		break;
	}
	return buf;
}
