/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet by the metrics of avicd (avicd-metrics(7)), from the HTTP API of Prometheus or of what answers like it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/text.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fleet.h"
#include "store/reader.h"

/* Ten thousand hosts with seven rows each, and room. */
#define OBJECTS_MAX (1 << 20)
#define COMMAS_MAX  (1 << 23)
#define PORT	    ":9469"

struct prom {
	struct fleet *fleet;
	struct fleet_host *host; /* of the row */
	json_object *labels;
	double value;
	uint64_t now_us, max_age_us;
};

/* A host is named by the instance that was scraped, without the port that avicd-exporter has anyway. */
static struct fleet_host *host_of(struct prom *p, bool make)
{
	const char *instance = field_str(p->labels, "instance");
	size_t len = instance ? strlen(instance) : 0, port = strlen(PORT);
	char name[256];

	if (len == 0)
		return NULL;
	if (len > port && streq(instance + len - port, PORT))
		len -= port;
	snprintf(name, sizeof(name), "%.*s", (int)MIN(len, sizeof(name) - 1), instance);
	return make ? fleet_host(p->fleet, name) : fleet_find(p->fleet, name);
}

static void silence(struct fleet_host *h, const char *why)
{
	h->answering = false;
	if (!h->why)
		h->why = strdup(why);
}

static void on_scraped(struct prom *p)
{
	/* until avicd's own metrics are seen */
	silence(p->host, p->value == 1 ? "avicd is not heard of there, though its exporter answers"
				       : "Prometheus does not reach it");
}

static void on_up(struct prom *p)
{
	free(p->host->why);
	p->host->why = NULL;
	p->host->answering = p->value == 1;
	if (!p->host->answering)
		silence(p->host, "avicd is stopped there");
}

static void on_down(struct prom *p)
{
	free(p->host->why);
	p->host->why = NULL;
	silence(p->host, "Prometheus does not reach it");
}

static void on_success(struct prom *p)
{
	if (!(p->value > 0 && p->value < 1e11))
		return;
	p->host->written_at = (uint64_t)p->value * USEC_PER_SEC;
	if (p->host->written_at + p->max_age_us < p->now_us)
		silence(p->host, "its metrics are too old: avicd does not write them any more");
}

static void on_health(struct prom *p)
{
	const char *word = field_text(p->labels, "health");

	for (int i = 0; i < _HEALTH_MAX; i++)
		if (streq(word, health_to_string((enum health)i)))
			p->host->health = (enum health)i;
	p->host->exposed |= p->host->health == HEALTH_EXPOSED;
}

static void copy_label(struct prom *p, const char *key, char **where)
{
	const char *s = field_str(p->labels, key);

	if (!s)
		return;
	free(*where);
	*where = strndup(s, 255);
}

static void on_info(struct prom *p)
{
	copy_label(p, "kernel_release", &p->host->kernel);
}

static void on_build(struct prom *p)
{
	copy_label(p, "version", &p->host->version);
}

static void on_vulnerable(struct prom *p)
{
	p->host->exposed = true;
	p->host->rollout = ROLLOUT_NOT_PATCHED;
}

static void on_fixed(struct prom *p)
{
	if (!p->host->exposed)
		p->host->rollout = ROLLOUT_NOT_NEEDED;
}

static void on_livepatch(struct prom *p)
{
	static const struct {
		const char *word;
		enum rollout rollout;
	} states[] = {{"verified", ROLLOUT_PATCHED}, {"failed", ROLLOUT_FAILED},     {"checking", ROLLOUT_TRYING},
		      {"loading", ROLLOUT_TRYING},   {"transition", ROLLOUT_TRYING}, {"probing", ROLLOUT_TRYING},
		      {"undoing", ROLLOUT_TRYING},   {"foreign", ROLLOUT_TRYING}};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (streq(states[i].word, field_text(p->labels, "state")))
			p->host->rollout = states[i].rollout;
}

/* Undone, it has no state of its own. */
static void on_failed(struct prom *p)
{
	if (p->host->rollout == ROLLOUT_NOT_PATCHED)
		p->host->rollout = ROLLOUT_FAILED;
}

static uint64_t whole(double v)
{
	return v > 0 && v < 1e15 ? (uint64_t)v : 0;
}

static void on_vms(struct prom *p)
{
	for (int i = 0; i < _CONDITION_MAX; i++)
		if (streq(field_text(p->labels, "condition"), condition_to_string((enum condition)i)))
			p->host->counts[i] += whole(p->value);
}

static enum cause cause_of(json_object *labels)
{
	for (int i = CAUSE_NONE + 1; i < _CAUSE_MAX; i++)
		if (streq(field_text(labels, "cause"), cause_to_string((enum cause)i)))
			return (enum cause)i;
	return CAUSE_NONE;
}

static void on_causes(struct prom *p)
{
	p->host->causes[cause_of(p->labels)] += whole(p->value);
}

static void on_stuck(struct prom *p)
{
	const char *vcpus = field_text(p->labels, "vcpus"), *domain = field_str(p->labels, "domain");
	uint64_t n;

	/* what is not heard of any more is not known */
	if (!p->host->answering)
		return;
	if (parse_u64(vcpus, &n) < 0)
		n = 0;
	fleet_add_vm(p->fleet, p->host, domain && *domain ? domain : field_text(p->labels, "uuid"),
		     field_text(p->labels, "uuid"), cause_of(p->labels), whole(p->value) * USEC_PER_SEC, n);
}

