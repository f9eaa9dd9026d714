/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording: what the history is told of VMs, and of the times that they spend. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/log.h"
#include "daemon/manager.h"
#include "daemon/recording_vm.h"

/* Times are added up for so long before they become a record: what a kill of avicd loses. */
#define TICK_NS (60 * NSEC_PER_SEC)
/* systemd waits longer before it kills us. */
#define END_NS	(5 * NSEC_PER_SEC)

/* A recording that is played is not what happened here. */
static bool records(const struct manager *m)
{
	return m->recording.writer && !(m->sources.current && !sources_live(m));
}

static void say_state(struct recording *r, const struct history_notice *n)
{
	if (n->aside[0])
		log_warning("%s is damaged and was set aside as %s; a new history is begun", r->path, n->aside);
	if (n->state == HISTORY_BLOCKED && r->state != HISTORY_BLOCKED)
		log_warning("Cannot write %s: %s; everything else goes on, and it is tried again. Make room there, or "
			    "set history=no",
			    r->path, n->text);
	if (n->state == HISTORY_REFUSED && r->state != HISTORY_REFUSED)
		log_warning("Cannot write %s: %s, then: systemctl reload avicd. Until then nothing is recorded",
			    r->path, n->text);
	if (n->state == HISTORY_WRITING && r->state == HISTORY_BLOCKED)
		log_notice("%s can be written again", r->path);
	if (n->lost)
		log_notice("%llu records of the history were lost: they could not be written in time",
			   (unsigned long long)n->lost);
	r->state = n->state;
}

static int on_notice(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;
	struct history_notice n;

	if (history_writer_notice(m->recording.writer, &n))
		say_state(&m->recording, &n);
	return 0;
}

static void flush_all(struct manager *m)
{
	HASH_FOREACH (&m->tracker.vms, slot) {
		struct vm *vm = slot->value;

		if (vm->announced)
			recorded_flush(m, vm);
	}
}

static int on_tick(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	if (records(m))
		flush_all(m);
	timer_arm(m->event, &m->recording.tick, TICK_NS, on_tick, m);
	return 0;
}

void recording_start(struct manager *m)
{
	struct recording *r = &m->recording;
	struct history_options o = {
		.boot_id = m->host.boot_id,
		.retention_us = m->settings.retention / NSEC_PER_USEC,
	};
	int error;

	if (!m->settings.history || r->writer)
		return;
	r->state = HISTORY_STARTING;
	error = r->path ? 0 : history_path(&r->path);
	o.path = r->path;
	if (error == 0)
		error = history_writer_new(&o, &r->writer);
	if (error == 0)
		error = sd_event_add_io(m->event, &r->notices, history_writer_fd(r->writer), EPOLLIN, on_notice, m);
	if (error == 0)
		error = timer_arm(m->event, &r->tick, TICK_NS, on_tick, m);
	if (error < 0) {
		log_errno(LOG_WARNING, error, "Cannot begin the history; nothing is recorded until avicd is restarted");
		recording_done(m);
	}
}

void recording_settings(struct manager *m)
{
	struct recording *r = &m->recording;

	/* what was refused may have been moved away */
	if (!m->settings.history || r->state == HISTORY_REFUSED)
		recording_done(m);
	if (!m->settings.history)
		return;
	if (r->writer) {
		history_writer_retention(r->writer, m->settings.retention / NSEC_PER_USEC);
		return;
	}
	recording_start(m);
	/* those that are here already */
	HASH_FOREACH (&m->tracker.vms, slot) {
		struct vm *vm = slot->value;

		if (records(m) && vm->announced)
			recorded_saw(m, &(struct action){.event = EVENT_VM_APPEARED, .vm = vm});
	}
}

void recording_saw(struct manager *m, const struct action *a)
{
	/* a VM that was not announced is not told of either */
	if (records(m) && a->vm && a->vm->announced)
		recorded_saw(m, a);
}

/* Journal fields are what a row has, too. */
static const struct {
	const char *field;
	size_t offset;
} columns[] = {
	{"AVICD_CONDITION", offsetof(struct history_record, condition)},
	{"AVICD_OLD_CONDITION", offsetof(struct history_record, old_condition)},
	{"AVICD_CAUSE", offsetof(struct history_record, cause)},
	{"AVICD_REASON", offsetof(struct history_record, reason)},
	{"AVICD_MASK_NAMES", offsetof(struct history_record, reasons)},
	{"AVICD_HEALTH", offsetof(struct history_record, health)},
	{"AVICD_DETAIL", offsetof(struct history_record, detail)},
};

void recording_told(struct manager *m, const struct action *a, const struct log_field *fields, size_t n,
		    const char *sentence, uint64_t at)
{
	struct history_record r = {
		.kind = HISTORY_EVENT,
		.at = wall_of(at),
		.of_vm = a->vm != NULL,
		.event = event_desc(a->event)->word,
		.text = sentence,
		.duration = a->duration / NSEC_PER_USEC,
		.number = a->vm ? a->vm->boots : 0,
	};
	char why[REPORT_WHY_MAX];
	struct recorded_name name = {0};

	if (!records(m) || (a->vm && !a->vm->announced))
		return;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(columns); k++)
			if (streq(fields[i].name, columns[k].field))
				*(const char **)((char *)&r + columns[k].offset) = fields[i].value;
	if (a->event == EVENT_HEALTH)
		r.detail = report_health_why(&m->tracker, NULL, why, sizeof(why));
	if (a->vm)
		r.vm = recorded_name_of(m, a->vm, &name);
	(void)history_put(m->recording.writer, &r);
}

void recording_done(struct manager *m)
{
	struct recording *r = &m->recording;

	if (records(m)) {
		HASH_FOREACH (&m->tracker.vms, slot) {
			struct vm *vm = slot->value;

			if (vm->announced)
				recorded_cut(m, vm);
		}
	}
	HASH_FOREACH (&r->vms, slot)
		free(slot->value);
	hash_done(&r->vms);
	event_source_drop(&r->tick);
	event_source_drop(&r->notices);
	if (history_writer_free(TAKE_PTR(r->writer), END_NS) < 0)
		log_warning("%s could not be written within %d s; its last records are lost", r->path,
			    (int)(END_NS / NSEC_PER_SEC));
	free(r->path);
	r->path = NULL;
}
