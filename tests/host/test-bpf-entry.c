/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program and the C code fold the same records into the same entry: random records go through both. Also the limits of
 * wake-ups in the kernel, exclusion, and a full map. Programs run by BPF_PROG_TEST_RUN; nothing is attached.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/bpf/shared.h"
#include "avic.skel.h"

/* numbering of 6.3 */
static const struct entry_params params = { .quiet_mask = 0x910, .absent_bit = 4, .disabled_bit = 1, .storm_rate = 100 };

static struct avic_bpf *load(unsigned max_vms)
{
	struct avic_bpf *b = avic_bpf__open();

	assert_non_null(b);
	memcpy((void *)&b->rodata->params, &params, sizeof(params));
	b->rodata->stack_mask = ~0x915ULL;
	memset((void *)&b->rodata->off, 0xff, sizeof(b->rodata->off));
	bpf_map__set_max_entries(b->maps.vms, max_vms);
	assert_int_equal(avic_bpf__load(b), 0);
	return b;
}

static void run(struct avic_bpf *b, int reason, int set, unsigned long long mask)
{
	unsigned long long ctx[3] = { (unsigned)reason, (unsigned)set, mask };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(b->progs.inhibit_changed), &opts), 0);
}

static int read_entry(struct avic_bpf *b, struct entry *e)
{
	unsigned tgid = (unsigned)getpid();

	return bpf_map__lookup_elem(b->maps.vms, &tgid, sizeof(tgid), e, sizeof(*e), 0);
}

static void test_same_as_c(void **state)
{
	struct avic_bpf *b = load(64);
	struct entry kernel, here = {};
	unsigned seed = (unsigned)time(NULL), x = seed;
	uint64_t now = 1000000000;

	for (int i = 0; i < 20000; i++) {
		int reason, set;
		unsigned long long mask, bits;

		x = x * 1664525 + 1013904223;
		reason = (int)(x >> 8) % 13;
		set = x >> 20 & 1;
		mask = here.mask;
		if (x >> 21 & 1) /* a change by the record's own reason, else any mask or none */
			mask = set ? mask | 1ULL << reason : mask & ~(1ULL << reason);
		else if ((x >> 22 & 7) == 0)
			mask = x >> 25 & 1 ? (x >> 3) & 0x1fff : 1ULL << reason;
		run(b, reason, set, mask);
		entry_update(&here, now += 1000, reason, set, mask, &params, (__u64 *)&bits);
	}
	assert_int_equal(read_entry(b, &kernel), 0);
	if (kernel.mask != here.mask || kernel.events != here.events || kernel.changes != here.changes || kernel.inits != here.inits)
		fail_msg("seed %u: mask %llx/%llx events %llu/%llu changes %llu/%llu inits %u/%u", seed, kernel.mask, here.mask, kernel.events,
			 here.events, kernel.changes, here.changes, kernel.inits, here.inits);
	for (int i = 0; i < ENTRY_BITS; i++)
		if (kernel.reason[i].count != here.reason[i].count || !kernel.reason[i].since != !here.reason[i].since)
			fail_msg("seed %u: bit %d counted %llu/%llu", seed, i, kernel.reason[i].count, here.reason[i].count);
	assert_int_equal(kernel.seq_start, kernel.seq_done);
	avic_bpf__destroy(b);
}

static int on_wake(void *ctx, void *data, size_t size)
{
	const struct wake *w = data;

	assert_int_equal(w->tgid, getpid());
	++*(int *)ctx;
	return 0;
}

static void test_wakes_are_few(void **state)
{
	struct avic_bpf *b = load(64);
	int wakes = 0;
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(b->maps.wakes), on_wake, &wakes, NULL);
	struct entry e;

	assert_non_null(ring);
	run(b, 2, 1, 4);
	run(b, 2, 0, 0);
	/* a storm of interrupt windows: one wake-up; then a guest that flips APIC_ID_MODIFIED: a burst and no more */
	for (int i = 0; i < 20000; i++)
		run(b, 8, !(i & 1), i & 1 ? 0 : 0x100);
	ring_buffer__consume(ring);
	assert_in_range(wakes, 2, 4);
	wakes = 0;
	for (int i = 0; i < 20000; i++)
		run(b, 5, !(i & 1), i & 1 ? 0 : 0x20);
	ring_buffer__consume(ring);
	assert_in_range(wakes, 1, ENTRY_WAKE_BURST + 4);
	assert_int_equal(read_entry(b, &e), 0);
	assert_int_equal(e.changes, 40002);
	assert_true(e.storm_at > 0);
	ring_buffer__free(ring);
	avic_bpf__destroy(b);
}

