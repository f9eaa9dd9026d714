/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries in memory, which VM a record belongs to, and the recorded source that joins both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdio.h>
#include <cmocka.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "kernel/fold.h"
#include "tmpdir.h"

#define SEC NSEC_PER_SEC

static struct trace_settings settings_of(enum kernel_line line)
{
	struct trace_settings s = {.storm_rate = 100, .max_vms = 8};

	numbering_from_line(line, &s.numbering);
	s.numbering.origin = NUMBERING_TABLE;
	return s;
}

static struct trace_record inhibit(uint64_t at, bool set, int reason, uint64_t mask)
{
	return (struct trace_record){
		.kind = RECORD_INHIBIT, .at = at, .tid = 1, .tgid = 1, .set = set, .reason = reason, .mask = mask};
}

static int woken[64];
static void on_change(int32_t tgid, void *userdata)
{
	woken[tgid]++;
}

static void an_entry(void **state)
{
	struct trace_settings set = settings_of(LINE_6_3);
	struct trace_record r;
	struct trace_stats st;
	struct entry e;
	struct fold f;

	fold_init(&f, &set);
	f.fn = on_change;
	memset(woken, 0, sizeof(woken));
	r = inhibit(0, true, 2, 0x4);
	assert_int_equal(fold_inhibit(&f, 7, 1000, 10 * SEC, &r), 0);
	r = inhibit(0, false, 2, 0);
	fold_inhibit(&f, 7, 1000, 10 * SEC + 1, &r);
	assert_int_equal(woken[7], 2);
	/* IRQWIN is quiet */
	r = inhibit(0, true, 8, 0x100);
	fold_inhibit(&f, 7, 1000, 11 * SEC, &r);
	r = inhibit(0, false, 8, 0);
	fold_inhibit(&f, 7, 1000, 11 * SEC + 11000, &r);
	assert_int_equal(woken[7], 2);
	assert_int_equal(fold_read(&f, 7, &e), 0);
	assert_int_equal(e.created_at, 10 * SEC);
	assert_int_equal(e.reason[8].total, 11000);
	assert_int_equal(e.reason[8].count, 1);
	assert_int_equal(e.mask, 0);
	assert_int_equal(e.changes, 4);
	/* its vCPU was made; then a guest that ran is reset */
	fold_reset(&f, 7, 1000, 10 * SEC + 2, true);
	fold_reset(&f, 7, 1000, 20 * SEC, true);
	fold_reset(&f, 7, 1000, 20 * SEC + SEC / 10, true);
	assert_int_equal(fold_read(&f, 7, &e), 0);
	assert_int_equal(e.resets, 1);
	assert_int_equal(woken[7], 3);
	/* the same number, another process */
	fold_inhibit(&f, 7, 2000, 30 * SEC, &r);
	assert_int_equal(fold_read(&f, 7, &e), 0);
	assert_int_equal(e.events, 1);
	assert_int_equal(e.resets, 0);
	assert_int_equal(e.start, 2000);
	fold_stats(&f, &st);
	assert_int_equal(st.vms, 1);
	assert_int_equal(st.events, 5);
	assert_int_equal(st.lost, 0);
	assert_int_equal(fold_forget(&f, 7), 0);
	assert_int_equal(fold_forget(&f, 7), -ENOENT);
	assert_int_equal(fold_read(&f, 7, &e), -ENOENT);
	fold_done(&f);
}

static int count_entry(int32_t tgid, const struct entry *e, void *userdata)
{
	(*(int *)userdata)++;
	return 0;
}

static void too_many(void **state)
{
	struct trace_settings set = settings_of(LINE_6_3);
	struct trace_record r = inhibit(0, true, 9, 0x200);
	struct trace_stats st;
	struct fold f;
	int n = 0;

	fold_init(&f, &set);
	f.fn = on_change;
	memset(woken, 0, sizeof(woken));
	for (int32_t i = 1; i <= 8; i++)
		assert_int_equal(fold_inhibit(&f, i, 1, SEC, &r), 0);
	assert_int_equal(fold_inhibit(&f, 9, 1, SEC, &r), -ENOSPC);
	fold_lost(&f, 42);
	assert_int_equal(woken[0], 1);
	fold_stats(&f, &st);
	assert_int_equal(st.vms, 8);
	assert_int_equal(st.vms_max, 8);
	assert_int_equal(st.lost, 43);
	assert_int_equal(fold_read_all(&f, count_entry, &n), 0);
	assert_int_equal(n, 8);
	fold_done(&f);
}

