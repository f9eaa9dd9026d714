/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of a domain, by its XML. */
#include <stdio.h>

#include "avicd/util.h"
#include "job/piece.h"
#include "virt/xmlreader.h"

#define DISK_DEPTH 2 /* domain/devices/disk */

void disks_done(struct disks *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->list[i].file);
	free(d->list);
	*d = (struct disks){0};
}

static void copy(char *dst, size_t size, const char *s)
{
	snprintf(dst, size, "%s", s ?: "");
}

static int add(struct disks *d, const char *const *attributes)
{
	struct disk *more = reallocarray(d->list, d->n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	d->list = more;
	d->list[d->n] = (struct disk){0};
	copy(d->list[d->n].type, sizeof(d->list[d->n].type), xmlreader_attribute(attributes, "type"));
	d->n++;
	return 0;
}

static int take(struct disk *d, const char *name, const char *const *attributes)
{
	const char *file = xmlreader_attribute(attributes, "file");

	if (streq(name, "readonly")) {
		d->readonly = 1;
	} else if (streq(name, "target")) {
		copy(d->dev, sizeof(d->dev), xmlreader_attribute(attributes, "dev"));
	} else if (streq(name, "source") && file && !d->file) {
		d->file = strdup(file);
		if (!d->file)
			return -ENOMEM;
	}
	return 0;
}

static int on_start(void *userdata, int depth, const char *uri, const char *name, const char *const *attributes)
{
	static const char *const path[] = {"domain", "devices", "disk"};
	struct disks *d = userdata;

	if (*uri || (depth <= DISK_DEPTH && !streq(name, path[depth])))
		return XMLREADER_SKIP;
	if (depth < DISK_DEPTH)
		return 0;
	if (depth == DISK_DEPTH)
		return add(d, attributes);
	/* what is below backingStore and mirror is of other images */
	return take(&d->list[d->n - 1], name, attributes) ?: XMLREADER_SKIP;
}

int disks_read(const char *xml, struct disks *ret)
{
	static const struct xmlreader_calls calls = {.start = on_start};
	struct disks d = {0};
	int r = xmlreader_walk(xml, strlen(xml), &calls, &d);

	if (r < 0) {
		disks_done(&d);
		return r;
	}
	*ret = d;
	return 0;
}