static int count_wake(void *ctx, void *data, size_t size)
{
	++*(int *)ctx;
	return 0;
}

/* An excluded process has its entry, and wakes nobody. */
static void test_excluded(void **state)
{
	struct avic_bpf *b = load(64);
	unsigned tgid = (unsigned)getpid(), one = 1;
	struct ring_buffer *ring;
	struct entry e;
	int n = 0;

	ring = ring_buffer__new(bpf_map__fd(b->maps.wakes), count_wake, &n, NULL);
	assert_non_null(ring);
	bpf_map__update_elem(b->maps.excluded, &tgid, sizeof(tgid), &one, sizeof(one), BPF_ANY);
	run(b, 2, 1, 4);
	ring_buffer__consume(ring);
	assert_int_equal(n, 0);
	assert_int_equal(read_entry(b, &e), 0);
	assert_int_equal(e.mask, 4);
	bpf_map__delete_elem(b->maps.excluded, &tgid, sizeof(tgid), 0);
	run(b, 2, 0, 0);
	run(b, 1, 1, 2);
	ring_buffer__consume(ring);
	assert_in_range(n, 1, 2);
	ring_buffer__free(ring);
	avic_bpf__destroy(b);
}

/* A full map loses VMs, and says so. */
static void test_full(void **state)
{
	struct avic_bpf *b = load(2);

	for (int i = 0; i < 4; i++) {
		pid_t p = fork();
		int status;

		if (p == 0) {
			run(b, 2, 1, 4);
			_exit(0);
		}
		assert_int_equal(waitpid(p, &status, 0), p);
		assert_int_equal(status, 0);
	}
	assert_int_equal(b->bss->lost_full, 2);
	avic_bpf__destroy(b);
}

/* The entry of an earlier process of the same number is not continued. */
static void test_stale_entry(void **state)
{
	struct avic_bpf *b = load(64);
	struct entry old = { .start = 12345, .mask = 0x20, .mask_known = 1, .events = 99, .inits = 1 }, e;
	unsigned tgid = (unsigned)getpid();

	bpf_map__update_elem(b->maps.vms, &tgid, sizeof(tgid), &old, sizeof(old), BPF_ANY);
	run(b, 2, 1, 4);
	assert_int_equal(read_entry(b, &e), 0);
	assert_int_equal(e.events, 1);
	assert_int_equal(e.mask, 4);
	assert_true(e.start != 12345);
	avic_bpf__destroy(b);
}

static void test_stack(void **state)
{
	struct avic_bpf *b = load(64);
	struct stack_key key = { .tgid = (unsigned)getpid(), .bit = 5 };
	struct stack s;

	run(b, 2, 1, 4);
	run(b, 5, 1, 0x24);
	assert_int_equal(bpf_map__lookup_elem(b->maps.stack_map, &key, sizeof(key), &s, sizeof(s), 0), 0);
	assert_true(s.bytes >= 16);
	key.bit = 2; /* part of making a machine: not worth one */
	assert_int_equal(bpf_map__lookup_elem(b->maps.stack_map, &key, sizeof(key), &s, sizeof(s), 0), -ENOENT);
	avic_bpf__destroy(b);
}

_Static_assert(sizeof(struct snap) % 8 == 0, "records follow each other aligned");

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_c), cmocka_unit_test(test_wakes_are_few), cmocka_unit_test(test_excluded),
		cmocka_unit_test(test_full), cmocka_unit_test(test_stale_entry), cmocka_unit_test(test_stack),
	};
	struct avic_bpf *b;

	libbpf_set_print(quiet);
	b = avic_bpf__open_and_load();
	if (!b) {
		printf("1..0 # SKIP BPF programs cannot be loaded here: %s\n", strerror(errno));
		return 0;
	}
	avic_bpf__destroy(b);
	return cmocka_run_group_tests_name("bpf-entry", tests, NULL, NULL);
}
