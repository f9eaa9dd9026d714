/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text traces: each form that a tool prints, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "avicd/tracetext.h"

#define SEC  NSEC_PER_SEC
#define USEC NSEC_PER_USEC

struct row {
	const char *line;
	int result;
	enum trace_record_kind kind;
	uint64_t at;
	int32_t tid, tgid;
	const char *comm;
	int32_t reason;
	bool set;
	uint64_t mask;
	const char *names;
};

#define AT(sec, usec) ((sec)*SEC + (usec)*USEC)
#define SET8	      "kvm_apicv_inhibit_changed: set reason=8, inhibits=0x120"

static const struct row rows[] = {
	/* ftrace */
	{"qemu-system-x86-10147 [222] ..... 1116.519052: " SET8, 1, RECORD_INHIBIT, AT(1116, 519052), 10147, -1,
	 "qemu-system-x86", 8, true, 0x120, ""},
	{"       CPU 0/KVM-10152 (  10147) [003] d..1. 12.000001: kvm_apicv_inhibit_changed: cleared reason=8, "
	 "inhibits=0x20",
	 1, RECORD_INHIBIT, AT(12, 1), 10152, 10147, "CPU 0/KVM", 8, false, 0x20, ""},
	{"       CPU 0/KVM-10152   (-------) [003] dNs1. 12.000001: " SET8, 1, RECORD_INHIBIT, AT(12, 1), 10152, -1,
	 "CPU 0/KVM", 8, true, 0x120, ""},
	{"       CPU 0/KVM-10152 [003] .... 12.000001: " SET8 " APIC_ID_MODIFIED|IRQWIN", 1, RECORD_INHIBIT, AT(12, 1),
	 10152, -1, "CPU 0/KVM", 8, true, 0x120, "APIC_ID_MODIFIED|IRQWIN"},
	{"           <...>-77 [000] ..... 0.000007: " SET8, 1, RECORD_INHIBIT, AT(0, 7), 77, -1, "<...>", 8, true,
	 0x120, ""},
	{"a b-c)(d] e-5-77 [000] ..... 0.000007: " SET8, 1, RECORD_INHIBIT, AT(0, 7), 77, -1, "a b-c)(d] e-5", 8, true,
	 0x120, ""},
	/*
	 * trace-cmd report: padding, nanoseconds, names of file and buffer, latency format, raw, masks that it cannot
	 * name
	 */
	{" qemu-system-x86-4711  [003]   812.400000: " SET8, 1, RECORD_INHIBIT, AT(812, 400000), 4711, -1,
	 "qemu-system-x86", 8, true, 0x120, ""},
	{" qemu-system-x86-4711  [003]   812.400000001: " SET8, 1, RECORD_INHIBIT, AT(812, 400000) + 1, 4711, -1,
	 "qemu-system-x86", 8, true, 0x120, ""},
	{"trace.dat:   big:      CPU 11/KVM-4711  [003]   812.400000: " SET8, 1, RECORD_INHIBIT, AT(812, 400000), 4711,
	 -1, "CPU 11/KVM", 8, true, 0x120, ""},
	{"qemu-sys-4711    3..s1.   812.400000: " SET8, 1, RECORD_INHIBIT, AT(812, 400000), 4711, -1, "qemu-sys", 8,
	 true, 0x120, ""},
	{" q-4711  [003]   812.4: kvm_apicv_inhibit_changed:  reason=8 set=1 inhibits=0x120", 1, RECORD_INHIBIT,
	 AT(812, 400000), 4711, -1, "q", 8, true, 0x120, ""},
	{" q-4711  [003]   812.4: kvm_apicv_inhibit_changed:  reason=8 set=0 inhibits=288", 1, RECORD_INHIBIT,
	 AT(812, 400000), 4711, -1, "q", 8, false, 0x120, ""},
	{" q-4711  [003]   812.4: " SET8 " 0x120", 1, RECORD_INHIBIT, AT(812, 400000), 4711, -1, "q", 8, true, 0x120,
	 "0x120"},
	/* perf script */
	{"       CPU 0/KVM 10147/10152   [003]    12.000001:   kvm:" SET8, 1, RECORD_INHIBIT, AT(12, 1), 10152, 10147,
	 "CPU 0/KVM", 8, true, 0x120, ""},
	{"       CPU 0/KVM 10152 [003]    12.000001:   kvm:" SET8, 1, RECORD_INHIBIT, AT(12, 1), 10152, -1, "CPU 0/KVM",
	 8, true, 0x120, ""},
	{"qemu-system-x86 10152    12.000001:   kvm:" SET8 " DISABLED", 1, RECORD_INHIBIT, AT(12, 1), 10152, -1,
	 "qemu-system-x86", 8, true, 0x120, "DISABLED"},
	/* losses */
	{"CPU:1 [LOST 42 EVENTS]", 1, RECORD_LOST, 0, -1, -1, "", 0, false, 42, ""},
	{"CPU:222 [LOST EVENTS]", 1, RECORD_LOST, 0, -1, -1, "", 0, false, 0, ""},
	{"CPU:3 [1042 EVENTS DROPPED]", 1, RECORD_LOST, 0, -1, -1, "", 0, false, 1042, ""},
	{"  CPU:3 [EVENTS DROPPED]", 1, RECORD_LOST, 0, -1, -1, "", 0, false, 0, ""},
	/* the event of 5.17 and older */
	{"q-4711 [003] .... 812.4: kvm_apicv_update_request: deactivate bit=4", 1, RECORD_OLD, AT(812, 400000), 4711,
	 -1, "q", 4, true, 0, ""},
	{"q-4711 [003] .... 812.4: kvm_apicv_update_request: activate bit=3", 1, RECORD_OLD, AT(812, 400000), 4711, -1,
	 "q", 3, false, 0, ""},
};

