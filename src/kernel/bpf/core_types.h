/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few types of the core kernel that the BPF programs read, by CO-RE against vmlinux BTF of the running kernel: only names and nesting
 * matter, offsets are relocated at load. Types of kvm are not here: their offsets come from user space (include/avicd/btf.h), because
 * libbpf 1.1 needs CAP_SYS_ADMIN for types that only a module's BTF has.
 */
#ifndef AVICD_CORE_TYPES_H
#define AVICD_CORE_TYPES_H

#include <linux/bpf.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mm_struct;

struct sched_entity {
	__u64 sum_exec_runtime;
};

struct task_struct {
	struct sched_entity se;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	__u64 start_boottime; /* 5.5 on, commit cf25e24db61c */
	__u64 gtime;          /* time in guest mode */
	char comm[16];
	int patch_state; /* with CONFIG_LIVEPATCH only */
};

/* the system call that the task is in */
struct pt_regs {
	unsigned long si;
	unsigned long orig_ax;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *map;
	void *key;
	void *value;
};

#pragma clang attribute pop

#endif
