// SPDX-License-Identifier: GPL-2.0
/*
 * avic.bpf.c - the kernel's half of the watch.
 *
 * DOC: Theory of Operation
 *
 * Two raw tracepoints fold what happens to a VM into one hash entry (include/avicd/entry.h): kvm_apicv_inhibit_changed, and
 * kvm_write_tsc_offset, whose write of a TSC near 0 to vCPU 0 is a guest reset. A ring buffer record only says "read this VM". Both run in
 * the context of the VM's process (all callers of kvm_set_or_clear_apicv_inhibit() are ioctls or KVM_RUN), so the current tgid names the VM.
 *
 * Two iterators read on demand: `snapshot` walks open files for kvm-vm and kvm-vcpu:N and reads masks and local APICs as they are,
 * `stacks` prints recorded kernel stacks as symbols, which user space could not: /proc/kallsyms is zeroed without CAP_SYSLOG.
 *
 * Needs CAP_BPF and CAP_PERFMON.
 */
#include "core_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "shared.h"

char LICENSE[] SEC("license") = "GPL";

#define barrier() asm volatile("" ::: "memory")

/*
 * A vCPU thread that used more CPU than this has run its guest. Before the first KVM_RUN it makes ioctls only: 1.2 ms were measured for a
 * VM that was started and kept paused, 1.9 s after two seconds of firmware. (Guest time alone does not tell: it is sampled by ticks.)
 */
#define RAN_NS 10000000

/* How QEMU sets the TSC at a reset: ioctl(vcpu, KVM_SET_MSRS), _IOW(0xae, 0x89, struct kvm_msrs) of linux/kvm.h; x86-64 system call 16 */
#define NR_IOCTL     16
#define KVM_SET_MSRS 0x4008ae89

/* Magic number of the file system of anonymous inodes, linux/magic.h */
#define ANON_INODE_FS_MAGIC 0x09041934

/* set before load */
const volatile struct entry_params params = {};
const volatile struct offsets off = {};
const volatile __u64 stack_mask = 0; /* bits whose first setting is worth a stack */

/* written by user space while running: TSC of the host at a ktime, to know the guest's */
volatile __u64 tsc_ref, tsc_ref_at, tsc_khz;
volatile __u32 snap_tgid, snap_vcpus;
volatile __u32 stacks_tgid, stacks_bit;

/* length of a jiffy, measured between two exact readings; 0 = not known yet */
volatile __u64 tick_ns, tick_ref_at, tick_ref;

/* read by user space */
volatile __u64 lost_full, lost_ring, wakeups;
volatile __u64 full_said_at;

/* A template that is too large for the stack of a BPF program. */
static const struct entry empty_entry = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384); /* max_vms= */
	__type(key, __u32);
	__type(value, struct entry);
} vms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} excluded SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, struct stack_key);
	__type(value, struct stack);
} stack_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} wakes SEC(".maps");

static __always_inline void wake_up(__u32 tgid)
{
	struct wake w = { .tgid = tgid };

	/* an excluded process has its entry for who asks for it by name, and is no news */
	if (bpf_map_lookup_elem(&excluded, &tgid))
		return;
	if (bpf_ringbuf_output(&wakes, &w, sizeof(w), 0))
		__sync_fetch_and_add(&lost_ring, 1);
	else
		__sync_fetch_and_add(&wakeups, 1);
}

/* The entry of the current process, made when there is none; NULL when full. */
static __always_inline struct entry *current_entry(struct task_struct *task, __u32 tgid, __u64 now)
{
	struct entry *e = bpf_map_lookup_elem(&vms, &tgid);
	__u64 start = task->group_leader->start_boottime;

	if (e && e->start == start)
		return e;
	/* no entry, or one of an earlier process of this number */
	if (bpf_map_update_elem(&vms, &tgid, &empty_entry, BPF_ANY)) {
		__sync_fetch_and_add(&lost_full, 1);
		/* user space looks at the VMs that have no room by snapshot; once a second is enough */
		if (now - full_said_at > 1000000000) {
			full_said_at = now;
			wake_up(0);
		}
		return NULL;
	}
	e = bpf_map_lookup_elem(&vms, &tgid);
	if (e) {
		e->start = start;
		e->seen_at = now;
	}
	return e;
}

