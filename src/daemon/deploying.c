/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The livepatch in the event loop: avicd/deploy.h says what to do, and here it is done. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "daemon/actions.h"
#include "daemon/manager.h"

static uint64_t deadline_ns(const struct manager *m)
{
	return m->settings.livepatch_deadline;
}

/* What names the kernel and its boot; the rest of livepatch_look() takes the time of reading kallsyms. */
static void whose(const struct manager *m, struct livepatch_state *ret)
{
	*ret = (struct livepatch_state){0};
	snprintf(ret->release, sizeof(ret->release), "%s", m->host.release);
	snprintf(ret->boot_id, sizeof(ret->boot_id), "%s", m->host.boot_id);
	snprintf(ret->kvm_build_id, sizeof(ret->kvm_build_id), "%s", m->host.kvm_build_id);
}

/* ---- marks ---- */

static int write_mark(enum livepatch_mark_kind kind, const struct livepatch_state *state,
		      const struct livepatch_module *module)
{
	struct livepatch_mark mark = {.at = wall_us()};

	memcpy(mark.kvm_build_id, state->kvm_build_id, sizeof(mark.kvm_build_id));
	memcpy(mark.boot_id, state->boot_id, sizeof(mark.boot_id));
	memcpy(mark.module_sha256, module->sha256, sizeof(mark.module_sha256));
	return livepatch_mark_write(kind, &mark);
}

static void mark_verified(struct manager *m)
{
	struct deploying *d = &m->deploying;
	_cleanup_(livepatch_module_done) struct livepatch_module module = {0};
	struct livepatch_state state;
	int r;

	/* a try is over as soon as it is proved, whatever becomes of the rest */
	r = livepatch_mark_remove(MARK_TRYING);
	whose(m, &state);
	if (r == 0)
		r = livepatch_find_module(&state, &module);
	if (r == 0) {
		r = write_mark(MARK_VERIFIED, &state, &module);
		snprintf(d->module, sizeof(d->module), "%s", module.path);
	}
	d->persistent = r == 0;
	if (r < 0)
		log_errno(LOG_WARNING, r, "The livepatch is proved, but not kept for the next boot");
}

static void forget_marks(struct manager *m)
{
	int r = livepatch_mark_remove(MARK_TRYING), r2 = livepatch_mark_remove(MARK_VERIFIED);

	m->deploying.persistent = false;
	if (r < 0 || r2 < 0)
		log_errno(LOG_WARNING, r < 0 ? r : r2, "Cannot remove the marks of the livepatch");
}

/* ---- units ---- */

static void on_helper(struct manager *m, enum livepatch_outcome o, const char *why)
{
	deploying_do(m, deploy_helper(&m->deploying.deploy, o, why, now_ns(), deadline_ns(m)));
}

static void load(struct manager *m)
{
	struct deploying *d = &m->deploying;
	_cleanup_(livepatch_module_done) struct livepatch_module module = {0};
	struct livepatch_state state;
	enum livepatch_outcome o;
	char why[LIVEPATCH_WHY_MAX];
	int r;

	livepatch_look(&state);
	r = livepatch_find_module(&state, &module);
	o = livepatch_allowed(&state, r < 0 ? NULL : &module, r, why);
	if (o == OUTCOME_DONE && deploying_risks(m, d->accepted, d->deploy.heal, why))
		o = OUTCOME_RISK;
	if (o == OUTCOME_DONE) {
		r = write_mark(MARK_TRYING, &state, &module);
		if (r < 0) {
			o = OUTCOME_FAILED;
			snprintf(why, sizeof(why),
				 "the mark of a try cannot be written: %s: make room in the folder of state",
				 strerror(-r));
		}
	}
	if (o != OUTCOME_DONE) {
		deploying_do(m, deploy_refused(&d->deploy, o, why));
		return;
	}
	snprintf(d->module, sizeof(d->module), "%s", module.path);
	unit_start(m, "load", UNIT_TIMEOUT_NS(m), on_helper);
}

/* ---- what the machine wants ---- */

static void look(struct manager *m)
{
	struct livepatch_patch p;

	livepatch_look_patch(&p);
	deploying_do(m, deploy_patch(&m->deploying.deploy, &p, now_ns()));
}

static int on_poll(sd_event_source *s, uint64_t usec, void *userdata)
{
	look(userdata);
	return 0;
}

/* Each is a line of the journal, too: whoever looks later finds them there. */
static void remember_stalled(struct manager *m)
{
	struct deploying *d = &m->deploying;
	int n;

	stalled_tasks_done(d->stalled, d->n_stalled);
	d->n_stalled = 0;
	n = stalled_tasks(STALLED_PATCHED, d->stalled, ARRAY_SIZE(d->stalled));
	if (n < 0) {
		log_errno(LOG_WARNING, n, "Cannot tell which tasks the livepatch waits for");
		return;
	}
	d->n_stalled = (size_t)n;
	for (size_t i = 0; i < d->n_stalled; i++) {
		const struct stalled_task *t = &d->stalled[i];

		log_warning("The livepatch waits for %s (PID %d, thread %d), which is in %s, called by %s", t->comm,
			    (int)t->pid, (int)t->tid, t->stack[0] ?: "user space",
			    t->stack[0] && t->stack[1] ? t->stack[1] : "nobody known");
	}
}

