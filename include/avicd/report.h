/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people and programs read: sentences, journal fields, JSON. One schema, "avicd/1", for state.json, host.json,
 * D-Bus Describe and --json.
 */
#ifndef AVICD_REPORT_H
#define AVICD_REPORT_H

#include "avicd/finding.h"
#include "avicd/host.h"
#include "avicd/jsonc.h"
#include "avicd/log.h"
#include "avicd/said.h"
#include "avicd/stalled.h"
#include "avicd/tracker.h"

#define REPORT_SCHEMA "avicd/1"

/* report_sentence() - one clear line about an action, for journal, signal and `avicctl watch`. Caller frees. */
int report_sentence(const struct tracker *t, const struct action *a, uint64_t now, char **ret);
/* report_level() - LOG_WARNING for what needs a person, else LOG_NOTICE or LOG_INFO. `health` speaks of @t's health. */
int report_level(const struct tracker *t, const struct action *a);
/* report_vm_label() - "domain big" or "VM 4711 (qemu-system-x86)"; @buf of REPORT_LABEL_MAX; returns buf. */
#define REPORT_LABEL_MAX 320
char *report_vm_label(const struct vm *vm, char *buf);
/*
 * report_remedy() - what a person can do for this VM, by reason, cause and kernel line, for every non-transient reason
 * set now; "" when nothing needs to be done. @buf of REPORT_REMEDY_MAX; returns buf.
 */
#define REPORT_REMEDY_MAX 768
char *report_remedy(const struct tracker *t, const struct vm *vm, char *buf);

/*
 * report_fields() - the journal fields of an action beside MESSAGE and MESSAGE_ID; conf/avicd.catalog uses them.
 * Returns how many of @fields were filled, @max at most; REPORT_FIELDS_MAX is always enough. The values live in @store,
 * in @a and in its VM.
 *
 * Host-wide actions carry their text in action.detail: trace-up the name of the source; trace-down why; trace-lost
 * how much; probed what the version suggests, or nothing; libvirt-up "URI"; libvirt-down "URI: why"; config what
 * was read, or the bad line; health the old health.
 */
#define REPORT_FIELDS_MAX 16
struct report_field_store {
	char pid[16], mask[24], names[MASK_NAMES_MAX], bit[BIT_NAME_MAX], boot[16], duration[24], uri[128];
	char remedy[REPORT_REMEDY_MAX];
};
size_t report_fields(const struct tracker *t, const struct action *a, uint64_t now, struct log_field *fields,
		     size_t max, struct report_field_store *store);

/* report_vm() - one VM as JSON; times both as seconds ago/duration and as RFC 3339. Caller puts. NULL on -ENOMEM. */
json_object *report_vm(const struct tracker *t, const struct vm *vm, uint64_t now);
struct report_libvirt {
	const char *uri;
	bool connected;
	const char *why; /* why not, or NULL */
};
struct report_livepatch {
	const char *state, *outcome; /* words of deploy.h, livepatch.h */
	const char *why;	     /* of them, or NULL */
	const char *module;	     /* path of the file, or NULL */
	bool loaded, persistent;     /* it is there; it will be after the next boot */
	uint64_t at;		     /* wall clock, us: since when; 0 = nothing has changed yet */
	const struct stalled_task *stalled; /* tasks that held the last transition up */
	size_t n_stalled;
};
struct report_host {
	const struct report_libvirt *libvirt;
	size_t n_libvirt;
	const struct host *host;
	const char *trace_source;   /* "bpf", ..., "none" */
	const char *trace_why;      /* why there is none, or NULL */
	const struct trace_stats *stats;
	const char *version;
	uint64_t resync_interval;
	const struct report_livepatch *livepatch;
	const struct findings *checks; /* of the host, as `avicctl host` has them */
};
/* report_health_why() - why the health is so, a phrase: "2 of 512 VMs stuck: big, db3". @h may be NULL. Returns buf. */
#define REPORT_WHY_MAX 512
char *report_health_why(const struct tracker *t, const struct report_host *h, char *buf, size_t size);
/* report_state() - state.json. To be printed only, in PLAIN: the VMs in it are text already. */
json_object *report_state(const struct tracker *t, const struct report_host *h, uint64_t now);
/* report_host_json() - host.json: what others may rely on about this host. */
json_object *report_host_json(const struct tracker *t, const struct report_host *h, uint64_t now);
/* report_findings() - those of grade @from and worse: [{id, check, grade, why, remedy}]. report_grades() - {GRADE: how many}. NULL: -ENOMEM. */
json_object *report_findings(const struct findings *f, enum grade from);
json_object *report_grades(const struct findings *f);
/* report_probe() - "probe" of host.json: {BUG: {result, why, at}}. NULL on -ENOMEM. */
json_object *report_probe(const struct probe_answer answers[static _PROBE_BUG_MAX]);
/* report_action() - payload of the D-Bus signal Event and of `avicctl watch --json`. */
json_object *report_action(const struct tracker *t, const struct action *a, const char *sentence, uint64_t now);
/* report_said() - what the hook said last: {at, seconds, decision, text}; seconds is null where that is to come. */
json_object *report_said(const struct said *s, uint64_t now_us);
/* report_write() - atomically, 0644, one line of JSON. */
int report_write(const char *path, json_object *o);

#endif
