/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two files of a job.
 *
 * DOC: Theory of Operation
 *
 * Each file has one writer, and is read as if an enemy wrote it: avicd-job has libvirt's credentials, and does what ID.job says. All of a file
 * is believed, or nothing. What could not be read again is not written.
 */
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/job.h"
#include "avicd/text.h"
#include "store/jobfields.h"

#define JOB_SCHEMA	"avicd-job/1"
#define STATE_SCHEMA	"avicd-job-state/1"
#define PATH_LINE_MAX	4096
#define TARGET_LINE_MAX 512
/* objects and commas: those of the format, with room for members that a newer minor version adds */
static const struct reader_limits job_limits = {256 << 10, 8, JOB_TARGETS_MAX + 64, 4};
static const struct reader_limits state_limits = {256 << 10, JOB_TARGETS_MAX + 8, JOB_TARGETS_MAX * 8 + 64, 5};

static const char *remedy_word(unsigned v)
{
	/* no others are jobs */
	return v >= REMEDY_MIGRATE && v <= REMEDY_COLD_REBOOT ? remedy_to_string((enum remedy)v) : "";
}

static const char *asker_word(unsigned v)
{
	return v == ASKER_PERSON ? "person" : "policy";
}

static const char *phase_word(unsigned v)
{
	return job_phase_to_string((enum job_phase)v);
}

static const char *result_word(unsigned v)
{
	return job_result_to_string((enum job_result)v);
}

static const char *rule_word(unsigned v)
{
	return target_rule_to_string((enum target_rule)v);
}

#define MEMBER(s, m)	  .offset = offsetof(struct s, m), .size = sizeof(((struct s *)NULL)->m)
#define LINE(s, m, max)	  .offset = offsetof(struct s, m), .size = max
#define WORDS(s, m, n, w) .offset = offsetof(struct s, m), .size = n, .word = w

static const struct field job_fields[] = {
	{.key = "id", .type = FIELD_CHARS, MEMBER(job, id)},
	{.key = "remedy", .type = FIELD_WORD, WORDS(job, remedy, _REMEDY_MAX, remedy_word)},
	{.key = "asker", .type = FIELD_WORD, WORDS(job, asker, 2, asker_word)},
	{.key = "start", .type = FIELD_U64, MEMBER(job, vm.start)},
	{.key = "uuid", .type = FIELD_CHARS, MEMBER(job, uuid)},
	{.key = "name", .type = FIELD_CHARS, MEMBER(job, name)},
	{.key = "uri", .type = FIELD_CHARS, MEMBER(job, uri)},
	{.key = "dry_run", .type = FIELD_BOOL, MEMBER(job, dry_run)},
	{.key = "deadline_ns", .type = FIELD_U64, MEMBER(job, deadline_ns)},
	{.key = "reports", .type = FIELD_STRING, LINE(job, reports, PATH_LINE_MAX)},
	{.key = "tls", .type = FIELD_BOOL, MEMBER(job, tls)},
	{.key = "auto_converge", .type = FIELD_BOOL, MEMBER(job, auto_converge)},
	{.key = "bandwidth", .type = FIELD_U32, MEMBER(job, bandwidth)},
	{.key = "images", .type = FIELD_STRING, LINE(job, images, PATH_LINE_MAX)},
	{.key = "max_downtime_ns", .type = FIELD_U64, MEMBER(job, max_downtime_ns)},
	{.key = "discard_pit", .type = FIELD_BOOL, MEMBER(job, discard_pit)},
	{.key = NULL},
};
static const struct field candidate_fields[] = {
	{.key = "uri", .type = FIELD_CHARS, MEMBER(job_candidate, uri)},
	{.key = "rule", .type = FIELD_WORD, WORDS(job_candidate, rule, _TARGET_MAX, rule_word)},
	{.key = "score", .type = FIELD_I64, MEMBER(job_candidate, score)},
	{.key = "why", .type = FIELD_CHARS, MEMBER(job_candidate, why)},
	{.key = NULL},
};
static const struct field state_fields[] = {
	{.key = "phase", .type = FIELD_WORD, WORDS(job_state, phase, _PHASE_MAX, phase_word)},
	{.key = "result", .type = FIELD_WORD, WORDS(job_state, result, _RESULT_MAX, result_word)},
	{.key = "why", .type = FIELD_CHARS, MEMBER(job_state, why)},
	{.key = "begun_us", .type = FIELD_U64, MEMBER(job_state, begun_us)},
	{.key = "changed_us", .type = FIELD_U64, MEMBER(job_state, changed_us)},
	{.key = "target", .type = FIELD_CHARS, MEMBER(job_state, target)},
	{.key = "departed", .type = FIELD_BOOL, MEMBER(job_state, departed)},
	{.key = "done_kib", .type = FIELD_U64, MEMBER(job_state, done_kib)},
	{.key = "total_kib", .type = FIELD_U64, MEMBER(job_state, total_kib)},
	{.key = "rate_kib", .type = FIELD_U64, MEMBER(job_state, rate_kib)},
	{.key = "downtime_ms", .type = FIELD_U32, MEMBER(job_state, downtime_ms)},
	{.key = "image", .type = FIELD_CHARS, MEMBER(job_state, image)},
	{.key = NULL},
};

static int path_of(const char *dir, const char *id, const char *suffix, char **ret)
{
	if (!job_id_ok(id))
		return -EINVAL;
	return asprintf(ret, "%s/%s%s", dir, id, suffix) < 0 ? -ENOMEM : 0;
}