static const struct {
	const char *line;
	int result;
} others[] = {
	/* ours, and unreadable */
	{"q-1 [0] . 1.0: kvm_apicv_inhibit_changed: set reason=8", -EBADMSG},
	{"q-1 [0] . 1.0: kvm_apicv_inhibit_changed: set reason=64, inhibits=0x1", -EBADMSG},
	{"q-1 [0] . 1.0: kvm_apicv_inhibit_changed: set reason=-1, inhibits=0x1", -EBADMSG},
	{"q-1 [0] . 1.0: kvm_apicv_inhibit_changed: set reason=1, inhibits=0x11112222333344445", -EBADMSG},
	{"q-1 [0] . 1.0: kvm_apicv_inhibit_changed: set reason=1, inhibits=0x11zz", -EBADMSG},
	{"q-1 [0] . 1.0: kvm_apicv_inhibit_changed:", -EBADMSG},
	{"q-1 [0] . 1.0: kvm_write_tsc_offset: vcpu=0 prev=0", -EBADMSG},
	{"q-1 [0] . 1.0: kvm_apicv_update_request: activate bit=99", -EBADMSG},
	/* something else */
	{"", 0},
	{"# tracer: nop", 0},
	{"cpus=8", 0},
	{"kvm_apicv_inhibit_changed: set reason=8, inhibits=0x120", 0},
	{"q-1 [0] . 1.0: sched_switch: prev_comm=a", 0},
	{"q-1 [0] . 1.0: my_kvm_apicv_inhibit_changed: set reason=8, inhibits=0x120", 0},
	{"q-1 [x] . 1.0: " SET8, 0},
	{"q-1 [0] . 1.0 " SET8, 0},
	{"q-1 [0] . 1: " SET8, 0},
	{"q-1 [0] . 1.0123456789: " SET8, 0},
	{"q-1 [0] . 99999999999999999999.0: " SET8, 0},
	{"q [0] . 1.0: " SET8, 0},
	{"q-99999999999 [0] . 1.0: " SET8, 0},
	{"CPU:1 [LOST 42 EVENTS] and more", 0},
	/* what a program writes into the trace */
	{"bash-2 [001] ..... 5.000000: tracing_mark_write: q-1 [000] ..... 1.000000: " SET8, 0},
	{"bash-2 [001] ..... 5.000000: tracing_mark_write: " SET8, 0},
};