static void recording(const char *name, struct trace_vms **vms, struct trace_file **f, struct numbering *n)
{
	const char *top = getenv("top_srcdir");
	struct numbering_guess g;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/trace/%s", top ? top : ".", name);
	assert_int_equal(trace_file_open(path, f, NULL), 0);
	assert_int_equal(trace_file_numbering(*f, &g), 0);
	*n = g.numbering;
	assert_int_equal(trace_vms_new(n, vms), 0);
}

/* Each record of the two VMs gets the same name, with and without tgid, and no third VM appears. */
static void two_vms(void **state)
{
	static const struct {
		const char *name;
		bool by_tgid;
	} files[] = {{"two-vms.txt", false}, {"two-vms-tgid.txt", true}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct trace_file *f;
		struct trace_vms *v;
		struct numbering n;
		struct trace_record r;
		int records[2] = {}, all = 0;

		recording(files[i].name, &v, &f, &n);
		for (; trace_file_next(f, &r) > 0; all++) {
			struct trace_vm_ref ref;

			assert_int_equal(trace_vms_of(v, &r, &ref), 0);
			assert_true(ref.key == 9001 || ref.key == 9100);
			assert_int_equal(ref.by_tgid, files[i].by_tgid);
			assert_false(ref.misfit);
			assert_int_equal(r.tid / 100, ref.key / 100);
			records[ref.key == 9100]++;
		}
		assert_int_equal(records[0] + records[1], all);
		assert_int_equal(records[1], 15);
		assert_int_equal(trace_vms_ambiguous(v), 0);
		trace_vms_free(v);
		trace_file_close(f);
	}
}

/* A thread that could belong to either of two VMs stays alone, and is counted. */
static void ambiguous_thread(void **state)
{
	struct trace_record r = inhibit(1000, true, 9, 0x200);
	struct trace_vm_ref ref;
	struct trace_vms *v;
	struct numbering n;

	numbering_from_line(LINE_6_3, &n);
	assert_int_equal(trace_vms_new(&n, &v), 0);
	r.tgid = -1;
	r.tid = 10;
	snprintf(r.comm, sizeof(r.comm), "qemu-system-x86");
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	r.tid = 20;
	r.mask = 0xa00;
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_int_equal(ref.key, 20);
	/* IRQWIN over PIT_REINJ: of 10; over both: of 20; of another name: of none */
	r.reason = 8;
	r.tid = 11;
	r.mask = 0x300;
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_int_equal(ref.key, 10);
	r.tid = 21;
	r.mask = 0xb00;
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_int_equal(ref.key, 20);
	r.tid = 30;
	snprintf(r.comm, sizeof(r.comm), "crosvm");
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_int_equal(ref.key, 30);
	assert_int_equal(trace_vms_ambiguous(v), 0);
	/* after a loss anything may follow, so a vCPU may be of any of the three */
	r.kind = RECORD_LOST;
	assert_int_equal(trace_vms_of(v, &r, &ref), -ENOENT);
	r.kind = RECORD_INHIBIT;
	r.tid = 12;
	snprintf(r.comm, sizeof(r.comm), "CPU 0/KVM");
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_int_equal(ref.key, 12);
	assert_int_equal(trace_vms_ambiguous(v), 1);
	/* the thread is known, but the mask does not follow */
	r.mask = 0;
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_true(ref.misfit);
	trace_vms_free(v);
}

static void resets_in_recordings(void **state)
{
	static const struct {
		const char *name;
		uint32_t resets;
	} files[] = {{"resets.txt", 2},
		     {"6.0-stuck.txt", 1},
		     {"6.0-stuck.dat", 1},
		     {"6.12-pit.txt", 0},
		     {"7.3-clean.txt", 0}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct trace_settings set = settings_of(LINE_6_3);
		struct trace_file *f;
		struct trace_vms *v;
		struct trace_record r;
		struct entry e;
		struct fold fold;
		int32_t key = -1;

		recording(files[i].name, &v, &f, &set.numbering);
		fold_init(&fold, &set);
		while (trace_file_next(f, &r) > 0) {
			struct trace_vm_ref ref;

			assert_int_equal(trace_vms_of(v, &r, &ref), 0);
			assert_true(key < 0 || key == ref.key);
			key = ref.key;
			if (r.kind == RECORD_TSC)
				fold_reset(&fold, key, 0, r.at, ref.reset);
			else
				fold_inhibit(&fold, key, 0, r.at, &r);
		}
		assert_int_equal(fold_read(&fold, key, &e), 0);
		if (e.resets != files[i].resets)
			fail_msg("%s: %u resets", files[i].name, e.resets);
		fold_done(&fold);
		trace_vms_free(v);
		trace_file_close(f);
	}
}

