/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boots: guest resets, each counted once.
 *
 * DOC: Theory of Operation
 *
 * A reset has two witnesses. The tracepoint kvm_write_tsc_offset sees it in the kernel, debounced there (entry.h), also while libvirtd hangs
 * and for VMs that no libvirt knows. libvirt's REBOOT event tells it again, two or three times, within 100 ms or, from a libvirtd that hung
 * in between, minutes apart, and without a time of its own. So a late REBOOT cannot be told from a new one, and does not count for a VM
 * whose TSC writes the tracepoint is known to see: at creation already, or from the first counted reset on. Where the tracepoint is blind
 * (no such event, a TSC that is scaled), REBOOT alone counts, debounced.
 */
#include "core/tracker-private.h"

static void count_boot(struct tracker *t, struct vm *vm, uint32_t n, uint64_t at)
{
	vm->boots += n;
	vm->boot_at = vm->last_reset_at = at;
	/* what was learnt of the APICs held for the earlier boot */
	vm->ids_right = TRI_UNKNOWN;
	if (vm->announced)
		tracker_act(t, &(struct action){ .event = EVENT_VM_REBOOT, .vm = vm });
}

void boots_by_trace(struct tracker *t, struct vm *vm, const struct entry *e)
{
	uint32_t n = e->resets - vm->entry_resets;
	uint64_t apart = MAX(e->reset_at, vm->last_reset_at) - MIN(e->reset_at, vm->last_reset_at);

	vm->entry_resets = e->resets;
	/* libvirt was first: it counted the newest of these already */
	if (n && !vm->trace_sees && vm->last_reset_at && apart < t->settings.reboot_debounce_ns) {
		vm->last_reset_at = vm->boot_at = e->reset_at;
		n--;
	}
	vm->trace_sees = e->tsc_at != 0;
	if (n)
		count_boot(t, vm, n, e->reset_at);
}

void tracker_reboot(struct tracker *t, const char *uuid, uint64_t now)
{
	struct vm *vm = tracker_find_uuid(t, uuid);

	if (!vm || vm->trace_sees || (vm->last_reset_at && now - vm->last_reset_at < t->settings.reboot_debounce_ns))
		return;
	count_boot(t, vm, 1, now);
	evaluate(t, vm, now);
}

void tracker_restore(struct tracker *t, int32_t tgid, uint32_t boots)
{
	struct vm *vm = tracker_find(t, tgid);

	if (!vm)
		return;
	/* what this run counted comes on top; resets while nobody watched were seen by nobody */
	vm->boots += boots;
	vm->boots_exact = false;
}
