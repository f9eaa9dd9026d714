/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal fields of an action. */
#include <stdio.h>

#include "report/words.h"

struct filling {
	struct log_field *fields;
	size_t n, max;
};

/* A field without a value is left out, so that `journalctl -F` lists real values only. */
static void add(struct filling *f, const char *name, const char *value)
{
	if (value && *value && f->n < f->max)
		f->fields[f->n++] = (struct log_field){name, value};
}

static void add_vm(struct filling *f, const struct tracker *t, const struct vm *vm, struct report_field_store *s)
{
	snprintf(s->pid, sizeof(s->pid), "%d", (int)vm->id.tgid);
	snprintf(s->boot, sizeof(s->boot), "%u", vm->boots);
	add(f, "DOMAIN_UUID", vm->domain.uuid);
	add(f, "DOMAIN_NAME", vm->domain.name);
	add(f, "AVICD_PID", s->pid);
	add(f, "AVICD_CONDITION", condition_to_string(vm->verdict.condition));
	add(f, "AVICD_CAUSE", cause_to_string(vm->verdict.cause));
	if (vm->mask_seen) {
		snprintf(s->mask, sizeof(s->mask), "0x%llx", (unsigned long long)vm->mask);
		add(f, "AVICD_MASK", s->mask);
		add(f, "AVICD_MASK_NAMES", mask_names(&t->numbering, vm->mask, s->names, sizeof(s->names)));
	}
	add(f, "AVICD_BOOT", s->boot);
	add(f, "AVICD_URI", vm->domain.uri);
	add(f, "AVICD_REMEDY", report_remedy(t, vm, s->remedy));
}

/* The detail of libvirt-up and libvirt-down is "URI" or "URI: why"; a URI has no blank. */
static void add_uri(struct filling *f, const char *detail, struct report_field_store *s)
{
	const char *end = detail ? strstr(detail, ": ") : NULL;
	size_t len;

	if (!detail)
		return;
	len = MIN(end ? (size_t)(end - detail) : strlen(detail), sizeof(s->uri) - 1);
	snprintf(s->uri, sizeof(s->uri), "%.*s", (int)len, detail);
	add(f, "AVICD_URI", s->uri);
}

size_t report_fields(const struct tracker *t, const struct action *a, uint64_t now _unused_, struct log_field *fields,
		     size_t max, struct report_field_store *store)
{
	struct filling f = {.fields = fields, .max = max};

	if (a->event <= EVENT_NONE || a->event >= _EVENT_MAX)
		return 0;
	add(&f, "AVICD_EVENT", event_desc(a->event)->word);
	if (a->vm)
		add_vm(&f, t, a->vm, store);
	else
		add(&f, "AVICD_HEALTH", health_to_string(t->health));
	if (a->event == EVENT_LIBVIRT_UP || a->event == EVENT_LIBVIRT_DOWN)
		add_uri(&f, a->detail, store);
	add(&f, "AVICD_OLD_CONDITION", words_old_condition(a));
	add(&f, "AVICD_REASON", words_reason(t, a, store->bit));
	if (words_has_duration(a)) {
		snprintf(store->duration, sizeof(store->duration), "%llu",
			 (unsigned long long)(a->duration / NSEC_PER_USEC));
		add(&f, "AVICD_DURATION_USEC", store->duration);
	}
	add(&f, "AVICD_DETAIL", a->detail);
	return f.n;
}
