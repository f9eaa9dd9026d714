/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One object a job, org.avicd1.Job. conf/org.avicd1.Job.xml documents it; a test compares the two. */
#include <stdio.h>

#include "avicd/clock.h"
#include "daemon/bus_job.h"
#include "daemon/manager.h"

#define GETTER(name)                                                                                \
	static int name(sd_bus *bus, const char *path, const char *interface, const char *property, \
			sd_bus_message *reply, void *userdata, sd_bus_error *error)

static const char *asker_word(const struct tended *t)
{
	return t->job.asker == ASKER_PERSON ? "person" : "policy";
}

double jobs_progress(const struct tended *t)
{
	if (t->state.phase == PHASE_ENDED && t->state.result == RESULT_DONE)
		return 1;
	if (!t->state.total_kib)
		return -1;
	return MIN((double)t->state.done_kib / (double)t->state.total_kib, 1.0);
}

GETTER(get_id)
{
	return sd_bus_message_append(reply, "s", ((const struct tended *)userdata)->job.id);
}

GETTER(get_uuid)
{
	return sd_bus_message_append(reply, "s", ((const struct tended *)userdata)->job.uuid);
}

GETTER(get_name)
{
	return sd_bus_message_append(reply, "s", ((const struct tended *)userdata)->job.name);
}

GETTER(get_remedy)
{
	return sd_bus_message_append(reply, "s", remedy_to_string(((const struct tended *)userdata)->job.remedy));
}

GETTER(get_asker)
{
	return sd_bus_message_append(reply, "s", asker_word(userdata));
}

GETTER(get_phase)
{
	return sd_bus_message_append(reply, "s", job_phase_to_string(((const struct tended *)userdata)->state.phase));
}

GETTER(get_result)
{
	return sd_bus_message_append(reply, "s", job_result_to_string(((const struct tended *)userdata)->state.result));
}

GETTER(get_why)
{
	return sd_bus_message_append(reply, "s", ((const struct tended *)userdata)->state.why);
}

GETTER(get_target)
{
	return sd_bus_message_append(reply, "s", ((const struct tended *)userdata)->state.target);
}

GETTER(get_progress)
{
	return sd_bus_message_append(reply, "d", jobs_progress(userdata));
}

/* ---- as JSON ---- */

static void add_time(json_object *o, const char *key, uint64_t us)
{
	char text[32];

	json_object_object_add(o, key, us ? json_object_new_string(format_wall(us, text)) : NULL);
}

static json_object *text_or_null(const char *s)
{
	return *s ? json_object_new_string(s) : NULL;
}

static json_object *candidates_json(const struct job_state *s)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < s->n_candidates; i++) {
		const struct job_candidate *c = &s->candidates[i];
		json_object *o = json_object_new_object();

		json_object_object_add(o, "uri", json_object_new_string(c->uri));
		json_object_object_add(o, "rule", json_object_new_string(target_rule_to_string(c->rule)));
		json_object_object_add(o, "score", json_object_new_int64(c->score));
		json_object_object_add(o, "why", json_object_new_string(c->why));
		json_object_array_add(list, o);
	}
	return list;
}

json_object *jobs_json(const struct tended *t)
{
	const struct job_state *s = &t->state;
	json_object *o = json_object_new_object(), *progress = json_object_new_object();

	if (!o || !progress) {
		json_object_put(o);
		json_object_put(progress);
		return NULL;
	}
	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "id", json_object_new_string(t->job.id));
	json_object_object_add(o, "remedy", json_object_new_string(remedy_to_string(t->job.remedy)));
	json_object_object_add(o, "asker", json_object_new_string(asker_word(t)));
	json_object_object_add(o, "dry_run", json_object_new_boolean(t->job.dry_run));
	json_object_object_add(o, "uuid", text_or_null(t->job.uuid));
	json_object_object_add(o, "name", text_or_null(t->job.name));
	json_object_object_add(o, "phase", json_object_new_string(job_phase_to_string(s->phase)));
	json_object_object_add(o, "result", json_object_new_string(job_result_to_string(s->result)));
	json_object_object_add(o, "why", text_or_null(s->why));
	json_object_object_add(o, "target", text_or_null(s->target));
	json_object_object_add(o, "departed", json_object_new_boolean(s->departed));
	json_object_object_add(o, "progress", progress);
	json_object_object_add(progress, "done_kib", json_object_new_uint64(s->done_kib));
	json_object_object_add(progress, "total_kib", json_object_new_uint64(s->total_kib));
	json_object_object_add(progress, "rate_kib", json_object_new_uint64(s->rate_kib));
	json_object_object_add(o, "downtime_ms", s->downtime_ms ? json_object_new_int64(s->downtime_ms) : NULL);
	json_object_object_add(o, "image", text_or_null(s->image));
	json_object_object_add(o, "candidates", candidates_json(s));
	add_time(o, "begun_at", s->begun_us);
	add_time(o, "changed_at", s->changed_us);
	return o;
}