/* "verified: the probe finds the bug no more" */
static void tell(struct manager *m)
{
	struct deploying *d = &m->deploying;
	const struct deploy *p = &d->deploy;
	/* why it is undone was told when that began */
	bool failed = p->outcome != OUTCOME_DONE && p->outcome != OUTCOME_NOT_NEEDED && d->told != DEPLOY_UNDOING;
	char detail[LIVEPATCH_WHY_MAX + 64];

	d->told = p->state;
	d->at = wall_us();
	snprintf(detail, sizeof(detail), "%s%s%s", deploy_state_to_string(p->state), p->why[0] ? ": " : "", p->why);
	actions_host(m, failed ? EVENT_LIVEPATCH_FAILED : EVENT_LIVEPATCH, detail);
	files_state_soon(m);
	bus_changed(m, NULL);
	remedying_soon(m);
}

void deploying_do(struct manager *m, unsigned todo)
{
	struct deploying *d = &m->deploying;

	if (todo & DEPLOY_DO_MARK)
		mark_verified(m);
	if (todo & DEPLOY_DO_FORGET)
		forget_marks(m);
	if (todo & DEPLOY_DO_STALLED)
		remember_stalled(m);
	if (d->deploy.state == DEPLOY_NONE)
		d->module[0] = '\0';
	if (todo & DEPLOY_DO_TELL)
		tell(m);
	if (todo & DEPLOY_DO_SIGNAL)
		unit_start_aside(m, "signal");
	if (todo & DEPLOY_DO_PROBE) {
		/* a run that is under way may have seen the kernel as it was */
		d->stale = m->probing.run;
		probing_start(m);
	}
	if (todo & DEPLOY_DO_POLL)
		timer_arm(m->event, &d->poll, DEPLOY_POLL_NS, on_poll, m);
	if (todo & DEPLOY_DO_HEAL)
		deploying_heal_all(m);
	/* last: they may call back here */
	if (todo & DEPLOY_DO_LOAD)
		load(m);
	if (todo & DEPLOY_DO_UNLOAD)
		unit_start(m, "unload", UNIT_TIMEOUT_NS(m), on_helper);
}

void deploying_begin(struct manager *m)
{
	struct deploying *d = &m->deploying;
	struct livepatch_mark mark;
	struct livepatch_state state;
	char why[LIVEPATCH_WHY_MAX];
	bool trying, verified;

	if (d->begun)
		return;
	d->begun = true;
	whose(m, &state);
	livepatch_look_patch(&state.patch);
	if (livepatch_went_down(state.boot_id, why)) {
		d->tried = true;
		actions_host(m, EVENT_LIVEPATCH_FAILED, why);
		snprintf(d->deploy.why, sizeof(d->deploy.why), "%s", why);
		d->deploy.outcome = OUTCOME_FAILED;
	}
	verified = livepatch_mark_read(MARK_VERIFIED, &mark) == 0 && streq(mark.kvm_build_id, state.kvm_build_id);
	d->persistent = verified;
	if (!state.patch.loaded)
		return;
	trying = livepatch_mark_read(MARK_TRYING, &mark) == 0 && streq(mark.boot_id, state.boot_id);
	deploying_do(m, deploy_found(&d->deploy, trying, verified, now_ns(), deadline_ns(m)));
}

/* Once a run, of itself. */
static bool wants(struct manager *m, const struct probe_answer *answers)
{
	struct deploying *d = &m->deploying;

	if (!m->settings.auto_deploy || d->tried || d->deploy.state != DEPLOY_NONE)
		return false;
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		if (answers[b].result == PROBE_VULNERABLE)
			return livepatch_switch() == SWITCH_NONE;
	return false;
}

void deploying_probed(struct manager *m, const struct probe_answer answers[static _PROBE_BUG_MAX])
{
	struct deploying *d = &m->deploying;

	if (d->stale) {
		d->stale = false;
		return;
	}
	if (d->deploy.state == DEPLOY_VERIFIED || d->deploy.state == DEPLOY_FOREIGN)
		look(m);
	if (wants(m, answers)) {
		d->tried = true;
		d->accepted[0] = '\0';
		deploying_do(m, deploy_begin(&d->deploy, false));
	}
	deploying_do(m, deploy_probed(&d->deploy, answers));
}

void deploying_look(struct manager *m)
{
	struct deploying *d = &m->deploying;

	if (!deploy_busy(&d->deploy))
		look(m);
	else if ((d->deploy.state == DEPLOY_CHECKING || d->deploy.state == DEPLOY_PROBING) && !m->probing.run)
		probing_start(m); /* the trace source went, and the probe with it */
}

void deploying_report(const struct manager *m, struct report_livepatch *ret)
{
	const struct deploying *d = &m->deploying;

	*ret = (struct report_livepatch){
		.state = deploy_state_to_string(d->deploy.state),
		.outcome = outcome_info(d->deploy.outcome)->word,
		.why = d->deploy.why[0] ? d->deploy.why : NULL,
		.module = d->module[0] ? d->module : NULL,
		.loaded = d->deploy.state != DEPLOY_NONE && d->deploy.state != DEPLOY_CHECKING,
		.persistent = d->persistent,
		.at = d->at,
		.stalled = d->stalled,
		.n_stalled = d->n_stalled,
	};
}

void deploying_done(struct manager *m)
{
	struct deploying *d = &m->deploying;

	event_source_drop(&d->poll);
	for (size_t i = 0; i < d->n_heal; i++)
		sd_bus_message_unref(d->heal[i].call);
	free_p(&d->heal);
	d->n_heal = 0;
	stalled_tasks_done(d->stalled, d->n_stalled);
	d->n_stalled = 0;
}
