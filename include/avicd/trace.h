/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace source: where the state of VMs comes from. One interface, three makers: `bpf`, `tracefs`, `recorded`.
 *
 * A source keeps one `struct entry` a VM (entry.h), the truth. Its file descriptor becomes readable when something is worth reading;
 * trace_dispatch() then names the VMs; trace_read() gives the truth. A reader must read a named VM again after ENTRY_WAKE_NS.
 */
#ifndef AVICD_TRACE_H
#define AVICD_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "avicd/entry.h"
#include "avicd/reasons.h"
#include "avicd/util.h"

/* A VM's name in the kernel: the process and when it started. A tgid alone may be used again. */
struct vm_id {
	int32_t tgid;
	uint64_t start; /* ns since boot, as task->start_boottime; compare by vm_id_equal() */
};

/* vm_id_equal() - same process: /proc knows the start in ticks of 10 ms only, so equality is by tick. */
#define START_TICK_NS 10000000ULL
static inline bool vm_id_equal(const struct vm_id *a, const struct vm_id *b)
{
	return a->tgid == b->tgid && a->start / START_TICK_NS == b->start / START_TICK_NS;
}

/* Where a struct kvm and its vCPUs stand, read by snapshot. */
struct snap_vcpu {
	uint32_t vcpu_id;
	uint64_t apic_base;    /* IA32_APICBASE */
	uint32_t apic_id;      /* raw APIC_ID register */
	bool apic_valid;       /* there is an in-kernel local APIC and its registers were read */
	bool apicv_active;
};
struct snap_vm {
	struct vm_id id;
	uint64_t kvm;          /* address of struct kvm: identity within a snapshot only, never shown */
	uint64_t mask;
	uint32_t created_vcpus;
	struct snap_vcpu *vcpus; /* NULL unless asked for */
	size_t n_vcpus;
	char comm[16];
};

enum trace_kind { TRACE_BPF, TRACE_TRACEFS, TRACE_RECORDED, _TRACE_MAX };

struct trace_stats {
	uint64_t events;  /* records seen */
	uint64_t lost;    /* records or wake-ups that did not reach us, map full included */
	uint64_t wakeups; /* records that reached user space */
	uint64_t vms;     /* entries now */
	uint64_t vms_max; /* room for entries; 0 = no limit */
	uint64_t run_ns, runs; /* of BPF programs, by the kernel; 0 = it does not count them, or there are none */
};

struct trace_settings {
	const char *file;      /* recorded: what to play */
	struct numbering numbering;
	uint64_t storm_rate;   /* mask changes a second */
	uint32_t max_vms;
};

struct trace_source;

/* trace_changed_fn - the VM of @tgid changed; @tgid 0: records were lost, read all and take a snapshot. */
typedef void (*trace_changed_fn)(int32_t tgid, void *userdata);
typedef int (*trace_entry_fn)(int32_t tgid, const struct entry *e, void *userdata);
typedef int (*trace_snap_fn)(const struct snap_vm *vm, void *userdata);

/* What a maker implements. A missing function (NULL) is -EOPNOTSUPP for the caller. */
struct trace_ops {
	const char *name;
	void (*close)(struct trace_source *s);
	int (*fd)(struct trace_source *s);
	int (*dispatch)(struct trace_source *s, trace_changed_fn fn, void *userdata);
	int (*read)(struct trace_source *s, int32_t tgid, struct entry *ret);
	int (*read_all)(struct trace_source *s, trace_entry_fn fn, void *userdata);
	int (*forget)(struct trace_source *s, int32_t tgid);
	int (*snapshot)(struct trace_source *s, int32_t tgid, bool vcpus, trace_snap_fn fn, void *userdata);
	int (*stack)(struct trace_source *s, int32_t tgid, unsigned bit, char **ret);
	int (*exclude)(struct trace_source *s, int32_t tgid, bool on);
	int (*stats)(struct trace_source *s, struct trace_stats *ret);
	uint64_t (*now)(struct trace_source *s);
};
struct trace_source {
	const struct trace_ops *ops;
	enum trace_kind kind;
};

/*
 * trace_open() - open the source of @kind. Errors: -ENOENT (no such event: kvm is not loaded), -EPERM, -EOPNOTSUPP (kernel without
 * BPF, BTF or tracefs), -ENOMEM, -EINVAL (recorded file unreadable as a trace). *@why gets one sentence with cause and remedy, which the
 * caller frees; NULL on success.
 */
int trace_open(enum trace_kind kind, const struct trace_settings *settings, struct trace_source **ret, char **why);
struct trace_source *trace_close(struct trace_source *s);
DEFINE_CLEANUP(struct trace_source, trace_close)
const char *trace_kind_to_string(enum trace_kind k);
int trace_kind_from_string(const char *s); /* -EINVAL */

/* trace_fd() - for epoll. trace_dispatch() - drains it; returns the number of wake-ups or a negative errno; -ENODEV: the event is
 * gone (kvm unloaded, recorded trace over), close and open again later. */
int trace_fd(struct trace_source *s);
int trace_dispatch(struct trace_source *s, trace_changed_fn fn, void *userdata);
/* trace_read() - -ENOENT when no event of this process was seen. */
int trace_read(struct trace_source *s, int32_t tgid, struct entry *ret);
int trace_read_all(struct trace_source *s, trace_entry_fn fn, void *userdata);
/* trace_forget() - the VM is gone, free its entry. */
int trace_forget(struct trace_source *s, int32_t tgid);
/*
 * trace_snapshot() - calls @fn once for each struct kvm of the host, or of process @tgid alone when not 0; with vCPUs if asked for.
 * A struct kvm whose file was passed to another process is reported for its owner (same mm) only. @fn's data is valid in the call only;
 * a non-zero return of @fn ends the walk and is returned. -EOPNOTSUPP for sources without snapshot.
 */
int trace_snapshot(struct trace_source *s, int32_t tgid, bool vcpus, trace_snap_fn fn, void *userdata);
bool trace_has_snapshot(const struct trace_source *s);
/* trace_stack() - kernel stack at the first setting of @bit, one "symbol+0x12/0x34 [module]" a line, innermost first; -ENOENT. */
int trace_stack(struct trace_source *s, int32_t tgid, unsigned bit, char **ret);
/*
 * trace_exclude() - this process is no VM of the host (our own probe): no dispatch, trace_read_all(), statistics or snapshot of the whole host
 * tells of it. trace_read(), trace_stack() and trace_snapshot() of its tgid still do, until @on is false again: then its entry is dropped.
 */
int trace_exclude(struct trace_source *s, int32_t tgid, bool on);
int trace_stats(struct trace_source *s, struct trace_stats *ret);
/* trace_now() - the source's clock: CLOCK_MONOTONIC, or the recording's own time. */
uint64_t trace_now(struct trace_source *s);

/* The makers. */
int trace_bpf_open(const struct trace_settings *settings, struct trace_source **ret, char **why);
int trace_tracefs_open(const struct trace_settings *settings, struct trace_source **ret, char **why);
int trace_recorded_open(const struct trace_settings *settings, struct trace_source **ret, char **why);

#endif
