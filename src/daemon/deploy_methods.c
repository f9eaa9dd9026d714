/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manager.Deploy(), Rollback() and Heal(), for who may. */
#include <stdio.h>

#include "daemon/manager.h"

static int refuse(sd_bus_message *call, enum livepatch_outcome o, const char *why)
{
	return sd_bus_reply_method_errorf(call, outcome_info(o)->error, "%s", why);
}

/* One unit at a time, and none for two. */
static bool is_busy(const struct manager *m)
{
	return deploy_busy(&m->deploying.deploy) || m->deploying.n_heal || m->units.done;
}

/* All of them behind one another, " ID ID ": who accepts more than there is has accepted nothing by that. */
int deploying_read_risks(sd_bus_message *call, char *accepted, size_t size)
{
	size_t n = 0;
	const char *id;
	int r = sd_bus_message_enter_container(call, 'a', "s");

	while (r >= 0 && (r = sd_bus_message_read(call, "s", &id)) > 0)
		if (n < size)
			n += (size_t)snprintf(accepted + n, size - n, "%s%s ", n ? "" : " ", id);
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

static int read_options(sd_bus_message *call, bool *dry_run, bool *heal_now, char *accepted, size_t size)
{
	const char *key, *word;
	int r = sd_bus_message_enter_container(call, 'a', "{sv}"), flag;

	while (r >= 0 && (r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
		r = sd_bus_message_read(call, "s", &key);
		if (r < 0)
			return r;
		if (streq(key, "dry_run")) {
			r = sd_bus_message_read(call, "v", "b", &flag);
			*dry_run = r >= 0 && flag;
		} else if (streq(key, "heal")) {
			r = sd_bus_message_read(call, "v", "s", &word);
			*heal_now = r >= 0 && streq(word, "now");
		} else if (streq(key, "accept_risks")) {
			r = sd_bus_message_enter_container(call, 'v', "as");
			if (r >= 0)
				r = deploying_read_risks(call, accepted, size);
			if (r >= 0)
				r = sd_bus_message_exit_container(call);
		} else {
			r = sd_bus_message_skip(call, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(call);
	}
	return r;
}

int deploying_deploy(struct manager *m, sd_bus_message *call)
{
	struct deploying *d = &m->deploying;
	char accepted[sizeof(d->accepted)] = "";
	bool dry_run = false, heal_now = false;
	enum livepatch_switch off = livepatch_switch();
	int r = read_options(call, &dry_run, &heal_now, accepted, sizeof(accepted));

	if (r < 0)
		return r;
	if (off != SWITCH_NONE)
		return refuse(call, OUTCOME_SWITCHED_OFF, livepatch_switch_says(off));
	if (is_busy(m))
		return refuse(call, OUTCOME_BUSY,
			      "Another change of the livepatch is going on; see: avicctl fix status");
	r = sd_bus_reply_method_return(call, NULL);
	stalled_tasks_done(d->stalled, d->n_stalled);
	d->n_stalled = 0;
	memcpy(d->accepted, accepted, sizeof(accepted));
	if (!dry_run)
		deploying_do(m, deploy_begin(&d->deploy, heal_now));
	return r;
}

int deploying_rollback(struct manager *m, sd_bus_message *call)
{
	struct deploying *d = &m->deploying;
	int r;

	if (is_busy(m))
		return refuse(call, OUTCOME_BUSY,
			      "Another change of the livepatch is going on; see: avicctl fix status");
	r = sd_bus_reply_method_return(call, NULL);
	deploying_do(m, deploy_rollback(&d->deploy));
	return r;
}

int deploying_heal(struct manager *m, sd_bus_message *call)
{
	struct deploying *d = &m->deploying;
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	const struct watched *w;
	char accepted[sizeof(d->accepted)] = "", why[LIVEPATCH_WHY_MAX];
	const char *arg;
	int r = sd_bus_message_read(call, "s", &arg);

	if (r >= 0)
		r = deploying_read_risks(call, accepted, sizeof(accepted));
	if (r < 0)
		return r;
	if (deploying_risks(m, accepted, true, why))
		return refuse(call, OUTCOME_RISK, why);
	if (d->deploy.state != DEPLOY_VERIFIED)
		return refuse(call, OUTCOME_FAILED,
			      "Without a proved livepatch the VM would stick again; first: avicctl fix deploy");
	w = bus_find_vm(m, arg, &error);
	if (!w)
		return sd_bus_reply_method_error(call, &error);
	r = deploying_heal_one(m, w->id.tgid, call);
	return r < 0 ? r : 1;
}
