/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manager.PlanRemedy(), RunRemedy() and ListJobs(). */
#include <stdio.h>

#include "avicd/clock.h"
#include "daemon/bus_job.h"
#include "daemon/manager.h"

/* What a person may say of a run. The strings are of the message. */
struct request {
	const char *remedy, *target;
	bool dry_run;
	char accepted[512];
};

/* enum remedy; -1: none was named; -EINVAL. */
static int remedy_of(const char *word)
{
	if (!word || !*word)
		return -1;
	for (int r = 0; r < _REMEDY_MAX; r++)
		if (streq(remedy_to_string((enum remedy)r), word))
			return r;
	return -EINVAL;
}

static int refuse_word(sd_bus_message *call, const char *word)
{
	return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
					  "There is no remedy '%.40s': heal, migrate, restore or cold-reboot", word);
}

static int refuse_recording(sd_bus_message *call)
{
	return sd_bus_reply_method_errorf(call, BUS_REFUSED, "unknown: a recording is of another host, or of another time");
}

/* ---- the plan ---- */

static json_object *step_json(const struct remedy_step *s)
{
	json_object *o = json_object_new_object();
	bool refused = s->rule != RULE_NONE;
	char at[32];

	json_object_object_add(o, "remedy", json_object_new_string(remedy_to_string(s->remedy)));
	json_object_object_add(o, "rule", refused ? json_object_new_string(rule_to_string(s->rule)) : NULL);
	json_object_object_add(o, "why", refused ? json_object_new_string(rule_sentence(s->rule)) : NULL);
	json_object_object_add(o, "again_at",
			       s->until == TIME_NEVER ? NULL
						      : json_object_new_string(format_wall(wall_of(s->until), at)));
	return o;
}

static json_object *vm_json(const struct manager *m, const struct vm *vm)
{
	json_object *o = json_object_new_object(), *reasons = json_object_new_array();
	char name[BIT_NAME_MAX];

	json_object_object_add(o, "pid", json_object_new_int(vm->id.tgid));
	json_object_object_add(o, "uuid", vm->domain.uuid[0] ? json_object_new_string(vm->domain.uuid) : NULL);
	json_object_object_add(o, "name", vm->domain.name[0] ? json_object_new_string(vm->domain.name) : NULL);
	json_object_object_add(o, "condition", json_object_new_string(condition_to_string(vm->verdict.condition)));
	json_object_object_add(o, "cause", json_object_new_string(cause_to_string(vm->verdict.cause)));
	for (size_t i = 0; i < vm->verdict.n; i++)
		json_object_array_add(reasons, json_object_new_string(bit_name(&m->tracker.numbering,
									       vm->verdict.reasons[i].bit, name)));
	json_object_object_add(o, "reasons", reasons);
	return o;
}

json_object *remedying_json(struct manager *m, const struct vm *vm, enum remedy_asker asker, int wanted)
{
	json_object *o = json_object_new_object(), *ladder = json_object_new_array(), *steps = json_object_new_array();
	const struct tended *job = vm->domain.uuid[0] ? jobs_of(m, vm->domain.uuid) : NULL;
	struct remedy_wish w;
	struct remedy_plan p;
	const char *from;

	if (!o || !ladder || !steps) {
		json_object_put(o);
		json_object_put(ladder);
		json_object_put(steps);
		return NULL;
	}
	remedying_wish(m, vm, &w, &from);
	remedying_plan(m, vm, asker, wanted, "", false, &p);
	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "vm", vm_json(m, vm));
	json_object_object_add(o, "automatic", json_object_new_boolean(w.automatic));
	json_object_object_add(o, "automatic_from", json_object_new_string(from));
	for (size_t i = 0; i < w.ladder.n; i++)
		json_object_array_add(ladder, json_object_new_string(remedy_to_string((enum remedy)w.ladder.list[i])));
	json_object_object_add(o, "ladder", ladder);
	json_object_object_add(
		o, "chosen", p.chosen < 0 ? NULL : json_object_new_string(remedy_to_string(p.steps[p.chosen].remedy)));
	for (size_t i = 0; i < p.n; i++)
		json_object_array_add(steps, step_json(&p.steps[i]));
	json_object_object_add(o, "steps", steps);
	json_object_object_add(o, "job", job ? json_object_new_string(job->job.id) : NULL);
	return o;
}