/* From a copy of exactly the line's size, so that a sanitizer sees a read beyond it. */
static int parse(const char *line, const char *end, struct trace_record *ret)
{
	size_t n = strlen(line), e = strlen(end);
	char *s = malloc(n + e ? n + e : 1);
	int r;

	assert_non_null(s);
	memcpy(s, line, n);
	memcpy(s + n, end, e);
	r = trace_text_line(s, n + e, ret);
	free(s);
	return r;
}

static const char *const ends[] = {"", "\n", "\r\n"};

static void lines(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows) * ARRAY_SIZE(ends); i++) {
		const struct row *w = &rows[i / ARRAY_SIZE(ends)];
		struct trace_record r = {};

		if (parse(w->line, ends[i % ARRAY_SIZE(ends)], &r) != w->result)
			fail_msg("line %s", w->line);
		assert_int_equal(r.kind, w->kind);
		assert_int_equal(r.at, w->at);
		assert_int_equal(r.tid, w->tid);
		assert_int_equal(r.tgid, w->tgid);
		assert_string_equal(r.comm, w->comm);
		assert_int_equal(r.reason, w->reason);
		assert_int_equal(r.set, w->set);
		assert_int_equal(r.mask, w->mask);
		assert_string_equal(r.names, w->names);
	}
}

static void other_lines(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(others) * ARRAY_SIZE(ends); i++) {
		struct trace_record r = {.tid = 12345};
		int want = others[i / ARRAY_SIZE(ends)].result;

		if (parse(others[i / ARRAY_SIZE(ends)].line, ends[i % ARRAY_SIZE(ends)], &r) != want)
			fail_msg("line %s", others[i / ARRAY_SIZE(ends)].line);
		assert_int_equal(r.tid, 12345);
	}
}

static void clock_writes(void **state)
{
	static const char *const forms[] = {
		"CPU 2/KVM-10154 [003] ..... 12.000001: kvm_write_tsc_offset: vcpu=2 prev=18446742087266856616 "
		"next=18446742086990571616",
		"CPU 2/KVM-10154 [003] 12.000001: kvm_write_tsc_offset:  vcpu_id=2 "
		"previous_tsc_offset=18446742087266856616 "
		"next_tsc_offset=18446742086990571616",
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct trace_record r;

		assert_int_equal(trace_text_line(forms[i], strlen(forms[i]), &r), 1);
		assert_int_equal(r.kind, RECORD_TSC);
		assert_int_equal(r.vcpu_id, 2);
		assert_int_equal(r.tsc_prev, 18446742087266856616ULL);
		assert_int_equal(r.tsc_offset, 18446742086990571616ULL);
		assert_int_equal(r.tid, 10154);
	}
}

/* Names and comms longer than any kernel prints are cut, not written beyond. */
static void long_lines(void **state)
{
	enum { N = 20000 };
	struct trace_record r;
	char *s = malloc(2 * N + 256), *p = s;

	memset(p, 'c', N);
	p = stpcpy(p + N, "-7 [000] ..... 1.000000: " SET8 " ");
	memset(p, 'A', N);
	p[N] = '\0';
	assert_int_equal(trace_text_line(s, strlen(s), &r), 1);
	assert_int_equal(strlen(r.comm), sizeof(r.comm) - 1);
	assert_int_equal(r.tid, 7);
	assert_int_equal(r.mask, 0x120);
	assert_true(strlen(r.names) < sizeof(r.names));
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(other_lines),
		cmocka_unit_test(clock_writes),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests_name("trace text", tests, NULL, NULL);
}
