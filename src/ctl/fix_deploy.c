/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicctl fix deploy, rollback and heal: avicd does it, here it is asked to, and followed.
 *
 * What avicd has begun it ends, whether or not anybody follows.
 */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/livepatch.h"
#include "avicd/report.h"
#include "ctl/asking.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"

#define LOOK_NS	  (200 * NSEC_PER_MSEC)
/* on a terminal, what takes longer than this shows that time passes */
#define SLOW_NS	  (2 * NSEC_PER_SEC)

static const struct {
	const char *state, *text;
} steps[] = {
	{"checking", "does the kernel have a bug?"},	{"loading", "the livepatch is loaded"},
	{"transition", "tasks arrive in the new code"}, {"probing", "is the bug gone?"},
	{"undoing", "the livepatch is taken away"},
};

static const char *step_text(const char *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (streq(steps[i].state, state))
			return steps[i].text;
	return NULL;
}

/* avicd's word for what it refuses is an exit status of ours. */
static int refused(const sd_bus_error *error, int r)
{
	for (unsigned o = 0; o < _OUTCOME_MAX; o++) {
		const struct outcome_info *info = outcome_info((enum livepatch_outcome)o);

		if (info->error && sd_bus_error_has_name(error, info->error)) {
			ctl_error("%s", error->message);
			return info->status;
		}
	}
	return asking_failed(error, r);
}

/* A line for each step; on a terminal the seconds of a slow one. */
static void show_step(const char *state, uint64_t since, bool news)
{
	uint64_t took = now_ns() - since;
	bool terminal = isatty(STDERR_FILENO);

	if (ctl_options.json)
		return;
	if (news)
		fprintf(stderr, "%s%-11s %s%s", terminal ? "\r\033[K" : "", state, step_text(state),
			terminal ? "" : "\n");
	else if (terminal && took > SLOW_NS)
		fprintf(stderr, "\r\033[K%-11s %s %llus", state, step_text(state),
			(unsigned long long)(took / NSEC_PER_SEC));
}

/* Until nothing goes on any more; *ret is what there is then. */
static int follow(json_object **ret)
{
	char last[16] = "";
	uint64_t since = now_ns();
	bool shown = false;

	for (;;) {
		_cleanup_json_ json_object *host = NULL;
		int r = client_host(&host);
		json_object *now = field(host, "livepatch");
		const char *state = field_text(now, "state");

		if (r < 0 || !now)
			return ctl_error(
				"avicd went away; what it has begun goes on when it is back: avicctl fix status");
		if (!step_text(state)) {
			if (shown && isatty(STDERR_FILENO))
				fputs("\r\033[K", stderr);
			*ret = json_object_get(now);
			return CTL_OK;
		}
		if (asking_interrupted)
			return ctl_error("avicd goes on: avicctl fix status");
		if (!streq(state, last)) {
			snprintf(last, sizeof(last), "%s", state);
			since = now_ns();
			show_step(last, since, true);
			shown = true;
		} else {
			show_step(last, since, false);
		}
		usleep(LOOK_NS / 1000);
	}
}

/* Who held it up, one a line. */
static void print_stalled(json_object *livepatch)
{
	json_object *tasks = field_array(livepatch, "stalled");

	for (size_t i = 0; i < field_len(tasks); i++) {
		json_object *t = json_object_array_get_idx(tasks, i);
		_cleanup_text_ struct text stack = {0};

		field_strings(field_array(t, "stack"), " < ", &stack);
		printf("  %s (PID %lld, thread %lld): %s\n", field_text(t, "comm"), (long long)field_int(t, "pid"),
		       (long long)field_int(t, "tid"), stack.s ?: "in user space");
	}
}

/* What came of it: one line, and its exit status. */
static int conclude(json_object *livepatch)
{
	int o = outcome_from_word(field_text(livepatch, "outcome"));
	const struct outcome_info *info = outcome_info(o < 0 ? OUTCOME_FAILED : (enum livepatch_outcome)o);
	const char *why = field_str(livepatch, "why");

	if (ctl_options.json)
		ctl_print_json(livepatch);
	else
		printf("%s%s%s: %s\n", info->status ? ctl_yellow() : ctl_green(), field_text(livepatch, "state"),
		       ctl_normal(), why ?: info->text);
	if (!ctl_options.json)
		print_stalled(livepatch);
	return info->status;
}

static int ask(sd_bus *bus, const char *method, asking_append append, const void *data)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = asking_call(bus, AVICD_BUS_PATH, AVICD_BUS_MANAGER, method, append, data, NULL, &error);

	return r < 0 ? refused(&error, r) : CTL_OK;
}

static int append_risks(sd_bus_message *m, const struct fix_request *rq)
{
	int r = sd_bus_message_open_container(m, 'a', "s");

	for (size_t i = 0; r >= 0 && i < rq->n_risks; i++)
		r = sd_bus_message_append(m, "s", rq->risks[i]);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_options(sd_bus_message *m, const void *data)
{
	const struct fix_request *rq = data;
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}", "heal", "s", rq->heal);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'e', "sv");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", "accept_risks");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', "as");
	if (r >= 0)
		r = append_risks(m, rq);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(m);
	return r;
}

static int append_vm(sd_bus_message *m, const void *data)
{
	const struct fix_request *rq = data;
	int r = sd_bus_message_append(m, "s", rq->arg);

	return r < 0 ? r : append_risks(m, rq);
}

static int change(const char *method, asking_append append, const void *data, bool wait)
{
	_cleanup_json_ json_object *livepatch = NULL, *before = NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = asking_open(&bus);

	if (r == CTL_OK && wait)
		r = follow(&before);
	if (r == CTL_OK && append)
		fix_print_risks();
	if (r == CTL_OK)
		r = ask(bus, method, append, data);
	if (r != CTL_OK)
		return r;
	asking_catch();
	r = follow(&livepatch);
	return r == CTL_OK ? conclude(livepatch) : r;
}

int fix_deploy(const struct fix_request *rq)
{
	return rq->dry_run ? fix_dry_run() : change("Deploy", append_options, rq, rq->wait);
}

int fix_rollback(const struct fix_request *rq)
{
	return change("Rollback", NULL, NULL, rq->wait);
}

int fix_heal(const struct fix_request *rq)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = asking_open(&bus);

	if (r == CTL_OK)
		fix_print_risks();
	if (r == CTL_OK)
		r = ask(bus, "Heal", append_vm, rq);
	if (r == CTL_OK && !ctl_options.json)
		printf("%s: APIC_ID_MODIFIED is cleared\n", rq->arg);
	return r;
}
