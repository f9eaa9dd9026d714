/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl top: which VMs change their mask most; options as those of kvm_stat. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/sample.h"
#include "ctl/screen.h"

struct top {
	bool once, log;
	int64_t pid;
	uint64_t delay; /* ns */
	struct client *client;
	struct sample now, before;
};

/* Ask the daemon; the last sample becomes the one before. Returns 0, or negative with *@text. */
static int measure(struct top *t, char **text)
{
	_cleanup_json_ json_object *state = NULL;
	struct sample s;
	int r;

	r = client_ask(t->client, &state, text);
	if (r < 0)
		return r;
	r = sample_make(state, now_ns(), t->pid, &s);
	if (r < 0)
		return r;
	TAKE_PTR(state);
	sample_done(&t->before);
	t->before = t->now;
	t->now = s;
	sample_rates(&t->now, &t->before);
	return 0;
}

static const char *rate_text(double rate, char *buf, size_t size)
{
	if (rate < 0)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.*f", rate >= 100 ? 0 : 1, rate);
	return buf;
}

enum { NAME, PID, CONDITION, CHANGES_S, EVENTS_S, CHANGES, REASONS };

static struct ctl_table *make_table(const struct sample *s)
{
	struct ctl_table *t = ctl_table_new();

	ctl_table_column(t, "NAME", CTL_TRUNC);
	ctl_table_column(t, "PID", CTL_RIGHT);
	ctl_table_column(t, "CONDITION", CTL_LEFT);
	ctl_table_column(t, "CHANGES/S", CTL_RIGHT);
	ctl_table_column(t, "EVENTS/S", CTL_RIGHT);
	ctl_table_column(t, "CHANGES", CTL_RIGHT);
	ctl_table_column(t, "REASONS", CTL_TRUNC);
	for (size_t i = 0; i < s->n; i++) {
		const struct sample_vm *v = &s->vms[i];
		char name[VM_NAME_MAX], number[32];
		const char *condition = field_text(v->vm, "condition");

		ctl_table_row(t);
		ctl_table_cell(t, NAME, vm_name(v->vm, name), NULL);
		snprintf(number, sizeof(number), "%lld", (long long)v->pid);
		ctl_table_cell(t, PID, number, NULL);
		ctl_table_cell(t, CONDITION, condition, ctl_color_of(condition));
		ctl_table_cell(t, CHANGES_S, rate_text(v->change_rate, number, sizeof(number)), NULL);
		ctl_table_cell(t, EVENTS_S, rate_text(v->event_rate, number, sizeof(number)), NULL);
		snprintf(number, sizeof(number), "%lld", (long long)v->changes);
		ctl_table_cell(t, CHANGES, number, NULL);
		ctl_table_cell(t, REASONS, field_text(v->vm, "mask_names"), NULL);
	}
	return t;
}

/* A field of RFC 4180: quoted when it has to be. */
static void csv(const char *s)
{
	if (!strpbrk(s, ",\"")) {
		fputs(s, stdout);
		return;
	}
	putchar('"');
	for (; *s; s++)
		printf(*s == '"' ? "\"\"" : "%c", *s);
	putchar('"');
}

static void print_log(const struct sample *s)
{
	char when[32];

	format_wall(wall_us(), when);
	for (size_t i = 0; i < s->n; i++) {
		const struct sample_vm *v = &s->vms[i];
		const char *name = field_str(v->vm, "name"), *uuid = field_str(v->vm, "uuid");

		printf("%s,", when);
		csv(name ?: "");
		printf(",%s,%lld,%s,%s,%.1f,%.1f\n", uuid ?: "", (long long)v->pid, field_text(v->vm, "condition"),
		       field_text(v->vm, "mask_hex"), MAX(v->change_rate, 0), MAX(v->event_rate, 0));
	}
}

static void print_json(const struct sample *s)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	json_object *vms = json_object_new_array();
	char when[32];

	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "at", json_object_new_string(format_wall(wall_us(), when)));
	for (size_t i = 0; i < s->n; i++) {
		static const char *const copied[] = {"name",	 "uuid",       "pid",	  "condition",
						     "mask_hex", "mask_names", "changes", "events"};
		const struct sample_vm *v = &s->vms[i];
		json_object *e = json_object_new_object();

		for (size_t k = 0; k < ARRAY_SIZE(copied); k++)
			json_object_object_add(e, copied[k], json_object_get(field(v->vm, copied[k])));
		json_object_object_add(e, "changes_per_second",
				       v->change_rate >= 0 ? json_object_new_double(v->change_rate) : NULL);
		json_object_object_add(e, "events_per_second",
				       v->event_rate >= 0 ? json_object_new_double(v->event_rate) : NULL);
		json_object_array_add(vms, e);
	}
	json_object_object_add(o, "vms", vms);
	ctl_print_json(o);
}

