/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tracker, step by step: what comes in, and the actions that come out as words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "avicd/tracker.h"

#define S NSEC_PER_SEC
#define ID_MODIFIED BIT64(4) /* numbering of 6.0 */
#define IRQWIN BIT64(7)
#define PIT_REINJ BIT64(8)
#define UUID "aaaaaaaa-0000-4000-8000-000000000001"

struct fixture {
	struct tracker t;
	struct entry e;
	char said[4096];
};

static void said(const struct action *a, void *userdata)
{
	struct fixture *f = userdata;
	size_t n = strlen(f->said);

	snprintf(f->said + n, sizeof(f->said) - n, "%s%s", n ? " " : "", event_desc(a->event)->word);
	if (a->event == EVENT_VM_CONDITION || a->event == EVENT_VM_RECOVERED) {
		n = strlen(f->said);
		snprintf(f->said + n, sizeof(f->said) - n, ":%s", condition_to_string(a->vm->verdict.condition));
	} else if (a->event == EVENT_HEALTH) {
		n = strlen(f->said);
		snprintf(f->said + n, sizeof(f->said) - n, ":%s", health_to_string(f->t.health));
	}
}

static void expect(struct fixture *f, const char *words)
{
	assert_string_equal(f->said, words);
	f->said[0] = '\0';
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct host_facts_core h = { .avic = TRI_YES, .vendor = "amd" };
	struct core_settings s;
	struct numbering n;

	core_settings_default(&s);
	numbering_from_line(LINE_6_0, &n);
	tracker_init(&f->t, &n, &s, &h, said, f);
	tracker_sight(&f->t, true, true, 1 * S);
	f->said[0] = '\0';
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tracker_done(&f->t);
	free(f);
	return 0;
}

/* A record comes, and the daemon reads the entry. */
static void record(struct fixture *f, uint64_t at, int reason, int set, uint64_t mask)
{
	const struct entry_params p = { .quiet_mask = IRQWIN, .absent_bit = 4, .disabled_bit = 1, .storm_rate = 100 };
	__u64 fresh;

	f->e.start = 5 * S;
	entry_update(&f->e, at, reason, set, mask, &p, &fresh);
	assert_int_equal(tracker_entry(&f->t, 100, &f->e, at), 0);
}

static void snap(struct fixture *f, uint64_t at, uint64_t kvm, uint64_t mask)
{
	struct snap_vm v = { .id = { 100, 5 * S }, .kvm = kvm, .mask = mask, .created_vcpus = 2, .comm = "qemu" };

	assert_int_equal(tracker_snapshot_vm(&f->t, &v, at), 0);
}

static void snapshot(struct fixture *f, uint64_t at, uint64_t kvm, uint64_t mask)
{
	tracker_snapshot_begin(&f->t, at);
	if (kvm)
		snap(f, at, kvm, mask);
	tracker_snapshot_end(&f->t, true, 0, at);
}

/* A VM is made at 10 s and announced. */
static struct vm *start(struct fixture *f)
{
	record(f, 10 * S, 2, 1, 4);
	record(f, 10 * S + 1000, 2, 0, 0);
	assert_int_equal(tracker_deadline(&f->t), 0);
	tracker_tick(&f->t, 10 * S + 2000);
	expect(f, "vm-appeared");
	return tracker_find(&f->t, 100);
}

static void test_life(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	assert_int_equal(vm->verdict.condition, CONDITION_SETTLING);
	assert_true(vm->boots_exact);
	assert_int_equal(tracker_deadline(&f->t), 40 * S);
	tracker_tick(&f->t, 40 * S);
	expect(f, "vm-condition:active");
	/* interrupt windows are no news, however many there are */
	for (int i = 0; i < 50; i++)
		record(f, 50 * S + i * S, 7, !(i & 1), i & 1 ? 0 : IRQWIN);
	expect(f, "");
	tracker_gone(&f->t, &vm->id, "its process ended", 200 * S);
	expect(f, "vm-gone");
	assert_int_equal(f->t.vms.n, 0);
}