/* Out of line: rare, and its frame of 200 bytes should not burden the common path. */
static __noinline int keep_stack(struct bpf_raw_tracepoint_args *ctx, __u32 tgid, __u64 start, __u64 bits)
{
	struct stack s = { .start = start };
	struct stack_key key = { .tgid = tgid };
	int i;

	s.bytes = bpf_get_stack(ctx, s.ip, sizeof(s.ip), 0);
	if (s.bytes <= 0)
		return 0;
	for (i = 0; i < ENTRY_BITS; i++) {
		if (!(bits >> i & 1))
			continue;
		key.bit = i;
		bpf_map_update_elem(&stack_map, &key, &s, BPF_ANY);
	}
	return 0;
}

/* The exact clock, noted beside the cheap one. */
static __always_inline void note_tick(struct entry *e, __u64 now)
{
	__u64 tick = bpf_jiffies64();

	e->tick_at = now;
	e->tick = tick;
	if (tick_ns)
		return;
	if (!tick_ref_at) {
		tick_ref = tick;
		tick_ref_at = now;
	} else if (now - tick_ref_at > 1000000000 && tick > tick_ref) {
		tick_ns = (now - tick_ref_at) / (tick - tick_ref);
	}
}

static __always_inline int fold(void *ctx, struct entry *e, __u32 tgid, __u64 now, int reason, int set, __u64 mask,
				const struct entry_params *p)
{
	__u64 new_bits;
	int todo;

	e->seq_start++;
	barrier();
	todo = entry_update(e, now, reason, set, mask, p, &new_bits);
	barrier();
	e->seq_done = e->seq_start;
	if (todo & ENTRY_STACK && new_bits & stack_mask)
		keep_stack(ctx, tgid, e->start, new_bits & stack_mask);
	if (todo & ENTRY_WAKE)
		wake_up(tgid);
	return 0;
}

SEC("raw_tp/kvm_apicv_inhibit_changed")
int inhibit_changed(struct bpf_raw_tracepoint_args *ctx)
{
	const struct entry_params p = { params.quiet_mask, params.absent_bit, params.disabled_bit, params.storm_rate };
	int reason = (int)ctx->args[0], set = (__u8)ctx->args[1];
	__u64 mask = ctx->args[2], now;
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct entry *e = bpf_map_lookup_elem(&vms, &tgid);

	/*
	 * The two paths of a storm, without the clock and without a look at the task: a process that took over the number of another one
	 * begins with a record that neither takes.
	 */
	if (e && entry_same(e, reason, set, mask, &p))
		return 0;
	if (e && tick_ns && entry_busy(e, mask, &p)) {
		now = (bpf_jiffies64() - e->tick) * tick_ns;
		/* the exact reading is renewed in each window: an old one means that the storm is over, and would be far off */
		if (now < ENTRY_WINDOW_NS)
			return fold(ctx, e, tgid, e->tick_at + now, reason, set, mask, &p);
	}

	now = bpf_ktime_get_ns();
	e = current_entry(bpf_get_current_task_btf(), tgid, now);
	if (!e)
		return 0;
	note_tick(e, now);
	return fold(ctx, e, tgid, now, reason, set, mask, &p);
}

SEC("raw_tp/kvm_write_tsc_offset")
int tsc_written(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 now, guest_tsc;
	struct task_struct *task;
	struct pt_regs *regs;
	struct entry *e;
	int kept, todo;
	__u32 tgid;

	if ((__u32)ctx->args[0] != 0 || !tsc_khz)
		return 0;
	/* What the guest will read: the host's TSC now plus the new offset. The write itself was some ns to ms ago. */
	now = bpf_ktime_get_ns();
	guest_tsc = tsc_ref + (now - tsc_ref_at) / 1000 * tsc_khz / 1000 + ctx->args[2];
	/* Neither within a second of 0 nor as it was: no reset (entry_reset()). */
	kept = ctx->args[1] == ctx->args[2];
	if (!kept && guest_tsc + tsc_khz * 1000 >= 2 * tsc_khz * 1000)
		return 0;
	task = bpf_get_current_task_btf();
	/* Not a guest that writes its own TSC in KVM_RUN, nor KVM_CREATE_VCPU. */
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (regs->orig_ax != NR_IOCTL || (__u32)regs->si != KVM_SET_MSRS)
		return 0;
	tgid = task->tgid;
	e = current_entry(task, tgid, now);
	if (!e)
		return 0;
	e->seq_start++;
	barrier();
	/*
	 * The write is made by the vCPU's own thread. A TSC that stays may be set several times while a large VM is made, which takes its time
	 * too: there only time in the guest counts.
	 */
	todo = entry_reset(e, now, task->gtime || (!kept && task->se.sum_exec_runtime > RAN_NS));
	barrier();
	e->seq_done = e->seq_start;
	if (todo & ENTRY_WAKE)
		wake_up(tgid);
	return 0;
}

