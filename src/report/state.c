/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.json and host.json. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "report/json.h"

static json_object *avic_json(const struct report_host *h)
{
	struct json_build b = json_build_begin();

	json_add_tristate(&b, "effective", h->host->core.avic);
	json_add_word(&b, "why", h->host->avic_why ? h->host->avic_why : "");
	json_add_tristate(&b, "x2avic", h->host->x2avic);
	if (h->host->max_id < 0)
		json_add_null(&b, "max_id");
	else
		json_add_u64(&b, "max_id", (uint64_t)h->host->max_id);
	json_add_word(&b, "vendor", h->host->core.vendor);
	return json_build_end(&b);
}

static json_object *numbering_json(const struct numbering *n)
{
	struct json_build b = json_build_begin(), names = json_build_begin();
	char key[16], name[BIT_NAME_MAX];

	for (unsigned bit = 0; bit < REASON_BITS && !names.failed; bit++) {
		json_object *v;

		if (numbering_reason(n, bit) == REASON_UNKNOWN)
			continue;
		snprintf(key, sizeof(key), "%u", bit);
		v = json_object_new_string(bit_name(n, bit, name));
		if (!v || json_object_object_add(names.o, key, v) < 0) {
			json_object_put(v);
			names.failed = true;
		}
	}
	json_add_word(&b, "origin", numbering_origin_to_string(n->origin));
	json_add_word(&b, "line", kernel_line_to_string(n->line));
	json_add_object(&b, "names", json_build_end(&names));
	return json_build_end(&b);
}

static json_object *events_json(const struct trace_stats *s)
{
	struct json_build b = json_build_begin();

	json_add_u64(&b, "seen", s ? s->events : 0);
	json_add_u64(&b, "lost", s ? s->lost : 0);
	json_add_u64(&b, "wakeups", s ? s->wakeups : 0);
	return json_build_end(&b);
}

static json_object *libvirt_json(const struct report_host *h)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < h->n_libvirt; i++) {
		struct json_build b = json_build_begin();

		json_add_text(&b, "uri", h->libvirt[i].uri);
		json_add_bool(&b, "connected", h->libvirt[i].connected);
		json_add_text(&b, "why", h->libvirt[i].why);
		if (json_push(a, json_build_end(&b)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static json_object *counts_json(struct vm *const *vms, size_t n)
{
	struct json_build b = json_build_begin();
	size_t count[_CONDITION_MAX] = {0};

	for (size_t i = 0; i < n; i++)
		count[vms[i]->verdict.condition]++;
	for (unsigned c = 0; c < _CONDITION_MAX; c++)
		json_add_u64(&b, condition_to_string(c), count[c]);
	return json_build_end(&b);
}

/*
 * A VM is 13 KB as a tree and 2 KB as text. So each is made into text at once, and the document holds that: else the
 * daemon would need 14 MB for 1,000 VMs, and malloc would not give them back.
 */
static json_object *vm_text(const struct tracker *t, const struct vm *vm, uint64_t now)
{
	_cleanup_json_ json_object *tree = report_vm(t, vm, now);
	_cleanup_free_ char *text = NULL;
	json_object *o;
	const char *s = NULL;

	if (tree)
		s = json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	text = s ? strdup(s) : NULL;
	/* of any type: it prints as its userdata */
	o = text ? json_object_new_int(0) : NULL;
	if (o)
		json_object_set_serializer(o, json_object_userdata_to_json_string, TAKE_PTR(text),
					   json_object_free_userdata);
	return o;
}

static json_object *vms_json(const struct tracker *t, struct vm *const *vms, size_t n, uint64_t now)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < n; i++)
		if (json_push(a, vm_text(t, vms[i], now)) < 0)
			return NULL;
	return TAKE_PTR(a);
}

/* What both files begin with: by these a reader knows whether it may believe the rest. */
static void add_head(struct json_build *b, const struct report_host *h)
{
	char at[32];

	json_add_word(b, "schema", REPORT_SCHEMA);
	json_add_word(b, "written_at", format_wall(wall_us(), at));
	json_add_text(b, "boot_id", h->host->boot_id);
	json_add_text(b, "kernel_release", h->host->release);
}

static void add_health(struct json_build *b, const struct tracker *t, const struct report_host *h)
{
	char why[REPORT_WHY_MAX];

	json_add_word(b, "health", health_to_string(t->health));
	json_add_text(b, "health_why", report_health_why(t, h, why, sizeof(why)));
}

json_object *report_state(const struct tracker *t, const struct report_host *h, uint64_t now)
{
	_cleanup_free_ struct vm **vms = NULL;
	struct json_build b;
	size_t n;

	if (tracker_sorted(t, &vms, &n) < 0)
		return NULL;
	b = json_build_begin();
	add_head(&b, h);
	json_add_word(&b, "version", h->version);
	add_health(&b, t, h);
	json_add_word(&b, "trace_source", h->trace_source ? h->trace_source : "none");
	json_add_text(&b, "trace_why", h->trace_why);
	json_add_object(&b, "numbering", numbering_json(&t->numbering));
	json_add_object(&b, "avic", avic_json(h));
	json_add_object(&b, "events", events_json(h->stats));
	json_add_object(&b, "libvirt", libvirt_json(h));
	json_add_object(&b, "counts", counts_json(vms, n));
	json_add_object(&b, "checks", report_grades(h->checks));
	json_add_seconds(&b, "resync_interval", h->resync_interval);
	json_add_object(&b, "vms", vms_json(t, vms, n, now));
	return json_build_end(&b);
}

/* As long as nothing was probed, the answer is that nothing is proved; from a version number none is made. */
json_object *report_probe(const struct probe_answer answers[static _PROBE_BUG_MAX])
{
	struct json_build b = json_build_begin();
	char at[32];

	for (int i = 0; i < _PROBE_BUG_MAX; i++) {
		const struct probe_answer *a = &answers[i];
		struct json_build bug = json_build_begin();

		json_add_word(&bug, "result", probe_result_to_string(a->result));
		json_add_text(&bug, "why", a->at ? a->why : "the kernel was not probed");
		json_add_word(&bug, "at", a->at ? format_wall(a->at, at) : NULL);
		json_add_object(&b, bug_info((enum probe_bug)i)->word, json_build_end(&bug));
	}
	return json_build_end(&b);
}

static json_object *stalled_json(const struct stalled_task *tasks, size_t n)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < n; i++) {
		_cleanup_json_ json_object *stack = json_object_new_array();
		struct json_build b = json_build_begin();

		for (char *const *line = tasks[i].stack; stack && *line; line++)
			if (json_push(stack, json_object_new_string(*line)) < 0)
				return NULL;
		json_add_u64(&b, "pid", (uint64_t)tasks[i].pid);
		json_add_u64(&b, "tid", (uint64_t)tasks[i].tid);
		json_add_text(&b, "comm", tasks[i].comm);
		json_add_object(&b, "stack", TAKE_PTR(stack));
		if (json_push(a, json_build_end(&b)) < 0)
			return NULL;
	}
	return TAKE_PTR(a);
}