static void test_stuck(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	tracker_tick(&f->t, 40 * S);
	expect(f, "vm-condition:active");
	f->e.resets = 1;
	f->e.reset_at = 100 * S;
	record(f, 100 * S, 4, 1, ID_MODIFIED);
	expect(f, "vm-reboot episode-begin vm-condition:settling");
	assert_int_equal(vm->boots, 1);
	assert_int_equal(tracker_deadline(&f->t), 130 * S);
	tracker_tick(&f->t, 130 * S);
	expect(f, "vm-condition:transient");
	assert_int_equal(tracker_deadline(&f->t), 160 * S);
	tracker_tick(&f->t, 160 * S);
	expect(f, "vm-stuck health:degraded");
	assert_int_equal(vm->verdict.cause, CAUSE_UNKNOWN);
	tracker_evidence(&f->t, 100, TRI_NO, false, STACK_NONE, 161 * S);
	assert_int_equal(vm->verdict.cause, CAUSE_GUEST);
	record(f, 170 * S, 4, 0, 0);
	expect(f, "episode-end vm-recovered:active health:ok");
	assert_int_equal(vm->reason[4].total, 70 * S);
	assert_int_equal(vm->reason[4].count, 1);
}

/* A reset that cures it: between stuck and active it settles. One that does not cure is no recovery. */
static void test_recovered_by_reset(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	tracker_tick(&f->t, 40 * S);
	record(f, 50 * S, 4, 1, ID_MODIFIED);
	tracker_tick(&f->t, 110 * S);
	f->said[0] = '\0';
	assert_int_equal(vm->verdict.condition, CONDITION_STUCK);
	f->e.resets = 1;
	f->e.reset_at = 120 * S;
	record(f, 120 * S, 4, 0, 0);
	expect(f, "vm-reboot episode-end vm-condition:settling health:ok");
	tracker_tick(&f->t, 150 * S);
	expect(f, "vm-recovered:active");
	assert_int_equal(vm->unwell_for, 10 * S);

	record(f, 160 * S, 4, 1, ID_MODIFIED);
	tracker_tick(&f->t, 220 * S);
	f->said[0] = '\0';
	f->e.resets = 2;
	f->e.reset_at = 230 * S;
	record(f, 230 * S, 4, 0, 0);
	record(f, 231 * S, 4, 1, ID_MODIFIED);
	expect(f, "vm-reboot episode-end vm-condition:settling health:ok episode-begin");
	tracker_tick(&f->t, 260 * S);
	expect(f, "vm-condition:transient");
	record(f, 265 * S, 4, 0, 0);
	expect(f, "episode-end vm-recovered:active");
	tracker_tick(&f->t, 300 * S);
	expect(f, "");
}

/* A pause is no recovery, however long it is: what made it stuck is still set. */
static void test_paused(void **state)
{
	struct domain d = { .uuid = UUID, .name = "big", .running = true };
	struct fixture *f = *state;
	struct vm *vm = start(f);

	tracker_domain(&f->t, 100, &d, true, 11 * S);
	record(f, 50 * S, 4, 1, ID_MODIFIED);
	tracker_tick(&f->t, 110 * S);
	assert_int_equal(vm->verdict.condition, CONDITION_STUCK);
	f->said[0] = '\0';
	d.running = false;
	tracker_domain(&f->t, 100, &d, true, 120 * S);
	expect(f, "vm-condition:transient health:ok");
	d.running = true;
	tracker_domain(&f->t, 100, &d, true, 200 * S);
	expect(f, "vm-stuck health:degraded");
	d.running = false;
	tracker_domain(&f->t, 100, &d, true, 210 * S);
	expect(f, "vm-condition:transient health:ok");
	record(f, 220 * S, 4, 0, 0);
	expect(f, "episode-end vm-recovered:active");
	assert_int_equal(vm->unwell_for, 10 * S);
}

static void test_configured(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	record(f, 10 * S + 5000, 8, 1, PIT_REINJ);
	expect(f, ""); /* part of making the machine, so far */
	tracker_tick(&f->t, 40 * S);
	expect(f, "episode-begin vm-configured");
	tracker_tick(&f->t, 41 * S);
	record(f, 42 * S, 7, 1, PIT_REINJ | IRQWIN);
	expect(f, "");
	assert_int_equal(vm->episode_at, 10 * S + 5000);
	assert_int_equal(vm->verdict.cause, CAUSE_VM_CONFIG);
}

