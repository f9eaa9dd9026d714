/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was done about VMs, in the duty state: a limit that forgets what it counted at a restart of avicd is none. */
#include <stdlib.h>

#include "avicd/job.h"
#include "store/duty_book.h"
#include "store/reader.h"

#define PAST_MAX 65536
#define JOBS_MAX 64

static int get_uuid(json_object *o, char ret[static DOMAIN_UUID_MAX])
{
	const char *s = reader_string(o, "uuid");

	if (!s || !remedy_key_ok(s))
		return -EBADMSG;
	memcpy(ret, s, strlen(s) + 1);
	return 0;
}

static int get_remedy(json_object *o, enum remedy *ret)
{
	const char *s = reader_string(o, "remedy");

	for (int i = 0; s && i < _REMEDY_MAX; i++)
		if (streq(remedy_to_string((enum remedy)i), s)) {
			*ret = (enum remedy)i;
			return 0;
		}
	return -EBADMSG;
}

static int get_past(json_object *o, struct remedy_past *ret)
{
	uint64_t failures;

	if (!json_object_is_type(o, json_type_object) || get_uuid(o, ret->uuid) < 0 ||
	    get_remedy(o, &ret->remedy) < 0 || reader_u64(o, "begun_at", 0, INT64_MAX, &ret->begun_at) < 0 ||
	    reader_u64(o, "failures", 0, UINT32_MAX, &failures) < 0 ||
	    reader_u64(o, "departed_at", 0, INT64_MAX, &ret->departed_at) < 0 ||
	    reader_bool(o, "returned", &ret->returned) < 0)
		return -EBADMSG;
	ret->failures = (uint32_t)failures;
	return 0;
}

static int get_job(json_object *o, struct remedy_job *ret)
{
	const char *id = reader_string(o, "id");
	bool person;

	if (!json_object_is_type(o, json_type_object) || !id || !job_id_ok(id) || get_uuid(o, ret->uuid) < 0 ||
	    get_remedy(o, &ret->remedy) < 0 || reader_bool(o, "asked", &person) < 0 ||
	    reader_u64(o, "begun_at", 0, INT64_MAX, &ret->begun_at) < 0)
		return -EBADMSG;
	memcpy(ret->id, id, strlen(id) + 1);
	ret->asker = person ? ASKER_PERSON : ASKER_POLICY;
	return 0;
}

static int get_pasts(json_object *o, struct remedy_book *b)
{
	json_object *list;
	int r = reader_list(o, "past", PAST_MAX, &list);

	if (r < 0 || !json_object_array_length(list))
		return r;
	b->past = calloc(json_object_array_length(list), sizeof(*b->past));
	if (!b->past)
		return -ENOMEM;
	b->size_past = json_object_array_length(list);
	for (; b->n_past < b->size_past; b->n_past++) {
		struct remedy_past *p = &b->past[b->n_past];

		if (get_past(json_object_array_get_idx(list, b->n_past), p) < 0 ||
		    (b->n_past && strcmp(p[-1].uuid, p->uuid) >= 0))
			return -EBADMSG;
	}
	return 0;
}

static int get_jobs(json_object *o, struct remedy_book *b)
{
	json_object *list;
	int r = reader_list(o, "jobs", JOBS_MAX, &list);

	for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++) {
		struct remedy_job j = {0}, *more;

		r = get_job(json_object_array_get_idx(list, i), &j);
		if (r == 0 && (book_job(b, j.id) || book_job_of(b, j.uuid)))
			r = -EBADMSG;
		more = r == 0 ? reallocarray(b->jobs, b->n_jobs + 1, sizeof(*more)) : NULL;
		if (!more)
			return r < 0 ? r : -ENOMEM;
		b->jobs = more;
		b->jobs[b->n_jobs++] = j;
		b->size_jobs = b->n_jobs;
	}
	return r;
}

static int get_begun(json_object *o, struct remedy_book *b)
{
	json_object *list;
	int r = reader_list(o, "begun", REMEDY_HOURLY_MAX, &list);

	for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++) {
		json_object *v = json_object_array_get_idx(list, i);
		int64_t at = json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : -1;

		if (at < 0 || (i && (uint64_t)at < b->begun[i - 1]))
			return -EBADMSG;
		b->begun[b->n_begun++] = (uint64_t)at;
	}
	return r;
}

int duty_book_read(json_object *o, struct remedy_book *ret)
{
	int r;

	if (!json_object_is_type(o, json_type_object))
		return -EBADMSG;
	r = get_pasts(o, ret);
	if (r == 0)
		r = get_jobs(o, ret);
	if (r == 0)
		r = get_begun(o, ret);
	if (r == 0)
		r = reader_u64(o, "ended_at", 0, INT64_MAX, &ret->ended_at);
	return r < 0 ? r : reader_bool(o, "unreadable", &ret->unreadable);
}

static const char *word(bool b)
{
	return b ? "true" : "false";
}

void duty_book_write(const struct remedy_book *b, struct text *out)
{
	text_add(out, "{\"past\":[");
	for (size_t i = 0; i < MIN(b->n_past, (size_t)PAST_MAX); i++) {
		const struct remedy_past *p = &b->past[i];

		text_addf(
			out,
			"%s\n{\"uuid\":\"%s\",\"remedy\":\"%s\",\"begun_at\":%llu,\"failures\":%u,\"departed_at\":%llu,"
			"\"returned\":%s}",
			i ? "," : "", p->uuid, remedy_to_string(p->remedy), (unsigned long long)p->begun_at,
			p->failures, (unsigned long long)p->departed_at, word(p->returned));
	}
	text_add(out, "],\"jobs\":[");
	for (size_t i = 0; i < MIN(b->n_jobs, (size_t)JOBS_MAX); i++) {
		const struct remedy_job *j = &b->jobs[i];

		text_addf(out, "%s\n{\"id\":\"%s\",\"uuid\":\"%s\",\"remedy\":\"%s\",\"asked\":%s,\"begun_at\":%llu}",
			  i ? "," : "", j->id, j->uuid, remedy_to_string(j->remedy), word(j->asker == ASKER_PERSON),
			  (unsigned long long)j->begun_at);
	}
	text_add(out, "],\"begun\":[");
	for (size_t i = 0; i < b->n_begun; i++)
		text_addf(out, "%s%llu", i ? "," : "", (unsigned long long)b->begun[i]);
	text_addf(out, "],\"ended_at\":%llu,\"unreadable\":%s}", (unsigned long long)b->ended_at, word(b->unreadable));
}
