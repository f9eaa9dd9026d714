/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracker decided, done: journal line, D-Bus signal, files. */
#include "avicd/log.h"
#include "daemon/actions.h"
#include "daemon/hookword.h"
#include "daemon/manager.h"

/* Boots must survive us; they change with these. */
static bool changes_duty(enum event_id e)
{
	return e == EVENT_VM_APPEARED || e == EVENT_VM_GONE || e == EVENT_VM_REBOOT;
}

void actions_tell(struct manager *m, const struct action *a, const char *path, uint64_t at)
{
	struct log_field fields[REPORT_FIELDS_MAX];
	struct report_field_store store;
	_cleanup_free_ char *sentence = NULL;
	size_t n;

	if (report_sentence(&m->tracker, a, at, &sentence) < 0) {
		log_error("No memory to report the event %s", event_desc(a->event)->word);
		return;
	}
	n = report_fields(&m->tracker, a, at, fields, ARRAY_SIZE(fields), &store);
	log_write(report_level(&m->tracker, a), a->event, fields, n, "%s", sentence);
	recording_told(m, a, fields, n, sentence, at);
	bus_event(m, a, path, sentence, at);
}

static void gone(struct manager *m, const struct action *a, struct watched *w)
{
	struct action better = *a;

	better.detail = vms_why_gone(w, a->detail);
	/* a VM that no line ever named needs no line when it is gone */
	if (a->vm->announced && (w->ending || !farewells_hold(m, &better, w->path)))
		actions_tell(m, &better, w->path, manager_now(m));
	/* the watch of a VM may end before the VM */
	if (vms_ended(w))
		hookword_ended(m, a->vm);
	remedying_well(m, a->vm);
	reporting_gone(m, &better);
	vms_drop(m, w);
}

void actions_do(const struct action *a, void *userdata)
{
	struct manager *m = userdata;
	struct watched *w = a->vm ? vms_find(m, a->vm->id.tgid) : NULL;

	recording_saw(m, a);
	bus_changed(m, w);
	if (changes_duty(a->event))
		files_duty_soon(m);
	files_state_soon(m);
	if (a->event == EVENT_VM_APPEARED && w)
		bus_vm_publish(m, w);
	if (a->vm && a->event != EVENT_REMEDY && a->event != EVENT_REMEDY_FAILED)
		remedying_soon(m);
	if (a->event == EVENT_VM_GONE && w)
		gone(m, a, w);
	else
		actions_tell(m, a, w ? w->path : "", manager_now(m));
	if (a->vm && a->event != EVENT_VM_GONE)
		reporting_saw(m, a->vm);
	if (a->event == EVENT_VM_APPEARED)
		remedying_arrived(m, a->vm);
	if (a->event == EVENT_VM_RECOVERED)
		remedying_well(m, a->vm);
}

void actions_host(struct manager *m, enum event_id event, const char *detail)
{
	actions_do(&(struct action){ .event = event, .detail = detail }, m);
}