/* avicd comes after the VM: the snapshot says what is set, though not since when. */
static void test_older_vm(void **state)
{
	struct fixture *f = *state;
	struct vm *vm;

	snapshot(f, 100 * S, 0xaa, ID_MODIFIED);
	tracker_tick(&f->t, 100 * S);
	expect(f, "vm-appeared episode-begin");
	vm = tracker_find(&f->t, 100);
	assert_false(vm->boots_exact);
	assert_false(vm->reason[4].since_exact);
	assert_int_equal(vm->created_vcpus, 2);
	/* the first record must not make the bit younger */
	record(f, 130 * S, 7, 1, ID_MODIFIED | IRQWIN);
	assert_int_equal(vm->reason[4].since, 100 * S);
	assert_int_equal(vm->reason[4].count, 0);
	/* nor when the same entry is read again */
	tracker_entry(&f->t, 100, &f->e, 131 * S);
	assert_int_equal(vm->reason[4].since, 100 * S);
	tracker_tick(&f->t, 160 * S);
	expect(f, "vm-stuck health:degraded");
}

/* Entry and struct kvm disagree: a moment is the order of event and store, longer is a lost record. */
static void test_witnesses(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	tracker_tick(&f->t, 40 * S);
	expect(f, "vm-condition:active");
	snapshot(f, 50 * S, 0xaa, ID_MODIFIED);
	assert_true(tracker_differs(&f->t));
	assert_int_equal(vm->mask, 0);
	snapshot(f, 50 * S + 10 * NSEC_PER_MSEC, 0xaa, 0);
	assert_false(tracker_differs(&f->t));
	snapshot(f, 60 * S, 0xaa, ID_MODIFIED);
	snapshot(f, 60 * S + 10 * NSEC_PER_MSEC, 0xaa, ID_MODIFIED);
	assert_false(tracker_differs(&f->t));
	assert_int_equal(vm->mask, ID_MODIFIED);
	expect(f, "episode-begin");
	/* the same entry read again does not bring the old mask back; a new record does */
	tracker_entry(&f->t, 100, &f->e, 61 * S);
	assert_int_equal(vm->mask, ID_MODIFIED);
	record(f, 62 * S, 4, 0, 0);
	assert_int_equal(vm->mask, 0);
	/* transient bits may differ as they like */
	snapshot(f, 63 * S, 0xaa, IRQWIN);
	assert_false(tracker_differs(&f->t));
}

/* A record is lost, the snapshot finds the bit, and then a record of another bit shows both: set when it was found, and still stuck. */
static void test_late_record(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	tracker_tick(&f->t, 40 * S);
	snapshot(f, 60 * S, 0xaa, ID_MODIFIED);
	snapshot(f, 60 * S + 10 * NSEC_PER_MSEC, 0xaa, ID_MODIFIED);
	tracker_tick(&f->t, 121 * S);
	expect(f, "vm-condition:active episode-begin vm-stuck health:degraded");
	for (uint64_t at = 200; at < 203; at++) {
		record(f, at * S, 7, at % 2 == 0, ID_MODIFIED | (at % 2 ? 0 : IRQWIN));
		tracker_tick(&f->t, at * S + 1);
		expect(f, "");
		assert_int_equal(vm->verdict.condition, CONDITION_STUCK);
		assert_int_equal(vm->reason[4].since, 60 * S + 10 * NSEC_PER_MSEC);
		assert_false(vm->reason[4].since_exact);
	}
	/* cleared and set anew is another stretch */
	record(f, 210 * S, 4, 0, 0);
	record(f, 220 * S, 4, 1, ID_MODIFIED);
	assert_int_equal(vm->reason[4].since, 220 * S);
	assert_true(vm->reason[4].since_exact);
}

static void test_gone_by_snapshot(void **state)
{
	struct fixture *f = *state;

	start(f);
	snapshot(f, 10 * S + 5000, 0, 0);
	expect(f, ""); /* too young: its file may not be open yet */
	snapshot(f, 20 * S, 0, 0);
	expect(f, "vm-gone");
}

