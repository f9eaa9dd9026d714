/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live migration to a host that is proved better.
 *
 * DOC: Theory of Operation
 *
 * libvirt here drives it, peer to peer: neither the end of this process nor that of avicd ends it. So what the call returns is only news: it also
 * returns an error when the connection to libvirtd broke, while the migration goes on, comes to its end or is rolled back. After every error, and
 * when this process was started again, both sides are asked until it is clear where the VM is.
 */
#include <libvirt/virterror.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "job/migration.h"
#include "job/reports.h"
#include "job/survey.h"
#include "job/verify.h"

static const char *name_of(const struct run *r)
{
	return *r->job->name ? r->job->name : r->job->uuid;
}

/* The way of the memory to the target that was chosen. */
static void migrate_uri(const struct run *r, char ret[static TARGET_URI_MAX])
{
	char uri[TARGET_URI_MAX];

	for (char *const *t = r->job->targets; *t; t++)
		if (target_split(*t, uri, ret) == 0 && streq(uri, r->state.target))
			return;
	ret[0] = '\0';
}

/* What is not to be begun any more. */
static int too_late(struct run *r)
{
	if (r->cancelled)
		return run_end(r, RESULT_CANCELLED, "Cancelled before anything was done: the VM runs where it did");
	if (now_ns() >= r->deadline)
		return run_end(r, RESULT_REFUSED,
			       "The deadline passed before anything was done: raise migrate_deadline=");
	if (run_process(r) < 0)
		return run_end(r, RESULT_GONE, "The VM has ended meanwhile, or has another process: nothing to do");
	return 1;
}

static int begin(struct run *r, const struct subject *s)
{
	char migrate[TARGET_URI_MAX];
	int x = too_late(r);

	if (x <= 0)
		return x;
	snprintf(r->state.target, sizeof(r->state.target), "%s", r->state.candidates[0].uri);
	migrate_uri(r, migrate);
	if (r->job->dry_run)
		return run_end(r, RESULT_DONE, "Nothing speaks against it: %s would be migrated to %s", name_of(r),
			       r->state.target);
	if (run_phase(r, PHASE_RUNNING, "Migrating %s to %s", name_of(r), r->state.target) < 0)
		return run_end(r, RESULT_REFUSED,
			       "Nothing was begun, as the state of the job cannot be written: make room in %s", r->dir);
	return migration_run(r, migrate, s->persistent);
}

static int refuse_targets(struct run *r)
{
	const struct job_candidate *c = r->state.candidates;

	if (!r->state.n_candidates)
		return run_end(r, RESULT_REFUSED, "No target was named: set migrate_targets= in avicd.conf");
	return run_end(r, RESULT_REFUSED, "No target is good for %s: %s: %s%s", name_of(r), c->uri, c->why,
		       r->state.n_candidates > 1 ? "; and others, see the candidates of the job" : "");
}

static int choose(struct run *r, const struct subject *s, bool *ret_behind)
{
	_cleanup_text_ struct text why = {0};
	int x = subject_blockers(s, &why);

	*ret_behind = false;
	if (x < 0)
		return run_end(r, RESULT_REFUSED, "The XML of %s cannot be read: %s", name_of(r), strerror(-x));
	if (x > 0)
		return run_end(r, RESULT_REFUSED, "%s cannot be migrated: %s", name_of(r), why.s);
	x = survey(r, s, ret_behind);
	if (x < 0)
		return x;
	if (r->cancelled)
		return too_late(r);
	return x == 0 ? refuse_targets(r) : begin(r, s);
}

static int no_domain(struct run *r, int x)
{
	if (run_process(r) < 0)
		return run_end(r, RESULT_GONE, "The VM has ended meanwhile: nothing to do");
	if (x == -ENOENT)
		return run_end(r, RESULT_REFUSED, "libvirt at %s knows no domain %s: is it one of another libvirt?",
			       r->job->uri, r->job->uuid);
	return run_end(r, RESULT_REFUSED,
		       "libvirt at %s does not answer for %s: %s: systemctl status libvirtd virtqemud", r->job->uri,
		       name_of(r), *r->said ? r->said : strerror(-x));
}

int job_migrate(struct run *r)
{
	struct subject *s = NULL;
	bool behind = true;
	int x = reports_init();

	if (x < 0)
		return x;
	if (r->resumed && r->state.phase == PHASE_RUNNING)
		return migration_resume(r);
	if (r->resumed && r->state.phase == PHASE_VERIFYING)
		return verify_there(r);
	(void)run_phase(r, PHASE_CHECKING, "Looking whether %s can be migrated, and where to", name_of(r));
	x = too_late(r);
	if (x <= 0)
		return x;
	x = run_open(r);
	if (x == 0)
		x = run_find(r);
	if (x == 0)
		x = subject_read(r, &s);
	if (x < 0)
		return x == -ENOMEM ? x : no_domain(r, x);
	x = choose(r, s, &behind);
	/* threads that were left behind read it still */
	if (!behind)
		subject_free(s);
	return x;
}
