/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an event costs in the kernel, as a ratio to an empty raw tracepoint program in the same run: both are test-run in turn, and the kernel
 * counts their run time itself (BPF_ENABLE_STATS). Prints "name value unit" lines; nothing is attached.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/bpf/shared.h"
#include "avic.skel.h"

#define ROUNDS 15
#define RUNS 20000

static void run(int fd, int reason, int set, unsigned long long mask)
{
	unsigned long long ctx[3] = { (unsigned)reason, (unsigned)set, mask };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));

	if (bpf_prog_test_run_opts(fd, &opts)) {
		perror("bpf_prog_test_run");
		exit(1);
	}
}

struct cost {
	unsigned long long ns, runs;
};

static struct cost cost_of(int fd)
{
	struct bpf_prog_info info = {};
	unsigned len = sizeof(info);

	bpf_obj_get_info_by_fd(fd, &info, &len);
	return (struct cost){ info.run_time_ns, info.run_cnt };
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The three kinds of records: interrupt windows that change the mask, records that change nothing, and the empty program. */
static double round_of(int fd, int kind)
{
	struct cost before = cost_of(fd), after;

	for (int i = 0; i < RUNS; i++) {
		if (kind == 0)
			run(fd, 8, !(i & 1), i & 1 ? 0x200 : 0x300);
		else
			run(fd, 5, 0, 0x200);
	}
	after = cost_of(fd);
	return (double)(after.ns - before.ns) / (double)(after.runs - before.runs);
}

int main(void)
{
	const struct entry_params params = { .quiet_mask = 0x910, .absent_bit = 4, .disabled_bit = 1, .storm_rate = 100 };
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	double changed[ROUNDS], same[ROUNDS], empty[ROUNDS];
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME), none, fd;
	struct avic_bpf *b = avic_bpf__open();

	none = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "nothing", "GPL", nothing, 2, NULL);
	if (!b || stats < 0 || none < 0) {
		printf("# skipped: no BPF here: %s\n", strerror(errno));
		return 77;
	}
	memcpy((void *)&b->rodata->params, &params, sizeof(params));
	if (avic_bpf__load(b)) {
		printf("# skipped: the BPF program cannot be loaded: %s\n", strerror(errno));
		return 77;
	}
	fd = bpf_program__fd(b->progs.inhibit_changed);
	run(fd, 2, 1, 4);
	run(fd, 9, 1, 0x200);
	sleep(1); /* the program measures the length of a tick over a second */
	for (int i = 0; i < 200; i++)
		usleep(100), run(fd, 8, !(i & 1), i & 1 ? 0x200 : 0x300);
	for (int i = 0; i < ROUNDS; i++) {
		empty[i] = round_of(none, 0);
		changed[i] = round_of(fd, 0);
		same[i] = round_of(fd, 1);
	}
	qsort(empty, ROUNDS, sizeof(double), by_value);
	qsort(changed, ROUNDS, sizeof(double), by_value);
	qsort(same, ROUNDS, sizeof(double), by_value);
	printf("event_empty_ns %.1f ns\n", empty[ROUNDS / 2]);
	printf("event_changed_ns %.1f ns\n", changed[ROUNDS / 2]);
	printf("event_unchanged_ns %.1f ns\n", same[ROUNDS / 2]);
	printf("event_ratio %.2f x empty (goal <= 2.5)\n", changed[ROUNDS / 2] / empty[ROUNDS / 2]);
	avic_bpf__destroy(b);
	close(none);
	close(stats);
	return 0;
}