/* In this order: a later one may judge by what an earlier one has found. A '%' stands for the job's name. */
static const struct {
	const char *query;
	void (*take)(struct prom *p);
	bool make; /* a host that is not known yet is made */
} queries[] = {
	{"up{job=\"%\"}", on_scraped, true},
	{"avicd_up", on_up, true},
	{"up{job=\"%\"} == 0", on_down, true},
	{"avicd_last_success_timestamp_seconds", on_success, false},
	{"avicd_health == 1", on_health, false},
	{"avicd_host_info", on_info, false},
	{"avicd_build_info", on_build, false},
	{"avicd_probe_result{result=\"vulnerable\"} == 1", on_vulnerable, false},
	/* without x2AVIC that of large ids cannot be proved, and no VM meets it */
	{"count by (instance) (avicd_probe_result{bug!=\"large-id\",result=\"fixed\"} == 1) == 2", on_fixed, false},
	{"avicd_livepatch_state == 1", on_livepatch, false},
	{"avicd_livepatch_failed == 1", on_failed, false},
	{"avicd_vms > 0", on_vms, false},
	{"avicd_vms_by_cause > 0", on_causes, false},
	{"topk(100, avicd_vm_stuck_seconds > 0) * on (instance, uuid) group_left (cause, vcpus) "
	 "max by (instance, uuid, cause, vcpus) (avicd_vm_info)",
	 on_stuck, false},
};

static int url_of(const char *base, const char *query, const char *job, char **ret)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	_cleanup_text_ struct text q = {0}, t = {0};
	size_t len = strlen(base);

	for (const char *s = query; *s; s++) {
		if (*s != '%') {
			text_addn(&q, s, 1);
			continue;
		}
		for (const char *j = job; *j; j++)
			text_addf(&q, "%s%c", *j == '"' || *j == '\\' ? "\\" : "", *j);
	}
	text_addn(&t, base, len - (len > 0 && base[len - 1] == '/'));
	text_add(&t, "/api/v1/query?query=");
	for (const char *s = q.s; s && *s; s++)
		text_addf(&t, strchr(plain, *s) ? "%c" : "%%%02X", (unsigned char)*s);
	return q.error ?: text_take(&t, ret);
}

static bool take_row(struct prom *p, json_object *row, size_t query)
{
	json_object *value = field_array(row, "value");
	const char *text = field_len(value) == 2 ? text_of(json_object_array_get_idx(value, 1)) : NULL;
	char *end;

	p->labels = field(row, "metric");
	if (!text || !p->labels)
		return false;
	p->value = strtod(text, &end);
	if (end == text || *end || isnan(p->value))
		return true; /* a number that says nothing */
	p->host = host_of(p, queries[query].make);
	if (p->host)
		queries[query].take(p);
	return true;
}

static int ask(struct prom *p, struct fleet_http *http, const struct fleet_request *rq, size_t query,
	       char why[static FLEET_WHY_MAX])
{
	_cleanup_free_ char *url = NULL, *body = NULL;
	_cleanup_json_ json_object *o = NULL;
	json_object *result;
	size_t len = 0;
	int r;

	if (url_of(rq->prometheus, queries[query].query, rq->job, &url) < 0)
		return -ENOMEM;
	r = fleet_http_get(http, url, &body, &len, why);
	if (r < 0)
		return r;
	if (reader_parse(body, len, OBJECTS_MAX, COMMAS_MAX, 16, &o) < 0)
		o = NULL;
	if (r != 200) {
		snprintf(why, FLEET_WHY_MAX, "it answers with status %d%s%.200s", r, field_str(o, "error") ? ": " : "",
			 field_str(o, "error") ?: "");
		return -EIO;
	}
	result = field_array(field(o, "data"), "result");
	if (!streq(field_text(o, "status"), "success") || !result) {
		snprintf(why, FLEET_WHY_MAX, "what it answers is not what Prometheus answers: is the URL right?");
		return -EBADMSG;
	}
	for (size_t i = 0; i < field_len(result); i++)
		if (!take_row(p, json_object_array_get_idx(result, i), query)) {
			snprintf(why, FLEET_WHY_MAX,
				 "what it answers is not what Prometheus answers: is the URL right?");
			return -EBADMSG;
		}
	return 0;
}

/* What is not heard of any more is not known, whatever it said last. */
static void settle(struct fleet *f)
{
	struct fleet_host *h;

	for (size_t i = 0; (h = fleet_each(f, i)); i++) {
		if (h->answering)
			continue;
		h->health = HEALTH_UNKNOWN;
		h->rollout = ROLLOUT_UNKNOWN;
		h->exposed = false;
		for (int c = 0; c < _CONDITION_MAX; c++) {
			if (c == CONDITION_UNKNOWN)
				continue;
			h->counts[CONDITION_UNKNOWN] += h->counts[c];
			h->counts[c] = 0;
		}
		memset(h->causes, 0, sizeof(h->causes));
	}
}

int fleet_prometheus(struct fleet *f, const struct fleet_request *rq)
{
	_cleanup_(fleet_http_free_p) struct fleet_http *http = NULL;
	struct prom p = {.fleet = f, .now_us = wall_us(), .max_age_us = rq->max_age_us};
	char why[FLEET_WHY_MAX] = "out of memory";
	int r = fleet_http_open(rq->header_file, now_ns() + rq->timeout_ns, &http, why);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(queries); i++)
		r = ask(&p, http, rq, i, why);
	if (r < 0)
		return ctl_error("Prometheus cannot be asked: %s", why);
	settle(f);
	return CTL_OK;
}