static void print_sample(const struct top *t)
{
	struct ctl_table *table;

	if (ctl_options.json) {
		print_json(&t->now);
	} else if (t->log) {
		print_log(&t->now);
	} else {
		table = make_table(&t->now);
		ctl_table_print(table);
		ctl_table_free(table);
	}
}

/* The interval passes, or nobody reads what we print. */
static bool pause_between(uint64_t ns)
{
	struct pollfd fd = {.fd = STDOUT_FILENO};
	struct timespec ts = {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};

	return ppoll(&fd, 1, &ts, NULL) <= 0;
}

static int run_log(struct top *t)
{
	_cleanup_free_ char *text = NULL;

	ctl_options.json_pretty = ctl_options.json_pretty && t->once;
	if (measure(t, &text) < 0)
		return ctl_error("%s", text ?: "out of memory");
	if (t->pid && t->now.n == 0)
		return ctl_error("no VM has the PID %lld; see: avicctl list", (long long)t->pid);
	if (t->log && !ctl_options.json && !ctl_options.no_legend) {
		puts("time,name,uuid,pid,condition,mask,changes_per_second,events_per_second");
		fflush(stdout);
	}
	do {
		if (!pause_between(t->delay))
			break;
		if (measure(t, &text) < 0)
			return ctl_error("%s", text ?: "out of memory");
		print_sample(t);
		fflush(stdout);
	} while (!t->once && !ferror(stdout));
	return CTL_OK;
}

static void draw(const struct top *t, const char *trouble)
{
	size_t rows = screen_rows(), len = 0;
	_cleanup_free_ char *buf = NULL;
	struct ctl_table *table;
	char at[TIME_MAX];
	FILE *f;

	f = open_memstream(&buf, &len);
	if (!f)
		return;
	fprintf(f, "%savicctl top%s - %s, host health %s, %zu VM%s, every %.3g s; q quits\n", ctl_bold(), ctl_normal(),
		time_local(wall_us(), at), field_text(t->now.state, "health"), t->now.n, t->now.n == 1 ? "" : "s",
		t->delay / 1e9);
	fprintf(f, "%s%s%s\n", ctl_red(), trouble ?: "", ctl_normal());
	table = make_table(&t->now);
	ctl_table_print_to(table, f, rows > 4 ? rows - 3 : 1);
	ctl_table_free(table);
	if (fclose(f) == 0)
		screen_draw(buf);
}

static int run_screen(struct top *t)
{
	_cleanup_free_ char *text = NULL;
	struct screen screen;
	enum screen_wait w = SCREEN_NOW;
	uint64_t next = 0;
	int r;

	r = measure(t, &text);
	if (r < 0)
		return ctl_error("%s", text ?: "out of memory");
	r = screen_open(&screen);
	if (r < 0) {
		screen_close(&screen);
		return ctl_error("the terminal cannot be used: %s; use: avicctl top --log", strerror(-r));
	}
	while (w != SCREEN_QUIT) {
		if (w != SCREEN_REDRAW) {
			/* A daemon that is restarted comes back: the last figures stay, with the reason above them. */
			free(TAKE_PTR(text));
			if (next > 0)
				measure(t, &text);
			next = now_ns() + t->delay;
		}
		draw(t, text);
		w = screen_wait(&screen, next);
	}
	screen_close(&screen);
	return CTL_OK;
}

static int parse(struct top *t, int argc, char *argv[])
{
	static const struct option options[] = {{"once", no_argument, NULL, '1'},
						{"log", no_argument, NULL, 'l'},
						{"pid", required_argument, NULL, 'p'},
						{"delay", required_argument, NULL, 'd'},
						{0}};
	double seconds;
	uint64_t pid;
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case '1':
			t->once = true;
			break;
		case 'l':
			t->log = true;
			break;
		case 'p':
			if (parse_u64(optarg, &pid) < 0 || pid == 0 || pid > INT32_MAX)
				return ctl_usage("top", "--pid=%s: not the PID of a process", optarg);
			t->pid = pid;
			break;
		case 'd':
			seconds = strtod(optarg, &end);
			if (end == optarg || *end || !(seconds >= 0.1 && seconds <= 3600))
				return ctl_usage("top", "--delay=%s: not a number of seconds from 0.1 to 3600", optarg);
			t->delay = seconds * NSEC_PER_SEC;
			break;
		}
	}
	return CTL_OK;
}

int verb_top(int argc, char *argv[])
{
	struct top t = {.delay = NSEC_PER_SEC};
	int r;

	r = parse(&t, argc, argv);
	if (r)
		return r;
	if (!t.once && !t.log && !ctl_options.json && !screen_usable())
		return ctl_usage(
			"top", "top draws on a terminal, and stdout is none that can be drawn on; use --once or --log");
	t.client = client_new();
	if (!t.client)
		return ctl_error("out of memory");
	r = t.once || t.log || ctl_options.json ? run_log(&t) : run_screen(&t);
	sample_done(&t.now);
	sample_done(&t.before);
	client_free(t.client);
	return r;
}
