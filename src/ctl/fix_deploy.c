/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicctl fix deploy, rollback and heal: avicd does it, here it is asked to, and followed.
 *
 * What avicd has begun it ends, whether or not anybody follows.
 */
#include <signal.h>
#include <stdio.h>

#include "avicd/capability.h"
#include "avicd/catalogue.h"
#include "avicd/clock.h"
#include "avicd/hostcheck.h"
#include "avicd/livepatch.h"
#include "avicd/report.h"
#include "ctl/catalogue.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"

#define LOOK_NS	  (200 * NSEC_PER_MSEC)
/* on a terminal, what takes longer than this shows that time passes */
#define SLOW_NS	  (2 * NSEC_PER_SEC)
/* avicd asks polkit, and polkit may ask a person; a heal waits for a unit */
#define CALL_USEC (180 * USEC_PER_SEC)

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

static void bus_p(sd_bus **bus)
{
	sd_bus_flush_close_unref(*bus);
}
#define _cleanup_bus_ _cleanup_(bus_p)

/* avicd's word for what it refuses is an exit status of ours. */
static int refused(const sd_bus_error *error, int r)
{
	if (sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		return ctl_error("avicd is not running, which does this: systemctl start avicd");
	for (unsigned o = 0; o < _OUTCOME_MAX; o++) {
		const struct outcome_info *info = outcome_info((enum livepatch_outcome)o);

		if (info->error && sd_bus_error_has_name(error, info->error)) {
			ctl_error("%s", error->message);
			return info->status;
		}
	}
	return ctl_error("%s", error->message ?: strerror(-r));
}

static volatile sig_atomic_t interrupted;

static void on_signal(int sig _unused_)
{
	interrupted = 1;
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
		if (interrupted)
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

static int open_bus(sd_bus **ret)
{
	int r = sd_bus_open_system(ret);

	if (r < 0)
		return ctl_error("the system bus cannot be reached: %s", strerror(-r));
	sd_bus_set_method_call_timeout(*ret, CALL_USEC);
	return CTL_OK;
}

/* @append: the arguments; NULL: there are none. */
static int ask(sd_bus *bus, const char *method, int (*append)(sd_bus_message *m, const void *data), const void *data)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, AVICD_BUS_NAME, AVICD_BUS_PATH, AVICD_BUS_MANAGER, method);

	if (r >= 0)
		r = sd_bus_message_set_auto_start(m, false);
	if (r >= 0 && append)
		r = append(m, data);
	if (r >= 0)
		r = sd_bus_call(bus, m, CALL_USEC, &error, NULL);
	sd_bus_message_unref(m);
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

/* What is known to go wrong with AVIC on this kernel is said before somebody gets it back. */
static void print_risks(void)
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
static int dry_run(void)
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
	print_risks();
	printf("would load %s,\nwait up to %llu s until every task runs the new code, probe again,\n"
	       "and keep it for the next boot if the bug is gone, else take it away\n",
	       module.path, (unsigned long long)(livepatch_deadline() / NSEC_PER_SEC));
	return CTL_OK;
}

static int change(const char *method, int (*append)(sd_bus_message *m, const void *data), const void *data, bool wait)
{
	_cleanup_json_ json_object *livepatch = NULL, *before = NULL;
	const struct sigaction sa = {.sa_handler = on_signal};
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = open_bus(&bus);

	if (r == CTL_OK && wait)
		r = follow(&before);
	if (r == CTL_OK && append)
		print_risks();
	if (r == CTL_OK)
		r = ask(bus, method, append, data);
	if (r != CTL_OK)
		return r;
	sigaction(SIGINT, &sa, NULL);
	r = follow(&livepatch);
	return r == CTL_OK ? conclude(livepatch) : r;
}

int fix_deploy(const struct fix_request *rq)
{
	return rq->dry_run ? dry_run() : change("Deploy", append_options, rq, rq->wait);
}

int fix_rollback(const struct fix_request *rq)
{
	return change("Rollback", NULL, NULL, rq->wait);
}

int fix_heal(const struct fix_request *rq)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = open_bus(&bus);

	if (r == CTL_OK)
		print_risks();
	if (r == CTL_OK)
		r = ask(bus, "Heal", append_vm, rq);
	if (r == CTL_OK && !ctl_options.json)
		printf("%s: APIC_ID_MODIFIED is cleared\n", rq->arg);
	return r;
}
