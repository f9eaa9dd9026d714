/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the fields of our two events lie, by libtraceevent from the format files. */
#include <stdio.h>

#include <event-parse.h>

#include "kernel/layout.h"

static struct tep_handle *tep_free_(struct tep_handle *tep)
{
	tep_free(tep);
	return NULL;
}
DEFINE_CLEANUP(struct tep_handle, tep_free_)

static bool find_place(struct tep_event *event, const char *name, struct place *ret)
{
	struct tep_format_field *f = tep_find_any_field(event, name);

	if (!f || f->offset < 0 || f->size <= 0 || f->size > (int)sizeof(uint64_t))
		return false;
	*ret = (struct place){f->offset, f->size};
	return true;
}

bool place_read(struct place p, const char *rec, int size, uint64_t *ret)
{
	uint64_t v = 0;

	if (p.offset > size - p.size)
		return false;
	memcpy(&v, rec + p.offset, (size_t)p.size); /* little endian, as all that runs this event */
	*ret = v;
	return true;
}

static struct tep_event *read_event(const struct instance *i, struct tep_handle *tep, const char *name)
{
	_cleanup_free_ char *text = NULL;
	char path[128];

	snprintf(path, sizeof(path), "events/kvm/%s/format", name);
	if (instance_read(i->fd, path, &text) < 0 || tep_parse_event(tep, text, strlen(text), "kvm") != 0)
		return NULL;
	return tep_find_event_by_name(tep, "kvm", name);
}

/* "field: char data; offset:16; size:4080;" */
static int read_page_size(const struct instance *i, size_t *ret)
{
	_cleanup_free_ char *s = NULL;
	unsigned offset, size;
	const char *data;
	int r = instance_read(i->root_fd, "events/header_page", &s);

	if (r < 0)
		return r;
	data = strstr(s, " data;");
	if (!data || sscanf(data, " data; offset:%u; size:%u;", &offset, &size) != 2 || offset > 64 ||
	    size > (1U << 20))
		return -EOPNOTSUPP;
	*ret = offset + size;
	return 0;
}

int layout_read(const struct instance *i, struct layout *ret)
{
	_cleanup_(tep_free__p) struct tep_handle *tep = tep_alloc();
	struct tep_event *inhibit, *tsc;
	struct layout l = {.tsc_id = -1};
	int r;

	if (!tep)
		return -ENOMEM;
	r = read_page_size(i, &l.page_size);
	if (r < 0)
		return r;
	inhibit = read_event(i, tep, EVENT_INHIBIT);
	if (!inhibit || !find_place(inhibit, "common_type", &l.type) || !find_place(inhibit, "common_pid", &l.pid) ||
	    !find_place(inhibit, "reason", &l.reason) || !find_place(inhibit, "set", &l.set) ||
	    !find_place(inhibit, "inhibits", &l.mask))
		return -EOPNOTSUPP;
	l.inhibit_id = inhibit->id;
	tsc = read_event(i, tep, EVENT_TSC);
	if (tsc && find_place(tsc, "vcpu_id", &l.vcpu) && find_place(tsc, "next_tsc_offset", &l.offset))
		l.tsc_id = tsc->id;
	*ret = l;
	return 0;
}
