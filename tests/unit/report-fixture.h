/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tracker and VMs made by hand, for the tests of what is reported about them. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "avicd/report.h"

#define NOW	 (1000000 * NSEC_PER_SEC)
#define AGO(s)	 (NOW - (s)*NSEC_PER_SEC)
#define UUID_BIG "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define BOOT_ID	 "0d6f8a3e-1111-4222-8333-123456789abc"

static inline void fixture_tracker(struct tracker *t, enum kernel_line line)
{
	*t = (struct tracker){.watching = true, .watch_has_snapshot = true, .health = HEALTH_OK};
	numbering_from_line(line, &t->numbering);
	core_settings_default(&t->settings);
	t->host.avic = TRI_YES;
	snprintf(t->host.vendor, sizeof(t->host.vendor), "amd");
}

/* A running domain in its boot 1, which began 5 minutes ago. */
static inline void fixture_vm(struct vm *vm, int32_t pid, const char *name)
{
	*vm = (struct vm){
		.id = {pid, (uint64_t)pid * NSEC_PER_SEC},
		.comm = "qemu-system-x86",
		.managed = name != NULL,
		.running = true,
		.known = true,
		.announced = true,
		.mask_seen = true,
		.seen_at = AGO(3600),
		.created_at = AGO(3600),
		.boot_at = AGO(300),
		.boots = 1,
		.boots_exact = true,
		.condition_at = AGO(270),
		.verdict = {.condition = CONDITION_ACTIVE, .headline = -1, .deadline = TIME_NEVER},
	};
	if (name) {
		snprintf(vm->domain.name, sizeof(vm->domain.name), "%s", name);
		snprintf(vm->domain.uuid, sizeof(vm->domain.uuid), UUID_BIG);
		snprintf(vm->domain.uri, sizeof(vm->domain.uri), "qemu:///system");
	}
}

/* Set @r since @since and judge the VM by it: @c with this reason at the head, unless @c is CONDITION_UNKNOWN. */
static inline void fixture_reason(const struct tracker *t, struct vm *vm, enum reason r, uint64_t since,
				  enum condition c, enum cause cause)
{
	struct verdict *v = &vm->verdict;
	unsigned bit = (unsigned)t->numbering.bit[r];

	assert_true(t->numbering.bit[r] >= 0);
	vm->mask |= BIT64(bit);
	vm->reason[bit] = (struct reason_stats){.since = since, .since_exact = true, .count = 1};
	v->reasons[v->n++] = (struct reason_verdict){
		.bit = bit,
		.reason = r,
		.cls = numbering_class(&t->numbering, bit),
		.cause = cause,
		.remedies = reason_info(r)->remedies,
	};
	if (c == CONDITION_UNKNOWN)
		return;
	v->condition = c;
	v->headline = (int)bit;
	v->cause = cause;
	v->remedies = reason_info(r)->remedies;
}

#endif
