/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a fleet as its report: sums, by kernel, the worst, who is silent. */
#include <stdio.h>

#include "avicd/clock.h"
#include "report/fleet-private.h"

#define WORST_MAX 10

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct fleet_host *const *)a)->name, (*(struct fleet_host *const *)b)->name);
}

static uint64_t vms_of(const struct fleet_host *h)
{
	uint64_t n = 0;

	for (int c = 0; c < _CONDITION_MAX; c++)
		n += h->counts[c];
	return n;
}

static json_object *host_json(const struct fleet_host *h)
{
	struct json_build b = json_build_begin();
	char at[32];

	json_add_text(&b, "host", h->name);
	json_add_bool(&b, "answering", h->answering);
	json_add_word(&b, "health", health_to_string(h->health));
	json_add_text(&b, "kernel_release", h->kernel);
	json_add_word(&b, "rollout", rollout_to_string(h->rollout));
	json_add_bool(&b, "exposed", h->exposed);
	json_add_u64(&b, "vms", vms_of(h));
	json_add_u64(&b, "stuck", h->counts[CONDITION_STUCK]);
	json_add_u64(&b, "configured", h->counts[CONDITION_CONFIGURED]);
	json_add_word(&b, "written_at", h->written_at ? format_wall(h->written_at, at) : NULL);
	return json_build_end(&b);
}

static json_object *hosts_json(const struct fleet *f)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < f->n_hosts; i++)
		if (json_push(a, host_json(f->hosts[i])) < 0)
			return NULL;
	return TAKE_PTR(a);
}

