/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl remedy jobs, show, cancel: those that are under way, and those that ended a moment ago. */
#include <stdio.h>
#include <stdlib.h>

#include "avicd/jsonc.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/remedy.h"

int remedy_describe(sd_bus *bus, const char *path, json_object **ret, sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const char *text;
	int r = asking_call(bus, path, AVICD_BUS_JOB, "Describe", NULL, NULL, &reply, error);

	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &text);
	if (r < 0)
		return r;
	*ret = json_tokener_parse(text);
	return *ret ? 0 : -EBADMSG;
}

/* Calls @fn for each job until it says stop (true). CTL_OK, or said. */
struct job_row {
	const char *path, *id, *uuid, *name, *remedy, *phase;
};
static int each_job(sd_bus *bus, bool (*fn)(const struct job_row *j, void *data), void *data)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	struct job_row j;
	int r = asking_call(bus, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "ListJobs", NULL, NULL, &reply, &error);

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "(osssss)");
	while (r >= 0 &&
	       (r = sd_bus_message_read(reply, "(osssss)", &j.path, &j.id, &j.uuid, &j.name, &j.remedy, &j.phase)) > 0)
		if (fn(&j, data))
			break;
	return r < 0 ? asking_failed(&error, r) : CTL_OK;
}

struct search {
	const char *who;
	char *path;
};

static bool is_it(const struct job_row *j, void *data)
{
	struct search *s = data;
	bool runs = !streq(j->phase, "ended");

	if (!streq(j->id, s->who) && !(runs && (streq(j->name, s->who) || streq(j->uuid, s->who))))
		return false;
	s->path = strdup(j->path);
	return true;
}

int remedy_find(sd_bus *bus, const char *who, char **ret)
{
	struct search s = {.who = who};
	int r = each_job(bus, is_it, &s);

	if (r != CTL_OK)
		return r;
	if (!s.path)
		return ctl_error("there is no job %s, nor one under way for such a domain; see: avicctl remedy jobs",
				 who);
	*ret = s.path;
	return CTL_OK;
}

struct gathering {
	sd_bus *bus;
	json_object *list;
};

static bool gather(const struct job_row *j, void *data)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	struct gathering *g = data;
	json_object *o;

	/* it may have gone since it was listed */
	if (remedy_describe(g->bus, j->path, &o, &error) == 0)
		json_object_array_add(g->list, o);
	return false;
}

/* What it has come to, as one word or so. */
static void state_of(json_object *j, char *buf, size_t size)
{
	json_object *p = field(j, "progress");
	int64_t done = field_int(p, "done_kib"), total = field_int(p, "total_kib");

	if (streq(field_text(j, "phase"), "ended"))
		snprintf(buf, size, "%s", field_text(j, "result"));
	else if (total > 0)
		snprintf(buf, size, "%s %d%%", field_text(j, "phase"), (int)(MIN(done, total) * 100 / total));
	else
		snprintf(buf, size, "%s", field_text(j, "phase"));
}

static const char *color_of(json_object *j)
{
	const char *result = field_text(j, "result");

	if (streq(result, "none") || streq(result, "cancelled"))
		return NULL;
	return streq(result, "done") ? ctl_green() : streq(result, "alarm") ? ctl_red() : ctl_yellow();
}

static void print_jobs(json_object *list)
{
	struct ctl_table *t = ctl_table_new();

	ctl_table_column(t, "JOB", CTL_LEFT);
	ctl_table_column(t, "DOMAIN", CTL_LEFT | CTL_TRUNC);
	ctl_table_column(t, "REMEDY", CTL_LEFT);
	ctl_table_column(t, "STATE", CTL_LEFT);
	ctl_table_column(t, "BEGUN", CTL_LEFT);
	ctl_table_column(t, "WHY", CTL_LEFT | CTL_TRUNC);
	for (size_t i = 0; i < field_len(list); i++) {
		json_object *j = json_object_array_get_idx(list, i);
		char state[64], begun[TIME_MAX];

		state_of(j, state, sizeof(state));
		ctl_table_row(t);
		ctl_table_cell(t, 0, field_text(j, "id"), NULL);
		ctl_table_cell(t, 1, field_text(j, "name"), NULL);
		ctl_table_cell(t, 2, field_text(j, "remedy"), NULL);
		ctl_table_cell(t, 3, state, color_of(j));
		ctl_table_cell(t, 4, time_short(field_time(j, "begun_at"), begun), NULL);
		ctl_table_cell(t, 5, field_text(j, "why"), NULL);
	}
	ctl_table_print(t);
	ctl_table_free(t);
}