static void test_lost_sight(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	tracker_tick(&f->t, 40 * S);
	expect(f, "vm-condition:active");
	tracker_sight(&f->t, false, false, 50 * S);
	expect(f, "vm-condition:unknown health:unknown");
	assert_false(vm->known);
	tracker_sight(&f->t, true, true, 60 * S);
	expect(f, "");
	snapshot(f, 60 * S, 0xaa, 0);
	expect(f, "vm-condition:active health:ok");
	assert_int_equal(f->t.n_condition[CONDITION_ACTIVE], 1);
	assert_int_equal(f->t.n_condition[CONDITION_UNKNOWN], 0);
}

/* A source that is opened anew, with other settings: the VMs are the same, and nothing is said. */
static void test_reopened(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	snapshot(f, 12 * S, 0xaa, 0);
	vm->boots = 2;
	tracker_tick(&f->t, 40 * S);
	expect(f, "vm-condition:active");
	tracker_sight(&f->t, true, true, 50 * S);
	memset(&f->e, 0, sizeof(f->e));
	snapshot(f, 50 * S, 0xaa, 0);
	snapshot(f, 51 * S, 0xaa, 0);
	tracker_tick(&f->t, 52 * S);
	expect(f, "");
	assert_int_equal(vm->boots, 2);
	assert_int_equal(vm->created_at, 10 * S);
	/* what the new source does not show is unknown */
	tracker_sight(&f->t, true, false, 60 * S);
	assert_int_equal(tracker_deadline(&f->t), 0);
	tracker_tick(&f->t, 60 * S);
	expect(f, "vm-condition:unknown health:unknown");
}

static void test_ambiguous(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	snapshot(f, 12 * S, 0xaa, 0);
	tracker_snapshot_begin(&f->t, 13 * S);
	snap(f, 13 * S, 0xaa, 0);
	snap(f, 13 * S, 0xbb, ID_MODIFIED);
	tracker_snapshot_end(&f->t, true, 0, 13 * S);
	expect(f, "vm-ambiguous vm-condition:unknown health:unknown");
	assert_int_equal(vm->n_kvms, 2);
	/* one of them leaves: what is left is started anew */
	snapshot(f, 20 * S, 0xbb, ID_MODIFIED);
	tracker_tick(&f->t, 20 * S);
	assert_int_equal(vm->mask, ID_MODIFIED);
	assert_false(vm->ambiguous);
	expect(f, "vm-appeared episode-begin health:ok");
}

/* A process closes its VM and makes another: not the same, and not two. */
static void test_replaced(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	vm->boots = 3;
	snapshot(f, 12 * S, 0xaa, 0);
	record(f, 20 * S, 2, 1, 4);
	record(f, 20 * S + 100, 2, 0, 0);
	snapshot(f, 20 * S + 200, 0xaa, 0); /* even at the same address */
	tracker_tick(&f->t, 20 * S + 300);
	expect(f, "vm-appeared");
	assert_int_equal(vm->boots, 0);
	assert_int_equal(vm->created_at, 20 * S);
	assert_true(vm->boots_exact);
}

/* The same number, another process. */
static void test_pid_reused(void **state)
{
	struct fixture *f = *state;
	struct entry other = { .start = 90 * S, .mask_known = 1, .created_at = 91 * S, .inits = 1 };

	start(f);
	tracker_entry(&f->t, 100, &other, 91 * S);
	tracker_tick(&f->t, 91 * S);
	expect(f, "vm-gone vm-appeared");
	assert_int_equal(tracker_find(&f->t, 100)->id.start, 90 * S);
	tracker_gone(&f->t, &(struct vm_id){ 100, 5 * S }, "late word of the old one", 92 * S);
	assert_non_null(tracker_find(&f->t, 100));
}

static void with_domain(struct fixture *f)
{
	struct domain d = { .uuid = UUID, .name = "big", .running = true };

	assert_int_equal(tracker_domain(&f->t, 100, &d, true, 11 * S), 0);
}

static void reset_traced(struct fixture *f, uint64_t at)
{
	f->e.resets++;
	f->e.reset_at = f->e.tsc_at = at;
	tracker_entry(&f->t, 100, &f->e, at);
}