int remedying_method_plan(struct manager *m, sd_bus_message *call, sd_bus_error *error)
{
	_cleanup_json_ json_object *o = NULL;
	const struct watched *w;
	const struct vm *vm;
	const char *arg, *word;
	int r = sd_bus_message_read(call, "ss", &arg, &word), wanted;

	if (r < 0)
		return r;
	wanted = remedy_of(word);
	if (wanted == -EINVAL)
		return refuse_word(call, word);
	if (sources_wants_recording(m))
		return refuse_recording(call);
	w = bus_find_vm(m, arg, error);
	vm = w ? tracker_find(&m->tracker, w->id.tgid) : NULL;
	if (!vm)
		return -EINVAL;
	/* who names a remedy asks what came of asking for it */
	o = remedying_json(m, vm, wanted < 0 ? ASKER_POLICY : ASKER_PERSON, wanted);
	if (!o)
		return -ENOMEM;
	return sd_bus_reply_method_return(
		call, "s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* ---- a run ---- */

static int read_option(sd_bus_message *call, const char *key, struct request *ret)
{
	int flag, r;

	if (streq(key, "remedy"))
		return sd_bus_message_read(call, "v", "s", &ret->remedy);
	if (streq(key, "target"))
		return sd_bus_message_read(call, "v", "s", &ret->target);
	if (streq(key, "dry_run")) {
		r = sd_bus_message_read(call, "v", "b", &flag);
		ret->dry_run = r >= 0 && flag;
		return r;
	}
	if (streq(key, "accept_risks")) {
		r = sd_bus_message_enter_container(call, 'v', "as");
		if (r >= 0)
			r = deploying_read_risks(call, ret->accepted, sizeof(ret->accepted));
		return r < 0 ? r : sd_bus_message_exit_container(call);
	}
	return sd_bus_message_skip(call, "v");
}

static int read_request(sd_bus_message *call, struct request *ret)
{
	const char *key;
	int r = sd_bus_message_enter_container(call, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
		r = sd_bus_message_read(call, "s", &key);
		if (r >= 0)
			r = read_option(call, key, ret);
		if (r >= 0)
			r = sd_bus_message_exit_container(call);
	}
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

/* The rule that has the last word: of the remedy that was asked for, or of the first of the ladder. */
static const struct remedy_step *answer(const struct remedy_plan *p, int wanted)
{
	for (size_t i = 0; i < p->n; i++)
		if ((int)p->steps[i].remedy == wanted)
			return &p->steps[i];
	return &p->steps[0];
}

static int run(struct manager *m, sd_bus_message *call, const struct vm *vm, const struct request *rq, int wanted)
{
	const struct job_options o = {.target = rq->target && *rq->target ? rq->target : NULL, .dry_run = rq->dry_run};
	const struct remedy_step *s;
	struct remedy_plan p;
	struct tended *t;
	const char *why;

	if (o.target && strpbrk(o.target, " \t\n"))
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS, "A target is one URI");
	remedying_plan(m, vm, ASKER_PERSON, wanted, rq->accepted, o.target, &p);
	s = answer(&p, wanted);
	if (p.chosen < 0)
		return sd_bus_reply_method_errorf(call, BUS_REFUSED, "%s: %s: %s", remedy_to_string(s->remedy),
						  rule_to_string(s->rule), rule_sentence(s->rule));
	if (jobs_start(m, vm, p.steps[p.chosen].remedy, ASKER_PERSON, &o, &t, &why) < 0)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_FAILED, "No remedy is begun: %s", why);
	return sd_bus_reply_method_return(call, "o", t->path);
}

int remedying_method_run(struct manager *m, sd_bus_message *call)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	struct request rq = {0};
	const struct watched *w;
	const struct vm *vm;
	const char *arg;
	int r = sd_bus_message_read(call, "s", &arg), wanted;

	if (r >= 0)
		r = read_request(call, &rq);
	if (r < 0)
		return r;
	wanted = remedy_of(rq.remedy);
	if (wanted == -EINVAL)
		return refuse_word(call, rq.remedy);
	if (sources_wants_recording(m))
		return refuse_recording(call);
	w = bus_find_vm(m, arg, &error);
	if (!w)
		return sd_bus_reply_method_error(call, &error);
	vm = tracker_find(&m->tracker, w->id.tgid);
	return vm ? run(m, call, vm, &rq, wanted) : -ESRCH;
}

int remedying_method_list(struct manager *m, sd_bus_message *call)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(osssss)");
	for (size_t i = 0; r >= 0 && i < m->jobs.n; i++) {
		const struct tended *t = m->jobs.list[i];

		r = sd_bus_message_append(reply, "(osssss)", t->path, t->job.id, t->job.uuid, t->job.name,
					  remedy_to_string(t->job.remedy), job_phase_to_string(t->state.phase));
	}
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}