int remedy_jobs(const struct remedy_request *rq _unused_)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	_cleanup_bus_ sd_bus *bus = NULL;
	struct gathering g = {.list = list};
	int r = asking_open(&bus);

	g.bus = bus;
	if (r == CTL_OK)
		r = each_job(bus, gather, &g);
	if (r != CTL_OK)
		return r;
	if (ctl_options.json) {
		ctl_print_json(list);
		return CTL_OK;
	}
	if (field_len(list))
		print_jobs(list);
	else
		puts("no job is under way, and none has ended within ten minutes");
	return CTL_OK;
}

static void print_candidates(json_object *j)
{
	json_object *list = field_array(j, "candidates");

	for (size_t i = 0; i < field_len(list); i++) {
		json_object *c = json_object_array_get_idx(list, i);
		bool good = streq(field_text(c, "rule"), "good");

		ctl_field(i ? "" : "Looked at", "%s: %s%s%s, %s", field_text(c, "uri"),
			  good ? ctl_green() : ctl_yellow(), field_text(c, "rule"), ctl_normal(), field_text(c, "why"));
	}
}

int remedy_show(const struct remedy_request *rq)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_json_ json_object *j = NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	_cleanup_free_ char *path = NULL;
	char state[64], time[TIME_MAX];
	int r = asking_open(&bus);

	if (r == CTL_OK)
		r = remedy_find(bus, rq->arg, &path);
	if (r != CTL_OK)
		return r;
	r = remedy_describe(bus, path, &j, &error);
	if (r < 0)
		return asking_failed(&error, r);
	if (ctl_options.json) {
		ctl_print_json(j);
		return CTL_OK;
	}
	state_of(j, state, sizeof(state));
	ctl_field("Job", "%s", field_text(j, "id"));
	ctl_field("Domain", "%s (%s)", field_text(j, "name"), field_text(j, "uuid"));
	ctl_field("Remedy", "%s%s, %s", field_text(j, "remedy"), field_bool(j, "dry_run") ? ", as a dry run" : "",
		  streq(field_text(j, "asker"), "person") ? "as asked" : "by policy");
	ctl_field("State", "%s%s%s%s%s", color_of(j) ?: "", state, color_of(j) ? ctl_normal() : "",
		  field_str(j, "why") ? ": " : "", field_str(j, "why") ?: "");
	ctl_field("Begun", "%s", time_local(field_time(j, "begun_at"), time));
	if (field_str(j, "target"))
		ctl_field("Target", "%s", field_str(j, "target"));
	if (field_int(j, "downtime_ms"))
		ctl_field("Stood still", "%lld ms", (long long)field_int(j, "downtime_ms"));
	if (field_str(j, "image"))
		ctl_field("Image", "%s", field_str(j, "image"));
	print_candidates(j);
	return CTL_OK;
}

int remedy_cancel(const struct remedy_request *rq)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	_cleanup_free_ char *path = NULL;
	int r = asking_open(&bus);

	if (r == CTL_OK)
		r = remedy_find(bus, rq->arg, &path);
	if (r != CTL_OK)
		return r;
	r = asking_call(bus, path, AVICD_BUS_JOB, "Cancel", NULL, NULL, NULL, &error);
	if (r < 0)
		return asking_failed(&error, r);
	if (!ctl_options.json)
		puts("it is being cancelled; see: avicctl remedy jobs");
	return CTL_OK;
}
