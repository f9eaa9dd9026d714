/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against giving guests of this kernel their AVIC back: the catalogue's risks that nobody has accepted. */
#include <stdio.h>

#include "avicd/capability.h"
#include "avicd/catalogue.h"
#include "avicd/hostcheck.h"
#include "avicd/log.h"
#include "avicd/text.h"
#include "daemon/manager.h"

#define RISKS_MAX 64

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	log_warning("%s:%u: %s", file, line, text);
}

static bool is_accepted(const char *accepted, const char *id)
{
	char word[ADVISORY_ID_MAX + 4];

	snprintf(word, sizeof(word), " %s ", id);
	return strstr(accepted, word);
}

bool deploying_risks(struct manager *m, const char *accepted, bool at_once, char why[static LIVEPATCH_WHY_MAX])
{
	_cleanup_catalogue_ struct catalogue catalogue = {0};
	struct catalogue_risk risks[RISKS_MAX];
	struct advisory_host host;
	struct capability c;
	size_t n, len = 0;

	if (at_once && streq(m->host.core.vendor, "intel")) {
		snprintf(why, LIVEPATCH_WHY_MAX,
			 "on Intel a running guest is not given its APICv back, as it may lose an interrupt: "
			 "power-cycle the VM, or migrate it");
		return true;
	}
	capability_read(&c);
	hostcheck_facts(&c, &host);
	if (catalogue_read(&catalogue, problem, NULL) < 0) {
		snprintf(why, LIVEPATCH_WHY_MAX, "the catalogue of risks cannot be read: out of memory");
		return true;
	}
	n = MIN(catalogue_risks(&catalogue, c.host.release, c.version, &host, risks, RISKS_MAX), (size_t)RISKS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct advisory *a = risks[i].advisory;

		if (a->cls != ADVISORY_UNSAFE || is_accepted(accepted, a->id) || len >= LIVEPATCH_WHY_MAX)
			continue;
		len += (size_t)snprintf(why + len, LIVEPATCH_WHY_MAX - len, "%s%s (%s%s)",
					len ? ", " : "guests would get AVIC on a kernel with ", a->id, a->title,
					risks[i].sure ? "" : ", unless its vendor has mended it");
	}
	if (len && len < LIVEPATCH_WHY_MAX)
		snprintf(why + len, LIVEPATCH_WHY_MAX - len,
			 ": accept each by --accept-risk=ID, or boot a fixed kernel");
	return len > 0;
}
