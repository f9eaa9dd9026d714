/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which VM a caller means. */
#include "avicd/text.h"
#include "daemon/manager.h"

#define SHOWN_MAX 200 /* of a caller's argument, in an error text */

/* A name comes before a UUID, and a UUID before a process id: a domain may be called "4711". */
static bool matches(const struct vm *vm, int by, const char *arg, const char *uuid, uint64_t pid)
{
	switch (by) {
	case 0:
		return streq(vm->domain.name, arg);
	case 1:
		return *uuid && streq(vm->domain.uuid, uuid);
	default:
		return pid && (uint64_t)vm->id.tgid == pid;
	}
}

const struct watched *bus_find_vm(struct manager *m, const char *arg, sd_bus_error *error)
{
	_cleanup_free_ char *shown = NULL;
	const struct watched *found = NULL;
	char uuid[DOMAIN_UUID_MAX] = "";
	uint64_t pid = 0;
	size_t n = 0;

	if (!*arg) {
		sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "A domain name, a UUID or a process id is needed");
		return NULL;
	}
	manager_refresh(m);
	if (uuid_normalize(arg, uuid) < 0)
		uuid[0] = '\0';
	if (arg[strspn(arg, "0123456789")] || parse_u64(arg, &pid) < 0)
		pid = 0;
	for (int by = 0; by < 3 && !n; by++) {
		HASH_FOREACH (&m->tracker.vms, slot) {
			const struct vm *vm = slot->value;
			const struct watched *w = vms_find(m, vm->id.tgid);

			if (!w || !w->path[0] || !matches(vm, by, arg, uuid, pid))
				continue;
			found = w;
			n++;
		}
	}
	if (n == 1)
		return found;
	if (text_clean(arg, SHOWN_MAX, &shown) < 0)
		sd_bus_error_set(error, SD_BUS_ERROR_NO_MEMORY, NULL);
	else if (n)
		sd_bus_error_setf(error, BUS_AMBIGUOUS, "%zu VMs are called '%s'; give the UUID or the process id", n,
				  shown);
	else
		sd_bus_error_setf(error, BUS_NO_SUCH_VM, "There is no VM '%s'", shown);
	return NULL;
}