static json_object *livepatch_json(const struct report_livepatch *l)
{
	static const struct report_livepatch none = {.state = "none", .outcome = "done"};
	struct json_build b = json_build_begin();
	char at[32];

	if (!l)
		l = &none;
	json_add_word(&b, "id", l->loaded ? "avicd_livepatch" : NULL);
	json_add_word(&b, "state", l->state);
	json_add_word(&b, "outcome", l->outcome);
	json_add_text(&b, "why", l->why);
	json_add_word(&b, "since", l->at ? format_wall(l->at, at) : NULL);
	json_add_text(&b, "module", l->module);
	json_add_bool(&b, "persistent", l->persistent);
	json_add_object(&b, "stalled", stalled_json(l->stalled, l->n_stalled));
	return json_build_end(&b);
}

json_object *report_host_json(const struct tracker *t, const struct report_host *h, uint64_t now _unused_)
{
	struct json_build b = json_build_begin();

	add_head(&b, h);
	json_add_text(&b, "kvm_build_id", h->host->kvm_build_id);
	json_add_word(&b, "version", h->version);
	json_add_object(&b, "avic", avic_json(h));
	json_add_object(&b, "probe", report_probe(t->host.probe));
	json_add_object(&b, "livepatch", livepatch_json(h->livepatch));
	add_health(&b, t, h);
	json_add_object(&b, "checks", report_grades(h->checks));
	/*
	 * what is well need not be told to everybody who reads the file at each start of a VM; the tables of checks
	 * and the catalogue bound the rest
	 */
	json_add_object(&b, "findings", report_findings(h->checks, GRADE_INFO));
	/* a reader counts the file as stale after three of these */
	json_add_seconds(&b, "resync_interval", h->resync_interval);
	return json_build_end(&b);
}

int report_write(const char *path, json_object *o)
{
	_cleanup_free_ char *line = NULL;
	const char *s;
	size_t len;

	if (!o)
		return -ENOMEM;
	s = json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (!s)
		return -ENOMEM;
	line = malloc(len + 1);
	if (!line)
		return -ENOMEM;
	memcpy(line, s, len);
	line[len] = '\n';
	return file_write_atomic(path, line, len + 1, 0644, false);
}