/* A VM older than the recording: the first write that takes the clock back is a reset already. */
static void reset_of_an_older_vm(void **state)
{
	struct trace_record r = {.kind = RECORD_TSC,
				 .at = SEC,
				 .tid = 5,
				 .tgid = 4,
				 .tsc_prev = (uint64_t)-1000,
				 .tsc_offset = (uint64_t)-9000};
	struct trace_vm_ref ref;
	struct trace_vms *v;
	struct numbering n;

	numbering_from_line(LINE_6_3, &n);
	assert_int_equal(trace_vms_new(&n, &v), 0);
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_true(ref.reset);
	/* another one, 40 s later, on vCPU 1 first */
	r.at = 41 * SEC;
	r.vcpu_id = 1;
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_false(ref.reset);
	r.vcpu_id = 0;
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_true(ref.reset);
	/* a clock put forward is none */
	r.at = 81 * SEC;
	r.tsc_offset = (uint64_t)-10;
	assert_int_equal(trace_vms_of(v, &r, &ref), 0);
	assert_false(ref.reset);
	trace_vms_free(v);
}

/* The recorded source plays at the pace of the recording, and says when it is over. */
static void recorded_source(void **state)
{
	static const char text[] =
		"qemu-7 [000] ..... 100.000000: kvm_apicv_inhibit_changed: set reason=2, inhibits=0x4\n"
		"qemu-7 [000] ..... 100.000200: kvm_apicv_inhibit_changed: cleared reason=2, inhibits=0x0\n"
		"CPU:0 [LOST 3 EVENTS]\n"
		"qemu-7 [000] ..... 100.050000: kvm_apicv_inhibit_changed: set reason=9, inhibits=0x200\n";
	_cleanup_free_ char *path = tmpdir_path(*state, "trace");
	struct trace_settings set = settings_of(LINE_6_3);
	uint64_t before = now_ns(), after;
	struct trace_source *s = NULL;
	struct trace_stats st;
	struct entry e;
	char *why = NULL;
	int r;

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, false), 0);
	set.file = path;
	set.numbering.origin = NUMBERING_NONE;
	assert_int_equal(trace_recorded_open(&set, &s, &why), 0);
	assert_int_equal(s->kind, TRACE_RECORDED);
	memset(woken, 0, sizeof(woken));
	do {
		struct pollfd p = {.fd = s->ops->fd(s), .events = POLLIN};

		assert_int_equal(poll(&p, 1, 10000), 1);
		r = s->ops->dispatch(s, on_change, NULL);
	} while (r >= 0);
	after = now_ns();
	assert_int_equal(r, -ENODEV);
	assert_true(after - before >= 50 * NSEC_PER_MSEC);
	assert_int_equal(woken[7], 3);
	assert_int_equal(woken[0], 1);
	assert_int_equal(s->ops->read(s, 7, &e), 0);
	assert_int_equal(e.mask, 0x200);
	assert_int_equal(e.start, 0);
	assert_true(e.reason[9].since >= before + 50 * NSEC_PER_MSEC && e.reason[9].since <= after);
	assert_int_equal(s->ops->stats(s, &st), 0);
	assert_int_equal(st.events, 3);
	assert_int_equal(st.lost, 3);
	s->ops->close(s);
}

static void recorded_source_refuses(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "trace");
	struct trace_settings set = settings_of(LINE_6_3);
	struct trace_source *s = NULL;
	char *why;

	assert_int_equal(trace_recorded_open(&set, &s, &why), -EINVAL);
	assert_non_null(strstr(why, "trace_file="));
	free(why);
	set.file = path;
	assert_int_equal(trace_recorded_open(&set, &s, &why), -ENOENT);
	free(why);
	assert_int_equal(file_write_atomic(path, "\177ELF\0", 5, 0600, false), 0);
	assert_int_equal(trace_recorded_open(&set, &s, &why), -EINVAL);
	free(why);
	assert_int_equal(file_write_atomic(path, "# nothing\n", 10, 0600, false), 0);
	set.numbering.origin = NUMBERING_NONE;
	assert_int_equal(trace_recorded_open(&set, &s, &why), -EINVAL);
	assert_non_null(strstr(why, "no record"));
	free(why);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry),
		cmocka_unit_test(too_many),
		cmocka_unit_test(two_vms),
		cmocka_unit_test(ambiguous_thread),
		cmocka_unit_test(resets_in_recordings),
		cmocka_unit_test(reset_of_an_older_vm),
		cmocka_unit_test_setup_teardown(recorded_source, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(recorded_source_refuses, tmpdir_setup, tmpdir_teardown),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
