/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of stuck VMs.
 *
 * DOC: Theory of Operation
 *
 * What is reported already is what lies in the folder: the newest report of a VM that does not say how it ended, and is of this process and this
 * boot of the host. So neither a restart of avicd nor its crash reports a VM twice, and nothing needs to be kept elsewhere. A case is over by
 * the VM's state, not by an event (bundle_over()): then nothing is lost when avicd did not run, or could not write, at that moment.
 *
 * The unit is started after its file is there, and only then.
 */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/log.h"
#include "avicd/proc.h"
#include "daemon/manager.h"

#define AGAIN_NS    (10 * NSEC_PER_SEC)
#define TIDY_NS	    (3600 * NSEC_PER_SEC)
/* A report takes a millisecond; when all VMs of a host change at once, the loop goes round in between. */
#define BURST_MAX   32
#define BURST_NS    (100 * NSEC_PER_MSEC)
#define CMDLINE_MAX 65536

struct reported {
	struct vm_id id;
	char instance[BUNDLE_INSTANCE_MAX], name[BUNDLE_NAME_MAX];
	uint64_t begun_ns; /* monotonic */
};

/* ---- begin and end ---- */

static int on_later(sd_event_source *s, uint64_t usec, void *userdata);

/* One warning, and one line when it is over. */
static int wrote(struct manager *m, int r)
{
	struct reporting *y = &m->reporting;

	if (r < 0 && !y->said_failed)
		log_errno(LOG_WARNING, r, "Cannot write reports into %s, trying again; the watch goes on",
			  y->bundles.dir);
	else if (r >= 0 && y->said_failed)
		log_notice("Reports can be written again into %s", y->bundles.dir);
	y->said_failed = r < 0;
	y->again_at = r < 0 ? now_ns() + AGAIN_NS : 0;
	if (r < 0)
		timer_arm(m->event, &y->later, AGAIN_NS, on_later, m);
	return r;
}

static json_object *make(struct manager *m, const struct vm *vm, uint64_t begun_us)
{
	const struct action stuck = {.event = EVENT_VM_STUCK, .vm = vm};
	_cleanup_free_ char *sentence = NULL, *stack = NULL, *cmdline = NULL;
	struct report_host host;
	uint64_t now = manager_now(m);

	if (report_sentence(&m->tracker, &stuck, now, &sentence) < 0)
		return NULL;
	if (vm->verdict.headline < 0 || !m->sources.current ||
	    trace_stack(m->sources.current, vm->id.tgid, (unsigned)vm->verdict.headline, &stack) < 0)
		stack = NULL;
	if (sysroot_read("/proc/cmdline", CMDLINE_MAX, &cmdline, NULL) < 0)
		cmdline = NULL;
	manager_report_host(m, &host);
	return bundle_json(&(struct bundle){
		.tracker = &m->tracker,
		.vm = vm,
		.host = &host,
		.sentence = sentence,
		.stack = stack,
		.cmdline = cmdline,
		.now = now,
		.begun_us = begun_us,
	});
}

static void begin(struct manager *m, const struct vm *vm)
{
	struct reporting *y = &m->reporting;
	_cleanup_json_ json_object *o = NULL;
	_cleanup_free_ struct reported *new = calloc(1, sizeof(*new));
	uint64_t now = wall_us();
	int r = -ENOMEM;

	o = new ? make(m, vm, now) : NULL;
	if (o) {
		new->id = vm->id;
		new->begun_ns = now_ns();
		bundle_name(bundle_instance(vm, new->instance), now, new->name);
		r = bundles_write(&y->bundles, new->instance, new->name, o);
	}
	if (wrote(m, r) < 0 || hash_put(&y->open, (uint32_t)vm->id.tgid, new) < 0)
		return;
	log_debug("Reported in %s/%s", y->bundles.dir, new->name);
	reporting_start_unit(m, new->instance);
	new = NULL;
}

static void forget(struct manager *m, struct reported *p)
{
	struct hash *open = &m->reporting.open;

	if (hash_get(open, (uint32_t)p->id.tgid) == p)
		hash_remove(open, (uint32_t)p->id.tgid);
	free(p);
}

/* 0: the end is on the disk, or there is no file any more to write it into; @p is forgotten. @a: what happened; NULL: nobody saw it. */
static int end(struct manager *m, struct reported *p, const struct action *a)
{
	struct reporting *y = &m->reporting;
	uint64_t now = now_ns();
	struct bundle_ending how = {
		.sentence = "it is over; avicd did not run when that happened",
		.ended_us = wall_us(),
		.lasted_ns = now > p->begun_ns ? now - p->begun_ns : 0,
	};
	_cleanup_free_ char *sentence = NULL;
	_cleanup_json_ json_object *o = NULL;
	struct bundle_head head;
	int r;

	if (a && report_sentence(&m->tracker, a, manager_now(m), &sentence) == 0) {
		how.event = event_desc(a->event)->word;
		how.sentence = sentence;
		how.condition = a->event == EVENT_VM_GONE ? NULL : condition_to_string(a->vm->verdict.condition);
	}
	r = bundles_read(&y->bundles, p->name, &head, &o);
	if (r == 0)
		r = bundle_end(o, &how);
	if (r == 0)
		r = bundles_write(&y->bundles, p->instance, p->name, o);
	/* a file that somebody took away, or wrote anew, is his */
	if (r != -ENOENT && r != -EBADMSG) {
		if (wrote(m, r) < 0)
			return r;
		reporting_start_unit(m, p->instance);
	}
	forget(m, p);
	return 0;
}