static int get_targets(json_object *o, struct job *j)
{
	json_object *list;
	size_t n;

	if (reader_list(o, "targets", JOB_TARGETS_MAX, &list) < 0)
		return -EBADMSG;
	n = json_object_array_length(list);
	j->targets = calloc(n + 1, sizeof(*j->targets));
	if (!j->targets)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		json_object *v = json_object_array_get_idx(list, i);
		const char *s = json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";

		if (!*s || strlen(s) != (size_t)json_object_get_string_len(v) || !field_line(s, TARGET_LINE_MAX))
			return -EBADMSG;
		j->targets[i] = strdup(s);
		if (!j->targets[i])
			return -ENOMEM;
	}
	return 0;
}

static int get_schema(json_object *o, const char *expected)
{
	const char *schema = reader_string(o, "schema");

	return schema && streq(schema, expected) ? 0 : -EBADMSG;
}

/* *ret is to be freed also on failure. */
static int get_job(json_object *o, const char *id, struct job *ret)
{
	uint64_t pid;
	int r = get_schema(o, JOB_SCHEMA);

	if (r == 0)
		r = fields_read(o, job_fields, ret);
	if (r == 0)
		r = reader_u64(o, "pid", 1, INT32_MAX, &pid);
	if (r < 0)
		return r;
	ret->vm.tgid = (int32_t)pid;
	if (!streq(ret->id, id) || !uuid_is_valid(ret->uuid) || !*ret->uri)
		return -EBADMSG;
	return get_targets(o, ret);
}

static int get_state(json_object *o, struct job_state *ret)
{
	json_object *list;
	size_t n;
	int r = get_schema(o, STATE_SCHEMA);

	if (r == 0)
		r = fields_read(o, state_fields, ret);
	if (r == 0)
		r = reader_list(o, "candidates", JOB_TARGETS_MAX, &list);
	if (r < 0)
		return r;
	n = json_object_array_length(list);
	ret->candidates = n ? calloc(n, sizeof(*ret->candidates)) : NULL;
	if (n && !ret->candidates)
		return -ENOMEM;
	ret->n_candidates = n;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = fields_read(json_object_array_get_idx(list, i), candidate_fields, &ret->candidates[i]);
	return r;
}

static json_object *put_list(json_object *o, const char *key)
{
	json_object *list = json_object_new_array();

	if (list && json_object_object_add(o, key, list) == 0)
		return list;
	json_object_put(list);
	return NULL;
}

static int push(json_object *list, json_object *v)
{
	if (v && json_object_array_add(list, v) == 0)
		return 0;
	json_object_put(v);
	return -ENOMEM;
}

static int put_member(json_object *o, const char *key, json_object *v)
{
	if (v && json_object_object_add(o, key, v) == 0)
		return 0;
	json_object_put(v);
	return -ENOMEM;
}

static int write_text(const char *path, json_object *o)
{
	size_t len;
	const char *s =
		json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	return s ? file_write_atomic(path, s, len, 0600, true) : -ENOMEM;
}

int job_write(const char *dir, const struct job *j)
{
	_cleanup_(job_done) struct job again = {0};
	_cleanup_json_ json_object *o = NULL;
	_cleanup_free_ char *path = NULL;
	json_object *list;
	int r = path_of(dir, j->id, ".job", &path);

	if (r < 0)
		return r;
	o = fields_write(job_fields, j);
	list = o ? put_list(o, "targets") : NULL;
	if (!list || put_member(o, "schema", json_object_new_string(JOB_SCHEMA)) < 0 ||
	    put_member(o, "pid", json_object_new_int64(j->vm.tgid)) < 0)
		return -ENOMEM;
	for (char **t = j->targets; t && *t; t++)
		if (push(list, json_object_new_string(*t)) < 0)
			return -ENOMEM;
	r = get_job(o, j->id, &again);
	if (r < 0)
		return r == -EBADMSG ? -EINVAL : r;
	return write_text(path, o);
}

int job_read(const char *dir, const char *id, struct job *ret)
{
	_cleanup_(job_done) struct job j = {0};
	_cleanup_json_ json_object *o = NULL;
	_cleanup_free_ char *path = NULL;
	int r = path_of(dir, id, ".job", &path);

	if (r == 0)
		r = reader_file(path, &job_limits, &o);
	if (r == 0)
		r = get_job(o, id, &j);
	if (r < 0)
		return r;
	*ret = j;
	j = (struct job){0};
	return 0;
}

int job_state_write(const char *dir, const char *id, const struct job_state *s)
{
	_cleanup_json_ json_object *o = NULL;
	_cleanup_free_ char *path = NULL;
	json_object *list;
	int r = path_of(dir, id, ".state", &path);

	if (r < 0)
		return r;
	o = fields_write(state_fields, s);
	list = o ? put_list(o, "candidates") : NULL;
	if (!list || put_member(o, "schema", json_object_new_string(STATE_SCHEMA)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < MIN(s->n_candidates, (size_t)JOB_TARGETS_MAX); i++)
		if (push(list, fields_write(candidate_fields, &s->candidates[i])) < 0)
			return -ENOMEM;
	return write_text(path, o);
}

int job_state_read(const char *dir, const char *id, struct job_state *ret)
{
	_cleanup_(job_state_done) struct job_state s = {0};
	_cleanup_json_ json_object *o = NULL;
	_cleanup_free_ char *path = NULL;
	int r = path_of(dir, id, ".state", &path);

	if (r == 0)
		r = reader_file(path, &state_limits, &o);
	if (r == 0)
		r = get_state(o, &s);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct job_state){0};
	return 0;
}
