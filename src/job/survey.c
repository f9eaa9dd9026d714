/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The targets of a migration, each looked at in a thread of its own. */
#include <libvirt/virterror.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "job/look.h"
#include "job/survey.h"

#define AT_A_TIME 16
#define LOOK_NS	  (30 * NSEC_PER_SEC)

int target_split(const char *target, char uri[static TARGET_URI_MAX], char migrate[static TARGET_URI_MAX])
{
	static const char mark[] = ",migrate=";
	const char *at = strstr(target, mark);
	size_t len = at ? (size_t)(at - target) : strlen(target);
	const char *way = at ? at + strlen(mark) : "";

	if (!len || len >= TARGET_URI_MAX || strlen(way) >= TARGET_URI_MAX || !strstr(target, "://"))
		return -EINVAL;
	memcpy(uri, target, len);
	uri[len] = '\0';
	strcpy(migrate, way);
	return 0;
}

/* The figures that the phrase is about. */
static void add_detail(const struct look *l, const struct target_need *need, enum target_rule rule, char *to,
		       size_t size)
{
	const struct target_facts *f = &l->facts;

	if (rule == TARGET_MEMORY)
		snprintf(to, size, ": %llu of %llu MiB", (unsigned long long)f->free_kib >> 10,
			 (unsigned long long)need->memory_kib >> 10);
	else if (rule == TARGET_PAGES)
		snprintf(to, size, ": %llu of %llu pages", (unsigned long long)f->free_pages,
			 (unsigned long long)need->pages);
	else if (rule == TARGET_IDS)
		snprintf(to, size, ": %d, AVIC carries %d there", need->max_apic_id, f->max_id);
	else if (rule != TARGET_GOOD && l->why[rule][0])
		snprintf(to, size, ": %s", l->why[rule]);
}

static void judge(const struct look *l, const struct target_need *need, struct job_candidate *c)
{
	size_t len;

	c->rule = target_judge(need, &l->facts, &c->score);
	snprintf(c->why, sizeof(c->why), "%s", c->rule == TARGET_GOOD ? "" : target_rule_sentence(c->rule));
	len = strlen(c->why);
	add_detail(l, need, c->rule, c->why + len, sizeof(c->why) - len);
	text_clean_inplace(c->why);
}

/* A batch: *ret_behind when one of them does not come back. */
static int look_at(struct run *r, const struct subject *s, struct job_candidate *list, char *const *targets, size_t n,
		   bool *ret_behind)
{
	struct look *looks[AT_A_TIME] = {NULL};
	struct call *calls[AT_A_TIME];
	size_t started = 0;
	uint64_t limit = run_limit(r, LOOK_NS), until = now_ns() + limit;
	int x = 0;

	for (size_t i = 0; i < n && x == 0; i++) {
		looks[i] = look_new(s, r->job->reports, targets[i]);
		x = looks[i] ? call_start(look_there, looks[i], &calls[i]) : -ENOMEM;
		started += x == 0;
	}
	(void)run_wait(r, calls, started, until, NULL, NULL);
	for (size_t i = 0; i < started; i++) {
		snprintf(list[i].uri, sizeof(list[i].uri), "%s", looks[i]->uri);
		if (call_end(calls[i], NULL) == -ETIMEDOUT) {
			/* what it has found by now may be half */
			list[i].rule = TARGET_UNREACHED;
			snprintf(list[i].why, sizeof(list[i].why), "%s: no answer in %u s",
				 target_rule_sentence(TARGET_UNREACHED), (unsigned)(limit / NSEC_PER_SEC));
			looks[i] = NULL;
			*ret_behind = true;
			continue;
		}
		judge(looks[i], &s->need, &list[i]);
	}
	for (size_t i = 0; i < n; i++)
		look_free(looks[i]);
	return x;
}

static int by_score(const void *a, const void *b)
{
	const struct job_candidate *x = a, *y = b;

	if ((x->rule == TARGET_GOOD) != (y->rule == TARGET_GOOD))
		return x->rule == TARGET_GOOD ? -1 : 1;
	return x->rule != TARGET_GOOD || x->score == y->score ? 0 : x->score > y->score ? -1 : 1;
}

/* qsort() may reorder equals; the order of the setting counts, and the list is short. */
static void sort(struct job_candidate *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t k = i; k > 0 && by_score(&list[k - 1], &list[k]) > 0; k--) {
			struct job_candidate c = list[k];

			list[k] = list[k - 1];
			list[k - 1] = c;
		}
	}
}

int survey(struct run *r, const struct subject *s, bool *ret_behind)
{
	struct job_candidate *list;
	size_t n = 0, looked = 0;
	int good = 0, x = 0;

	*ret_behind = false;
	while (n < JOB_TARGETS_MAX && r->job->targets && r->job->targets[n])
		n++;
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	while (looked < n && x == 0 && !r->cancelled) {
		size_t batch = MIN(n - looked, (size_t)AT_A_TIME);

		x = look_at(r, s, &list[looked], &r->job->targets[looked], batch, ret_behind);
		looked += batch;
	}
	n = looked;
	sort(list, n);
	free(r->state.candidates);
	r->state.candidates = list;
	r->state.n_candidates = n;
	for (size_t i = 0; i < n && x == 0; i++) {
		good += list[i].rule == TARGET_GOOD;
		if (list[i].rule != TARGET_GOOD)
			run_log(r, LOG_INFO, "Not to %s: %s", list[i].uri, list[i].why);
	}
	return x < 0 ? x : good;
}
