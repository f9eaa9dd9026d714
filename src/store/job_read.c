/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two files of a job, read: one was written by another program, and either may have been edited. */
#include <stdlib.h>

#include "avicd/config.h"
#include "avicd/text.h"
#include "store/job-private.h"
#include "store/reader.h"

static const struct reader_limits job_limits = {256 << 10, JOB_TARGETS_MAX + 16, JOB_TARGETS_MAX + 64, 4};
static const struct reader_limits state_limits = {256 << 10, JOB_TARGETS_MAX + 16, JOB_TARGETS_MAX * 8 + 64, 4};

static int get_text(json_object *o, const char *key, char *ret, size_t size)
{
	const char *s = reader_string(o, key);

	if (!s || strlen(s) >= size)
		return -EBADMSG;
	memcpy(ret, s, strlen(s) + 1);
	return 0;
}
#define GET_TEXT(o, key, array) get_text(o, key, array, sizeof(array))

static int get_copy(json_object *o, const char *key, char **ret)
{
	const char *s = reader_string(o, key);

	if (!s)
		return -EBADMSG;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int get_u32(json_object *o, const char *key, uint32_t *ret)
{
	uint64_t n;
	int r = reader_u64(o, key, 0, UINT32_MAX, &n);

	if (r == 0)
		*ret = (uint32_t)n;
	return r;
}

/* One of words[0..n), as @to_string has them. */
#define GET_WORD(o, key, type, n, to_string, ret)                \
	({                                                       \
		const char *_s = reader_string(o, key);          \
		int _r = -EBADMSG;                               \
		for (int _i = 0; _s && _i < (n) && _r < 0; _i++) \
			if (streq(to_string((type)_i), _s)) {    \
				*(ret) = (type)_i;               \
				_r = 0;                          \
			}                                        \
		_r;                                              \
	})

static int get_targets(json_object *o, char ***ret)
{
	json_object *list;
	int r = reader_list(o, "targets", JOB_TARGETS_MAX, &list);
	size_t n = r == 0 ? json_object_array_length(list) : 0;
	char **v;

	if (r < 0)
		return r;
	v = calloc(n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*ret = v;
	for (size_t i = 0; i < n; i++) {
		json_object *s = json_object_array_get_idx(list, i);

		if (!json_object_is_type(s, json_type_string))
			return -EBADMSG;
		v[i] = strdup(json_object_get_string(s));
		if (!v[i])
			return -ENOMEM;
	}
	return 0;
}

static int read_common(const char *dir, const char *id, const char *suffix, const char *schema,
		       const struct reader_limits *l, json_object **ret)
{
	_cleanup_free_ char *path = NULL;
	const char *s;
	int r = job_path(dir, id, suffix, &path);

	if (r == 0)
		r = reader_file(path, l, ret);
	if (r < 0)
		return r;
	s = reader_string(*ret, "schema");
	return s && streq(s, schema) ? 0 : -EBADMSG;
}

static int get_job(json_object *o, struct job *j)
{
	uint64_t pid;
	bool asked;
	int r;

	if (GET_WORD(o, "remedy", enum remedy, _REMEDY_MAX, remedy_to_string, &j->remedy) < 0 ||
	    reader_bool(o, "asked", &asked) < 0 || reader_u64(o, "pid", 1, INT32_MAX, &pid) < 0 ||
	    reader_u64(o, "start", 0, INT64_MAX, &j->vm.start) < 0 || GET_TEXT(o, "uuid", j->uuid) < 0 ||
	    GET_TEXT(o, "name", j->name) < 0 || GET_TEXT(o, "uri", j->uri) < 0 ||
	    reader_bool(o, "dry_run", &j->dry_run) < 0 ||
	    reader_u64(o, "deadline_ns", 0, INT64_MAX, &j->deadline_ns) < 0 || reader_bool(o, "tls", &j->tls) < 0 ||
	    reader_bool(o, "auto_converge", &j->auto_converge) < 0 || get_u32(o, "bandwidth", &j->bandwidth) < 0 ||
	    reader_u64(o, "max_downtime_ns", 0, INT64_MAX, &j->max_downtime_ns) < 0 ||
	    reader_bool(o, "discard_pit", &j->discard_pit) < 0 || !uuid_is_valid(j->uuid))
		return -EBADMSG;
	j->vm.tgid = (int32_t)pid;
	j->asker = asked ? ASKER_PERSON : ASKER_POLICY;
	r = get_targets(o, &j->targets);
	if (r == 0)
		r = get_copy(o, "reports", &j->reports);
	return r < 0 ? r : get_copy(o, "images", &j->images);
}

int job_read(const char *dir, const char *id, struct job *ret)
{
	_cleanup_json_ json_object *o = NULL;
	struct job j = {0};
	int r = read_common(dir, id, "job", JOB_SCHEMA, &job_limits, &o);

	if (r == 0)
		r = get_job(o, &j);
	if (r < 0) {
		job_done(&j);
		return r;
	}
	memcpy(j.id, id, strlen(id) + 1);
	*ret = j;
	return 0;
}

static int get_candidates(json_object *o, struct job_state *s)
{
	json_object *list;
	int r = reader_list(o, "candidates", JOB_TARGETS_MAX, &list);
	size_t n = r == 0 ? json_object_array_length(list) : 0;

	if (r < 0 || !n)
		return r;
	s->candidates = calloc(n, sizeof(*s->candidates));
	if (!s->candidates)
		return -ENOMEM;
	for (; s->n_candidates < n; s->n_candidates++) {
		json_object *one = json_object_array_get_idx(list, s->n_candidates), *score;
		struct job_candidate *c = &s->candidates[s->n_candidates];

		if (!json_object_is_type(one, json_type_object) || GET_TEXT(one, "uri", c->uri) < 0 ||
		    GET_TEXT(one, "why", c->why) < 0 ||
		    GET_WORD(one, "rule", enum target_rule, _TARGET_MAX, target_rule_to_string, &c->rule) < 0 ||
		    !json_object_object_get_ex(one, "score", &score) || !json_object_is_type(score, json_type_int))
			return -EBADMSG;
		c->score = json_object_get_int64(score);
	}
	return 0;
}

static int get_state(json_object *o, struct job_state *s)
{
	if (GET_WORD(o, "phase", enum job_phase, _PHASE_MAX, job_phase_to_string, &s->phase) < 0 ||
	    GET_WORD(o, "result", enum job_result, _RESULT_MAX, job_result_to_string, &s->result) < 0 ||
	    GET_TEXT(o, "why", s->why) < 0 || reader_u64(o, "begun_us", 0, INT64_MAX, &s->begun_us) < 0 ||
	    reader_u64(o, "changed_us", 0, INT64_MAX, &s->changed_us) < 0 || GET_TEXT(o, "target", s->target) < 0 ||
	    reader_bool(o, "departed", &s->departed) < 0 || reader_u64(o, "done_kib", 0, INT64_MAX, &s->done_kib) < 0 ||
	    reader_u64(o, "total_kib", 0, INT64_MAX, &s->total_kib) < 0 ||
	    reader_u64(o, "rate_kib", 0, INT64_MAX, &s->rate_kib) < 0 ||
	    get_u32(o, "downtime_ms", &s->downtime_ms) < 0 || GET_TEXT(o, "image", s->image) < 0)
		return -EBADMSG;
	/* who has ended says how, and nobody else does */
	if ((s->phase == PHASE_ENDED) != (s->result != RESULT_NONE))
		return -EBADMSG;
	return get_candidates(o, s);
}

int job_state_read(const char *dir, const char *id, struct job_state *ret)
{
	_cleanup_json_ json_object *o = NULL;
	struct job_state s = {0};
	int r = read_common(dir, id, "state", STATE_SCHEMA, &state_limits, &o);

	if (r == 0)
		r = get_state(o, &s);
	if (r < 0) {
		job_state_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}