static void test_boots_two_witnesses(void **state)
{
	struct fixture *f = *state;
	struct vm *vm = start(f);

	with_domain(f);
	/* the tracepoint was not seen to work for this VM: libvirt alone counts, twice told is once */
	tracker_reboot(&f->t, UUID, 20 * S);
	tracker_reboot(&f->t, UUID, 20 * S + 100 * NSEC_PER_MSEC);
	assert_int_equal(vm->boots, 1);
	/* REBOOT first, then the tracepoint */
	tracker_reboot(&f->t, UUID, 50 * S);
	reset_traced(f, 50 * S + NSEC_PER_MSEC);
	tracker_reboot(&f->t, UUID, 50 * S + 2 * NSEC_PER_MSEC);
	assert_int_equal(vm->boots, 2);
	/* from now on it counts, and REBOOT only says the same, however late: a libvirtd that hung, in between or before */
	reset_traced(f, 100 * S);
	tracker_reboot(&f->t, UUID, 100 * S + 30 * NSEC_PER_MSEC);
	tracker_reboot(&f->t, UUID, 140 * S);
	assert_int_equal(vm->boots, 3);
	reset_traced(f, 200 * S);
	reset_traced(f, 210 * S);
	assert_int_equal(vm->boots, 5);
	tracker_reboot(&f->t, UUID, 240 * S);
	tracker_reboot(&f->t, UUID, 240 * S + 1);
	assert_int_equal(vm->boots, 5);
	/* several resets between two readings */
	f->e.resets += 2;
	reset_traced(f, 300 * S);
	assert_int_equal(vm->boots, 8);
	/* without a source libvirt is the only witness again */
	tracker_sight(&f->t, false, false, 310 * S);
	tracker_reboot(&f->t, UUID, 320 * S);
	assert_int_equal(vm->boots, 9);
	tracker_reboot(&f->t, "ffffffff-0000-4000-8000-000000000001", 330 * S);
	assert_int_equal(vm->boots, 9);
}

static void test_restore(void **state)
{
	struct fixture *f = *state;
	struct vm *vm;

	snapshot(f, 100 * S, 0xaa, 0);
	tracker_restore(&f->t, 100, 7);
	vm = tracker_find(&f->t, 100);
	assert_int_equal(vm->boots, 7);
	assert_false(vm->boots_exact);
}

static void test_storm(void **state)
{
	struct fixture *f = *state;

	start(f);
	tracker_tick(&f->t, 40 * S);
	expect(f, "vm-condition:active");
	for (int i = 0; i < 1000; i++)
		record(f, 50 * S + (uint64_t)i * S / 500, 7, !(i & 1), i & 1 ? 0 : IRQWIN);
	expect(f, "storm-begin");
	assert_true(tracker_deadline(&f->t) < 70 * S);
	tracker_tick(&f->t, 70 * S);
	expect(f, "storm-end");
}

static void test_rename(void **state)
{
	struct fixture *f = *state;
	struct domain d = { .uuid = UUID, .name = "bigger", .running = true };

	start(f);
	with_domain(f);
	expect(f, "");
	tracker_domain(&f->t, 100, &d, true, 12 * S);
	expect(f, "domain-renamed");
	assert_string_equal(tracker_find_uuid(&f->t, UUID)->domain.name, "bigger");
}

/* This kind of host: nothing tells whether AVIC is in use but the VMs. */
static void test_health_by_vms(void **state)
{
	struct fixture *f = *state;
	struct host_facts_core h = { .avic = TRI_UNKNOWN };

	tracker_host(&f->t, &h, 2 * S);
	expect(f, "health:unknown");
	record(f, 10 * S, 0, 1, 1);
	tracker_tick(&f->t, 10 * S);
	expect(f, "vm-appeared health:off");
	assert_int_equal(tracker_find(&f->t, 100)->verdict.condition, CONDITION_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(test_life), T(test_stuck), T(test_recovered_by_reset), T(test_paused), T(test_configured), T(test_older_vm), T(test_witnesses), T(test_gone_by_snapshot),
		T(test_lost_sight), T(test_late_record), T(test_reopened), T(test_ambiguous), T(test_replaced), T(test_pid_reused), T(test_boots_two_witnesses),
		T(test_restore), T(test_storm), T(test_rename), T(test_health_by_vms),
	};

	return cmocka_run_group_tests_name("tracker", tests, NULL, NULL);
}
