/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl fix deploy, before anything is done: the risks, and what would be done. */
#include <stdio.h>

#include "avicd/capability.h"
#include "avicd/catalogue.h"
#include "avicd/hostcheck.h"
#include "avicd/livepatch.h"
#include "avicd/report.h"
#include "ctl/catalogue.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"

/* What is known to go wrong with AVIC on this kernel is said before somebody gets it back. */
void fix_print_risks(void)
{
	_cleanup_catalogue_ struct catalogue catalogue = {0};
	struct catalogue_risk risks[32];
	struct advisory_host host;
	struct capability c;
	size_t n;

	if (ctl_catalogue(&catalogue) != CTL_OK)
		return;
	capability_read(&c);
	hostcheck_facts(&c, &host);
	n = catalogue_risks(&catalogue, c.host.release, c.version, &host, risks, ARRAY_SIZE(risks));
	for (size_t i = 0; i < MIN(n, ARRAY_SIZE(risks)); i++) {
		const struct advisory *a = risks[i].advisory;

		fprintf(stderr, "%srisk%s: %s, %s: %s%s\n", a->cls == ADVISORY_UNSAFE ? ctl_red() : ctl_yellow(),
			ctl_normal(), a->id, advisory_class_to_string(a->cls), a->effect,
			risks[i].sure ? "" : " (unless the kernel's vendor has mended it)");
	}
}

/* What would be done, without doing it. Says nothing of avicd's sequence that is not so. */
int fix_dry_run(void)
{
	_cleanup_(livepatch_module_done) struct livepatch_module module = {0};
	_cleanup_json_ json_object *probe = NULL;
	_cleanup_free_ char *text = NULL;
	enum livepatch_outcome o = OUTCOME_NOT_NEEDED;
	char why[LIVEPATCH_WHY_MAX];
	struct livepatch_state state;
	bool vulnerable = false;
	int r = client_probe(&probe, &text);

	if (r < 0)
		return ctl_error("%s", text ?: "avicd is not running, which does this: systemctl start avicd");
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		vulnerable |=
			streq(field_text(field(probe, bug_info((enum probe_bug)b)->word), "result"), "vulnerable");
	if (!vulnerable) {
		bool fixed = streq(field_text(field(probe, bug_info(PROBE_REBOOT)->word), "result"), "fixed");

		o = fixed ? OUTCOME_NOT_NEEDED : OUTCOME_UNPROVABLE;
		printf("nothing would be done: %s\n",
		       fixed ? "the probe finds no bug in this kernel" : outcome_info(o)->text);
		return outcome_info(o)->status;
	}
	livepatch_look(&state);
	r = livepatch_find_module(&state, &module);
	o = livepatch_allowed(&state, r < 0 ? NULL : &module, r, why);
	if (o != OUTCOME_DONE) {
		printf("nothing would be done: %s\n", why);
		return outcome_info(o)->status;
	}
	fix_print_risks();
	printf("would load %s,\nwait up to %llu s until every task runs the new code, probe again,\n"
	       "and keep it for the next boot if the bug is gone, else take it away\n",
	       module.path, (unsigned long long)(livepatch_deadline() / NSEC_PER_SEC));
	return CTL_OK;
}
