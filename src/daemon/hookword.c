/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last word of the libvirt hook about each domain. Its files are read when somebody asks: they are small, and in memory. */
#include "avicd/clock.h"
#include "avicd/said.h"
#include "daemon/hookword.h"
#include "daemon/manager.h"

#define SWEEP_NS (3600 * NSEC_PER_SEC)

/* A recording is of another host, or of another time. */
static bool concerns(const struct manager *m, const struct vm *vm)
{
	return vm->domain.uuid[0] && !sources_wants_recording(m);
}

json_object *hookword_json(const struct manager *m, const struct vm *vm)
{
	_cleanup_close_ int folder = concerns(m, vm) ? said_folder() : -ENOENT;
	struct said said;

	if (folder < 0 || said_read(folder, vm->domain.uuid, &said) < 0)
		return NULL;
	return report_said(&said, wall_us());
}

void hookword_ended(const struct manager *m, const struct vm *vm)
{
	_cleanup_close_ int folder = concerns(m, vm) ? said_folder() : -ENOENT;
	struct said said;

	/* what cannot be read goes as well */
	if (folder >= 0 && (said_read(folder, vm->domain.uuid, &said) < 0 || said.at <= wall_of(vm->seen_at)))
		(void)said_drop(folder, vm->domain.uuid);
}

static bool runs(const char *uuid, void *userdata)
{
	const struct manager *m = userdata;

	return tracker_find_uuid(&m->tracker, uuid);
}

void hookword_sweep(struct manager *m)
{
	uint64_t now = now_ns();
	int folder;

	/* not at once: the VMs that are there already have to be found first */
	if (!m->swept_at)
		m->swept_at = now;
	if (now - m->swept_at < SWEEP_NS)
		return;
	m->swept_at = now;
	folder = said_folder();
	if (folder >= 0)
		said_sweep(folder, wall_us(), runs, m);
	close_p(&folder);
}
