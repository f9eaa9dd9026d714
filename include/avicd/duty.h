/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Duty state: what must survive avicd (STATE_DIRECTORY/duty.json), boots first. Atomic; synced when asked. Unreadable or of another
 * host boot: empty, and no automatic action may rest on it.
 */
#ifndef AVICD_DUTY_H
#define AVICD_DUTY_H

#include "avicd/remedy.h"
#include "avicd/tracker.h"

struct duty_vm {
	struct vm_id id;
	char uuid[DOMAIN_UUID_MAX];
	uint32_t boots;
	bool boots_exact;
};
struct duty {
	struct duty_vm *vms;
	size_t n_vms;
	struct remedy_book book;
};

/*
 * duty_load() - 0: loaded, or there was none, or it is of another boot of the host (then empty). -EBADMSG: unreadable as duty state; the
 * file was renamed to duty.json.corrupt-N. Other negative errno: could not be read.
 */
int duty_load(const char *path, const char *boot_id, struct duty *ret);
int duty_save(const char *path, const char *boot_id, const struct tracker *t, const struct remedy_book *book, bool sync);
const struct duty_vm *duty_find(const struct duty *d, const struct vm_id *id);
void duty_done(struct duty *d);

#endif