static int method_describe(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	_cleanup_json_ json_object *o = jobs_json(userdata);

	if (!o)
		return -ENOMEM;
	return sd_bus_reply_method_return(
		call, "s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* ---- cancelling ---- */

static int then_cancel(struct manager *m, sd_bus_message *call)
{
	struct tended *t = jobs_find_path(m, sd_bus_message_get_path(call));
	int r = t ? jobs_cancel(m, t) : -ENOENT;

	if (r == -ENOENT || r == -EALREADY)
		return sd_bus_reply_method_errorf(call, BUS_NO_SUCH_JOB, "The job has ended");
	if (r == -EOPNOTSUPP)
		return sd_bus_reply_method_errorf(call, BUS_REFUSED,
						  "busy: a heal cannot be cancelled: it ends by itself");
	if (r < 0)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_FAILED, "systemd cannot be asked: %s",
						  strerror(-r));
	log_notice("Job %s of domain %s is cancelled, as asked", t->job.id, t->job.name);
	return sd_bus_reply_method_return(call, NULL);
}

static int method_cancel(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(((struct tended *)userdata)->manager, call, BUS_REMEDY, then_cancel);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define CONST	SD_BUS_VTABLE_PROPERTY_CONST

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Id", "s", get_id, 0, CONST),
	SD_BUS_PROPERTY("UUID", "s", get_uuid, 0, CONST),
	SD_BUS_PROPERTY("Name", "s", get_name, 0, CONST),
	SD_BUS_PROPERTY("Remedy", "s", get_remedy, 0, CONST),
	SD_BUS_PROPERTY("Asker", "s", get_asker, 0, CONST),
	SD_BUS_PROPERTY("Phase", "s", get_phase, 0, CHANGES),
	SD_BUS_PROPERTY("Result", "s", get_result, 0, CHANGES),
	SD_BUS_PROPERTY("Why", "s", get_why, 0, CHANGES),
	SD_BUS_PROPERTY("Target", "s", get_target, 0, CHANGES),
	SD_BUS_PROPERTY("Progress", "d", get_progress, 0, CHANGES),
	SD_BUS_METHOD_WITH_ARGS("Cancel", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_describe,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

void job_bus_path(const char *id, char path[static JOB_PATH_MAX])
{
	_cleanup_free_ char *p = NULL;

	path[0] = '\0';
	if (sd_bus_path_encode(BUS_PATH_JOB, id, &p) >= 0)
		snprintf(path, JOB_PATH_MAX, "%s", p);
}

void job_bus_added(struct manager *m, const struct tended *t)
{
	if (t->path[0] && bus_live(m))
		sd_bus_emit_object_added(m->bus.bus, t->path);
}

void job_bus_changed(struct manager *m, const struct tended *t)
{
	if (t->path[0] && bus_live(m))
		sd_bus_emit_properties_changed(m->bus.bus, t->path, BUS_JOB, "Phase", "Result", "Why", "Target",
					       "Progress", NULL);
}

void job_bus_removed(struct manager *m, const struct tended *t)
{
	if (t->path[0] && bus_live(m))
		sd_bus_emit_object_removed(m->bus.bus, t->path);
}

static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
		   sd_bus_error *error)
{
	*ret = jobs_find_path(userdata, path);
	return *ret ? 1 : 0;
}

static int on_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret, sd_bus_error *error)
{
	const struct jobs *js = &((struct manager *)userdata)->jobs;
	char **list = calloc(js->n + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < js->n; i++) {
		list[i] = strdup(js->list[i]->path);
		if (!list[i]) {
			strv_free(list);
			return -ENOMEM;
		}
	}
	*ret = list;
	return 0;
}

int bus_add_jobs(struct manager *m)
{
	int r = sd_bus_add_fallback_vtable(m->bus.bus, NULL, BUS_PATH_JOB, BUS_JOB, vtable, on_find, m);

	return r < 0 ? r : sd_bus_add_node_enumerator(m->bus.bus, NULL, BUS_PATH_JOB, on_enumerate, m);
}
