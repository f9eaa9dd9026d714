// SPDX-License-Identifier: GPL-2.0
/*
 * stalled.bpf.c - tasks that a transition of a livepatch waits for, with their kernel stacks as text.
 *
 * An object of its own: it is loaded for the one question and let go, and what it needs of the kernel is not needed by
 * avic.bpf.c. /proc/PID/patch_state and /proc/PID/stack say the same, but only to CAP_SYS_PTRACE and CAP_SYS_ADMIN.
 *
 * Needs CAP_BPF and CAP_PERFMON.
 */
#include "core_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "stalled_shared.h"

char LICENSE[] SEC("license") = "GPL";

/* task_struct.patch_state while no transition goes on: KLP_TRANSITION_IDLE, KLP_UNDEFINED before 6.10 */
#define IDLE (-1)
/* the target of tests, for every task */
#define ALL  (-2)

/* set before load */
const volatile int target = ALL;

/* Too large for the stack of a BPF program. Each who asks has an object, and so a record, of her own. */
static struct stalled_rec rec;
static __u64 ip[STALLED_REC_FRAMES];

SEC("iter/task")
int stalled(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	int state = IDLE, i;
	long bytes;

	if (!task)
		return 0;
	/* CONFIG_LIVEPATCH=n: no transition, ever */
	if (bpf_core_field_exists(task->patch_state))
		state = task->patch_state;
	if (state == target || (state == IDLE && target != ALL))
		return 0;
	rec.tgid = task->tgid;
	rec.tid = task->pid;
	bpf_probe_read_kernel_str(rec.comm, sizeof(rec.comm), &task->comm);
	bytes = bpf_get_task_stack(task, ip, sizeof(ip), 0);
	rec.n_frames = 0;
	for (i = 0; i < STALLED_REC_FRAMES; i++) {
		if (i * 8 >= bytes || !ip[i])
			break;
		BPF_SNPRINTF(rec.frame[i], STALLED_REC_LINE, "%pS", (void *)ip[i]);
		rec.n_frames = i + 1;
	}
	bpf_seq_write(ctx->meta->seq, &rec, sizeof(rec));
	return 0;
}