static __always_inline __u64 read_u64(const void *base, __s32 offset)
{
	__u64 v = 0;

	if (base && offset >= 0)
		bpf_probe_read_kernel(&v, sizeof(v), base + offset);
	return v;
}

static __always_inline __u32 read_u32(const void *base, __s32 offset)
{
	__u32 v = 0;

	if (base && offset >= 0)
		bpf_probe_read_kernel(&v, sizeof(v), base + offset);
	return v;
}

static __always_inline __u8 read_u8(const void *base, __s32 offset)
{
	__u8 v = 0;

	if (base && offset >= 0)
		bpf_probe_read_kernel(&v, sizeof(v), base + offset);
	return v;
}

SEC("iter/task_file")
int snapshot(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct snap s = {};
	const unsigned char *name;
	const void *kvm, *apic, *regs;
	char buf[12] = {};
	__u32 tgid;

	if (!task || !file)
		return 0;
	tgid = task->tgid;
	if (snap_tgid && tgid != snap_tgid)
		return 0;
	if (!snap_tgid && bpf_map_lookup_elem(&excluded, &tgid))
		return 0;
	/* "kvm-vm" and "kvm-vcpu:N" are names of anonymous inodes, which only the kernel gives; any other file may be called so */
	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC)
		return 0;
	name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	bpf_probe_read_kernel_str(buf, sizeof(buf), name);
	if (buf[0] != 'k' || buf[1] != 'v' || buf[2] != 'm' || buf[3] != '-' || buf[4] != 'v')
		return 0;
	if (buf[5] == 'm' && !buf[6])
		s.kind = SNAP_VM;
	else if (snap_vcpus && buf[5] == 'c' && buf[6] == 'p' && buf[7] == 'u' && buf[8] == ':')
		s.kind = SNAP_VCPU;
	else
		return 0;

	kvm = file->private_data;
	if (s.kind == SNAP_VCPU)
		kvm = (const void *)read_u64(file->private_data, off.vcpu_kvm);
	/* a file that was passed on or inherited: the VM belongs to the process whose memory it maps */
	if (off.kvm_mm >= 0 && read_u64(kvm, off.kvm_mm) != (__u64)task->mm)
		return 0;
	s.tgid = tgid;
	s.start = task->group_leader->start_boottime;
	s.kvm = (__u64)kvm;
	if (s.kind == SNAP_VM) {
		s.mask = read_u64(kvm, off.kvm_mask);
		s.created_vcpus = read_u32(kvm, off.kvm_created_vcpus);
		bpf_probe_read_kernel_str(s.comm, sizeof(s.comm), &task->group_leader->comm);
	} else {
		const void *vcpu = file->private_data;

		s.vcpu_id = read_u32(vcpu, off.vcpu_id);
		s.apicv_active = read_u8(vcpu, off.vcpu_apicv_active);
		s.apic_base = read_u64(vcpu, off.vcpu_apic_base);
		apic = (const void *)read_u64(vcpu, off.vcpu_apic);
		if (apic) {
			if (off.lapic_apicv_active >= 0)
				s.apicv_active = read_u8(apic, off.lapic_apicv_active);
			regs = (const void *)read_u64(apic, off.lapic_regs);
			if (regs) {
				s.apic_id = read_u32(regs, 0x20); /* APIC_ID, Intel SDM vol. 3 10.4.1 */
				s.apic_valid = 1;
			}
		}
	}
	bpf_seq_write(ctx->meta->seq, &s, sizeof(s));
	return 0;
}

SEC("iter/bpf_map_elem")
int stacks(struct bpf_iter__bpf_map_elem *ctx)
{
	struct stack_key *key = ctx->key;
	struct stack *s = ctx->value;
	struct entry *e;
	__u32 tgid;
	int i;

	if (!key || !s || key->tgid != stacks_tgid || key->bit != stacks_bit)
		return 0;
	/* of an earlier process of this number */
	tgid = key->tgid;
	e = bpf_map_lookup_elem(&vms, &tgid);
	if (!e || e->start != s->start)
		return 0;
	for (i = 0; i < STACK_DEPTH; i++) {
		if (i * 8 >= s->bytes || !s->ip[i])
			break;
		BPF_SEQ_PRINTF(ctx->meta->seq, "%pS\n", (void *)s->ip[i]);
	}
	return 0;
}