static bool is_on(const struct manager *m)
{
	return m->reporting.begun && !sources_wants_recording(m) && now_ns() >= m->reporting.again_at;
}

static void look_at_all(struct manager *m)
{
	HASH_FOREACH (&m->tracker.vms, slot)
		reporting_saw(m, slot->value);
}

static int on_later(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	m->reporting.burst = 0;
	look_at_all(m);
	return 0;
}

void reporting_saw(struct manager *m, const struct vm *vm)
{
	struct reporting *y = &m->reporting;
	struct reported *p;

	if (!is_on(m) || !vm->announced)
		return;
	p = hash_get(&y->open, (uint32_t)vm->id.tgid);
	if (p ? !bundle_over(vm) && vm_id_equal(&p->id, &vm->id) : vm->verdict.condition != CONDITION_STUCK)
		return;
	timer_soon(m->event, &y->later, BURST_NS, on_later, m);
	if (y->burst == BURST_MAX)
		return;
	y->burst++;
	if (p && !vm_id_equal(&p->id, &vm->id)) {
		if (end(m, p, NULL) == 0)
			p = NULL;
	} else if (p && bundle_over(vm)) {
		end(m, p,
		    &(struct action){
			    .event = vm->verdict.condition == CONDITION_CONFIGURED ? EVENT_VM_CONFIGURED
										   : EVENT_VM_RECOVERED,
			    .vm = vm,
			    .old_condition = CONDITION_STUCK,
			    .duration = now_ns() - p->begun_ns,
		    });
	}
	if (!p && vm->verdict.condition == CONDITION_STUCK)
		begin(m, vm);
}

void reporting_gone(struct manager *m, const struct action *a)
{
	struct reported *p = hash_get(&m->reporting.open, (uint32_t)a->vm->id.tgid);

	if (p && is_on(m) && vm_id_equal(&p->id, &a->vm->id))
		end(m, p, a);
}

/* ---- what was before ---- */

static bool has_ended(const struct manager *m, const struct vm_id *id)
{
	const struct vm *vm = tracker_find(&m->tracker, id->tgid);
	uint64_t start;

	return !(vm && vm_id_equal(&vm->id, id)) &&
	       (proc_start(id->tgid, &start) < 0 || !vm_id_equal(id, &(struct vm_id){id->tgid, start}));
}

/* Those whose process has ended, or was before the host was booted. */
static void bury(struct manager *m)
{
	_cleanup_tgids_ struct tgids ended = {0};
	struct reporting *y = &m->reporting;

	HASH_FOREACH (&y->open, slot) {
		const struct reported *p = slot->value;

		if (has_ended(m, &p->id))
			tgids_add(&ended, p->id.tgid);
	}
	for (size_t i = 0; i < ended.n; i++)
		end(m, hash_get(&y->open, (uint32_t)ended.v[i]), NULL);
}

static void on_unended(const char *instance, const char *name, const struct bundle_head *head, void *userdata)
{
	struct manager *m = userdata;
	struct reporting *y = &m->reporting;
	struct reported *p = calloc(1, sizeof(*p)), *other;
	uint64_t begun_us, now_us = wall_us(), now = now_ns(), ago;

	if (!p || bundle_name_parse(name, NULL, &begun_us) < 0) {
		free(p);
		return;
	}
	ago = now_us > begun_us ? (now_us - begun_us) * NSEC_PER_USEC : 0;
	p->id = head->id;
	p->begun_ns = now > ago ? now - ago : 0;
	snprintf(p->instance, sizeof(p->instance), "%s", instance);
	snprintf(p->name, sizeof(p->name), "%s", name);
	other = hash_get(&y->open, (uint32_t)p->id.tgid);
	/* of this boot there is one such process at most, and it is the one that runs */
	if (!streq(head->boot_id, m->host.boot_id) || (other && has_ended(m, &p->id))) {
		if (end(m, p, NULL) < 0)
			forget(m, p);
		return;
	}
	if (other && end(m, other, NULL) < 0)
		forget(m, other);
	if (hash_put(&y->open, (uint32_t)p->id.tgid, p) < 0)
		free(p);
}

void reporting_begin(struct manager *m)
{
	struct reporting *y = &m->reporting;

	if (bundles_start(&y->bundles) < 0) {
		log_error("No memory for reports; none is written");
		return;
	}
	y->begun = true;
	bundles_tidy(&y->bundles);
	y->tidied_at = now_ns();
	bundles_unended(&y->bundles, on_unended, m);
	bury(m);
}

void reporting_look(struct manager *m)
{
	struct reporting *y = &m->reporting;

	if (!is_on(m))
		return;
	look_at_all(m);
	bury(m);
	if (now_ns() - y->tidied_at >= TIDY_NS) {
		bundles_tidy(&y->bundles);
		y->tidied_at = now_ns();
	}
}

void reporting_done(struct manager *m)
{
	struct reporting *y = &m->reporting;

	reporting_units_lost(m);
	event_source_drop(&y->minute);
	event_source_drop(&y->later);
	HASH_FOREACH (&y->open, slot)
		free(slot->value);
	hash_done(&y->open);
	bundles_done(&y->bundles);
}