static json_object *silent_json(const struct fleet *f)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < f->n_hosts; i++) {
		struct json_build b;

		if (f->hosts[i]->answering)
			continue;
		b = json_build_begin();
		json_add_text(&b, "host", f->hosts[i]->name);
		json_add_text(&b, "why", f->hosts[i]->why ?: "nothing is heard of it");
		if (json_push(a, json_build_end(&b)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static json_object *bad_json(const struct fleet *f)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < MIN(f->n_bad, (size_t)FLEET_BAD_MAX); i++) {
		struct json_build b = json_build_begin();

		json_add_text(&b, "file", f->bad[i][0]);
		json_add_text(&b, "why", f->bad[i][1]);
		if (json_push(a, json_build_end(&b)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static int by_stuck(const void *a, const void *b)
{
	const struct fleet_host *x = *(struct fleet_host *const *)a, *y = *(struct fleet_host *const *)b;
	const enum condition order[] = {CONDITION_STUCK, CONDITION_CONFIGURED};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (x->counts[order[i]] != y->counts[order[i]])
			return x->counts[order[i]] < y->counts[order[i]] ? 1 : -1;
	return by_name(a, b);
}

/* @sorted: a copy of the rows, which is put into another order. */
static json_object *worst_json(struct fleet_host **sorted, size_t n)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	if (n > 0)
		qsort(sorted, n, sizeof(*sorted), by_stuck);
	for (size_t i = 0; a && i < MIN(n, (size_t)WORST_MAX); i++) {
		if (!sorted[i]->counts[CONDITION_STUCK] && !sorted[i]->counts[CONDITION_CONFIGURED])
			break;
		if (json_push(a, host_json(sorted[i])) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static const char *kernel_of(const struct fleet_host *h)
{
	return h->kernel && *h->kernel ? h->kernel : "unknown";
}

static int by_kernel(const void *a, const void *b)
{
	return strverscmp(kernel_of(*(struct fleet_host *const *)a), kernel_of(*(struct fleet_host *const *)b));
}

static json_object *kernel_json(struct fleet_host *const *hosts, size_t n)
{
	struct json_build b = json_build_begin(), rollout = json_build_begin();
	uint64_t exposed = 0, stuck = 0, at[_ROLLOUT_MAX] = {0};

	for (size_t i = 0; i < n; i++) {
		exposed += hosts[i]->exposed;
		stuck += hosts[i]->counts[CONDITION_STUCK];
		at[hosts[i]->rollout]++;
	}
	for (int r = 0; r < _ROLLOUT_MAX; r++)
		json_add_u64(&rollout, rollout_to_string((enum rollout)r), at[r]);
	json_add_text(&b, "kernel_release", kernel_of(hosts[0]));
	json_add_u64(&b, "hosts", n);
	json_add_u64(&b, "exposed", exposed);
	json_add_u64(&b, "stuck", stuck);
	json_add_object(&b, "rollout", json_build_end(&rollout));
	return json_build_end(&b);
}

static json_object *kernels_json(struct fleet_host **sorted, size_t n)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	if (n > 0)
		qsort(sorted, n, sizeof(*sorted), by_kernel);
	for (size_t i = 0, end; a && i < n; i = end) {
		for (end = i + 1; end < n && streq(kernel_of(sorted[i]), kernel_of(sorted[end])); end++)
			;
		if (json_push(a, kernel_json(sorted + i, end - i)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static int by_time(const void *a, const void *b)
{
	const struct fleet_vm *x = a, *y = b;

	return x->stuck_us == y->stuck_us ? strcmp(x->name, y->name) : x->stuck_us < y->stuck_us ? 1 : -1;
}

static json_object *longest_json(struct fleet *f)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	qsort(f->vms, f->n_vms, sizeof(f->vms[0]), by_time);
	for (size_t i = 0; a && i < f->n_vms; i++) {
		const struct fleet_vm *vm = &f->vms[i];
		struct json_build b = json_build_begin();

		json_add_text(&b, "host", vm->host->name);
		json_add_text(&b, "name", vm->name);
		json_add_text(&b, "uuid", vm->uuid);
		json_add_word(&b, "cause", vm->cause == CAUSE_NONE ? NULL : cause_to_string(vm->cause));
		json_add_u64(&b, "stuck_seconds", vm->stuck_us / USEC_PER_SEC);
		json_add_u64(&b, "vcpus", vm->vcpus);
		if (json_push(a, json_build_end(&b)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static void add_sums(struct json_build *b, const struct fleet *f)
{
	struct json_build health = json_build_begin(), counts = json_build_begin(), causes = json_build_begin(),
			  rollout = json_build_begin();
	uint64_t h[_HEALTH_MAX] = {0}, n[_CONDITION_MAX] = {0}, of[_CAUSE_MAX] = {0}, at[_ROLLOUT_MAX] = {0};
	uint64_t answered = 0, exposed = 0, vms = 0;

	for (size_t i = 0; i < f->n_hosts; i++) {
		const struct fleet_host *host = f->hosts[i];

		answered += host->answering;
		exposed += host->exposed;
		h[host->health]++;
		at[host->rollout]++;
		vms += vms_of(host);
		for (int c = 0; c < _CONDITION_MAX; c++)
			n[c] += host->counts[c];
		for (int c = 0; c < _CAUSE_MAX; c++)
			of[c] += host->causes[c];
	}
	for (int i = 0; i < _HEALTH_MAX; i++)
		json_add_u64(&health, health_to_string((enum health)i), h[i]);
	for (int i = 0; i < _CONDITION_MAX; i++)
		json_add_u64(&counts, condition_to_string((enum condition)i), n[i]);
	for (int i = CAUSE_NONE + 1; i < _CAUSE_MAX; i++)
		json_add_u64(&causes, cause_to_string((enum cause)i), of[i]);
	for (int i = 0; i < _ROLLOUT_MAX; i++)
		json_add_u64(&rollout, rollout_to_string((enum rollout)i), at[i]);
	json_add_u64(b, "hosts_known", f->n_hosts);
	json_add_u64(b, "hosts_answering", answered);
	json_add_u64(b, "hosts_expected", f->n_expected);
	json_add_u64(b, "hosts_exposed", exposed);
	json_add_u64(b, "vms", vms);
	json_add_u64(b, "bad_files", f->n_bad);
	json_add_object(b, "health", json_build_end(&health));
	json_add_object(b, "counts", json_build_end(&counts));
	json_add_object(b, "causes", json_build_end(&causes));
	json_add_object(b, "rollout", json_build_end(&rollout));
}

json_object *fleet_finish(struct fleet *f, const char *source)
{
	struct json_build b = json_build_begin();
	_cleanup_free_ struct fleet_host **sorted = NULL;
	char at[32];

	sorted = calloc(f->n_hosts + 1, sizeof(*sorted));
	if (!sorted)
		b.failed = true;
	json_add_word(&b, "schema", FLEET_SCHEMA);
	json_add_word(&b, "written_at", format_wall(f->now_us, at));
	json_add_text(&b, "source", source);
	add_sums(&b, f);
	if (sorted && f->n_hosts > 0) {
		qsort(f->hosts, f->n_hosts, sizeof(*f->hosts), by_name);
		memcpy(sorted, f->hosts, f->n_hosts * sizeof(*sorted));
	}
	if (sorted) {
		json_add_object(&b, "kernels", kernels_json(sorted, f->n_hosts));
		json_add_object(&b, "worst", worst_json(sorted, f->n_hosts));
	}
	json_add_object(&b, "longest", longest_json(f));
	json_add_object(&b, "silent", silent_json(f));
	json_add_object(&b, "bad", bad_json(f));
	json_add_object(&b, "hosts", hosts_json(f));
	return json_build_end(&b);
}

int fleet_status(json_object *report)
{
	json_object *health = member(report, "health", json_type_object);
	uint64_t known = member_u64(report, "hosts_known"), unknown = member_u64(health, "unknown");

	if (known == unknown)
		return 4;
	return unknown || member_u64(health, "degraded") || member_u64(health, "exposed") ||
			       member_u64(report, "hosts_exposed") || member_u64(report, "bad_files")
		       ? 3
		       : 0;
}
