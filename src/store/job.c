/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two files of a job. */
#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "avicd/config.h"
#include "avicd/file.h"
#include "avicd/job.h"
#include "avicd/text.h"
#include "store/job-private.h"

static const char *const phases[] = {
	[PHASE_NEW] = "new",	 [PHASE_CHECKING] = "checking",	  [PHASE_RUNNING] = "running",
	[PHASE_ARMED] = "armed", [PHASE_VERIFYING] = "verifying", [PHASE_ENDED] = "ended",
};
static_assert(ARRAY_SIZE(phases) == _PHASE_MAX, "each phase has a word");

static const struct {
	const char *word;
	int status;
} results[] = {
	[RESULT_NONE] = {"none", 1},
	[RESULT_DONE] = {"done", 0},
	[RESULT_REFUSED] = {"refused", 20},
	[RESULT_FAILED] = {"failed", 21},
	[RESULT_CANCELLED] = {"cancelled", 22},
	[RESULT_GONE] = {"gone", 23},
	[RESULT_ALARM] = {"alarm", 24},
};
static_assert(ARRAY_SIZE(results) == _RESULT_MAX, "each result has a word");

const char *job_phase_to_string(enum job_phase p)
{
	return p < _PHASE_MAX ? phases[p] : "unknown";
}

const char *job_result_to_string(enum job_result r)
{
	return r < _RESULT_MAX ? results[r].word : "unknown";
}

int job_exit_status(enum job_result r)
{
	return r < _RESULT_MAX ? results[r].status : 1;
}

bool job_id_ok(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && !id[n] && n < JOB_ID_MAX && *id != '-';
}

void job_done(struct job *j)
{
	strv_free(j->targets);
	free(j->reports);
	free(j->images);
	*j = (struct job){0};
}

void job_state_done(struct job_state *s)
{
	free(s->candidates);
	*s = (struct job_state){0};
}

int job_path(const char *dir, const char *id, const char *suffix, char **ret)
{
	if (!job_id_ok(id))
		return -EINVAL;
	if (asprintf(ret, "%s/%s.%s", dir, id, suffix) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int write_file(const char *dir, const char *id, const char *suffix, json_object *o)
{
	_cleanup_free_ char *path = NULL;
	const char *text;
	int r = job_path(dir, id, suffix, &path);

	if (r < 0)
		return r;
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	return text ? file_write_atomic(path, text, strlen(text), 0600, true) : -ENOMEM;
}

static void add_string(json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, s ? json_object_new_string(s) : NULL);
}

static void add_u64(json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void add_bool(json_object *o, const char *key, bool b)
{
	json_object_object_add(o, key, json_object_new_boolean(b));
}

int job_write(const char *dir, const struct job *j)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	json_object *targets = json_object_new_array();

	json_object_object_add(o, "targets", targets);
	if (!o || !targets)
		return -ENOMEM;
	for (char **t = j->targets; t && *t; t++)
		json_object_array_add(targets, json_object_new_string(*t));
	add_string(o, "schema", JOB_SCHEMA);
	add_string(o, "remedy", remedy_to_string(j->remedy));
	add_bool(o, "asked", j->asker == ASKER_PERSON);
	add_u64(o, "pid", (uint64_t)j->vm.tgid);
	add_u64(o, "start", j->vm.start);
	add_string(o, "uuid", j->uuid);
	add_string(o, "name", j->name);
	add_string(o, "uri", j->uri);
	add_bool(o, "dry_run", j->dry_run);
	add_u64(o, "deadline_ns", j->deadline_ns);
	add_string(o, "reports", j->reports ?: "");
	add_bool(o, "tls", j->tls);
	add_bool(o, "auto_converge", j->auto_converge);
	add_u64(o, "bandwidth", j->bandwidth);
	add_string(o, "images", j->images ?: "");
	add_u64(o, "max_downtime_ns", j->max_downtime_ns);
	add_bool(o, "discard_pit", j->discard_pit);
	return write_file(dir, j->id, "job", o);
}

int job_state_write(const char *dir, const char *id, const struct job_state *s)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	json_object *list = json_object_new_array();

	json_object_object_add(o, "candidates", list);
	if (!o || !list)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_candidates; i++) {
		const struct job_candidate *c = &s->candidates[i];
		json_object *one = json_object_new_object();

		add_string(one, "uri", c->uri);
		add_string(one, "rule", target_rule_to_string(c->rule));
		json_object_object_add(one, "score", json_object_new_int64(c->score));
		add_string(one, "why", c->why);
		json_object_array_add(list, one);
	}
	add_string(o, "schema", STATE_SCHEMA);
	add_string(o, "phase", job_phase_to_string(s->phase));
	add_string(o, "result", job_result_to_string(s->result));
	add_string(o, "why", s->why);
	add_u64(o, "begun_us", s->begun_us);
	add_u64(o, "changed_us", s->changed_us);
	add_string(o, "target", s->target);
	add_bool(o, "departed", s->departed);
	add_u64(o, "done_kib", s->done_kib);
	add_u64(o, "total_kib", s->total_kib);
	add_u64(o, "rate_kib", s->rate_kib);
	add_u64(o, "downtime_ms", s->downtime_ms);
	add_string(o, "image", s->image);
	return write_file(dir, id, "state", o);
}

int job_remove(const char *dir, const char *id)
{
	static const char *const suffixes[] = {"state", "job"};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path = NULL;
		int r = job_path(dir, id, suffixes[i], &path);

		if (r < 0)
			return r;
		if (unlink(path) < 0 && errno != ENOENT)
			ret = -errno;
	}
	return ret;
}

static int is_job(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');
	char id[JOB_ID_MAX];
	size_t n = dot ? (size_t)(dot - d->d_name) : 0;

	if (!dot || !streq(dot, ".job") || n >= sizeof(id))
		return 0;
	memcpy(id, d->d_name, n);
	id[n] = '\0';
	return job_id_ok(id);
}

int job_list(const char *dir, char ***ret)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_job, alphasort), r = 0;
	char **list;

	if (n < 0 && errno != ENOENT)
		return -errno;
	list = calloc((size_t)MAX(n, 0) + 1, sizeof(*list));
	for (int i = 0; i < n; i++) {
		if (list && r == 0) {
			list[i] = strndup(entries[i]->d_name, strlen(entries[i]->d_name) - strlen(".job"));
			if (!list[i])
				r = -ENOMEM;
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	if (!list || r < 0) {
		strv_free(list);
		return -ENOMEM;
	}
	*ret = list;
	return 0;
}
