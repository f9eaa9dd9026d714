/* SPDX-License-Identifier: GPL-2.0 */
/* What the program of stalled.bpf.c writes for stalled.c: one record a task. */
#ifndef AVICD_BPF_STALLED_SHARED_H
#define AVICD_BPF_STALLED_SHARED_H

#include <linux/types.h>

#define STALLED_REC_FRAMES 16
#define STALLED_REC_LINE   101

struct stalled_rec {
	__u32 tgid;
	__u32 tid;
	char comm[16];
	__u32 n_frames;
	char frame[STALLED_REC_FRAMES][STALLED_REC_LINE];
};

#endif
